/* SPDX-License-Identifier: Apache-2.0 */
#include "passwordtext.h"

#include <utf8proc.h>

#include "limits.h"
#include "secret.h"

/* STABLE: what Unicode adds later does not change how a password of today reads. */
#define FORM_KC (UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT)

static bool is_ascii(struct text t)
{
	for (size_t i = 0; i < t.len; i++)
		if ((unsigned char)t.at[i] >= 0x80)
			return false;
	return true;
}

/** Code points, then in their place UTF-8: never more bytes than the code points took. */
static utf8proc_ssize_t normalise(struct text typed, utf8proc_int32_t *points, size_t max)
{
	const utf8proc_uint8_t *bytes = (const utf8proc_uint8_t *)typed.at;
	const utf8proc_ssize_t len = (utf8proc_ssize_t)typed.len;
	const utf8proc_ssize_t needed = utf8proc_decompose(bytes, len, points, (utf8proc_ssize_t)max, FORM_KC);

	if (needed < 0 || (size_t)needed > max)
		return -1;
	return utf8proc_reencode(points, needed, FORM_KC);
}

struct status passwordtext_normal(struct arena *arena, struct text typed, struct text *out)
{
	/* One more: utf8proc_reencode() ends what it writes with a NUL. */
	utf8proc_int32_t points[LIMIT_PASSWORD + 1];

	if (is_ascii(typed)) {
		*out = typed;
		return OK;
	}
	const utf8proc_ssize_t len = text_is_utf8(typed) ? normalise(typed, points, LIMIT_PASSWORD) : -1;
	struct status s =
		len < 0 || len > LIMIT_PASSWORD ? FAIL_AT(ST_INVALID, "password: UTF-8, 1024 bytes at most") : OK;
	if (ok(s))
		s = arena_text(arena, (struct text){(const char *)points, (size_t)len}, out);
	secret_wipe(points, sizeof points);
	return s;
}
