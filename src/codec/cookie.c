/* SPDX-License-Identifier: Apache-2.0 */
#include "cookie.h"

#include <inttypes.h>
#include <string.h>

/* cookie-octet: US-ASCII without control characters, white space, '"', ',', ';', '\' */
static bool is_value(struct text t)
{
	for (size_t i = 0; i < t.len; i++)
		if (t.at[i] <= ' ' || t.at[i] > '~' || strchr("\",;\\", t.at[i]) != NULL)
			return false;
	return true;
}

/* token, RFC 9110 section 5.6.2 */
static bool is_name(struct text t)
{
	for (size_t i = 0; i < t.len; i++)
		if (t.at[i] <= ' ' || t.at[i] > '~' || strchr("\"(),/:;<=>?@[\\]{}", t.at[i]) != NULL)
			return false;
	return t.len > 0;
}

struct status cookie_find(struct text field, struct text name, struct text *out)
{
	struct text pair, key, found = {0};

	while (text_split(&field, ';', &pair)) {
		pair = text_trim(pair);
		if (!text_split(&pair, '=', &key) || pair.at == NULL || !text_equal(key, name))
			continue;
		if (found.at != NULL || !is_value(pair))
			return FAIL_AT(ST_INVALID, "cookie");
		found = pair;
	}
	if (found.at == NULL)
		return FAIL_AT(ST_NOT_FOUND, "cookie");
	*out = found;
	return OK;
}

struct status cookie_put(struct buffer *out, struct text name, struct text value, uint32_t max_age)
{
	/* Browsers take a __Host- cookie only over TLS, from and for this host alone. */
	if (!text_starts(name, TEXT("__Host-")) || !is_name(name) || !is_value(value))
		return FAIL_AT(ST_INVALID, "cookie");
	TRY(buffer_put(out, text_bytes(name)));
	TRY(buffer_put_u8(out, '='));
	TRY(buffer_put(out, text_bytes(value)));
	if (max_age != UINT32_MAX)
		TRY(buffer_print(out, "; Max-Age=%" PRIu32, max_age));
	return buffer_put(out, BYTES_LITERAL("; Path=/; Secure; HttpOnly; SameSite=Strict"));
}
