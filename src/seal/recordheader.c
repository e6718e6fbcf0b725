/* SPDX-License-Identifier: Apache-2.0 */
#include "recordheader.h"

#include <assert.h>
#include <string.h>

#include "scratchkey.h"
#include "subkey.h"
#include "xaes.h"

static struct status binding(const struct key *record_key, const struct record_place *place,
			     const struct user_id *author, struct scratchkey *key, struct buffer *aad)
{
	TRY(context_record_header(place, author, aad));
	TRY(scratchkey_take(key));
	return subkey_derive(bytes_of(record_key->bytes, sizeof record_key->bytes), CONTEXT_RECORD_HEADER, key->key);
}

static size_t padded(size_t len)
{
	return (len + RECORDHEADER_PAD - 1) / RECORDHEADER_PAD * RECORDHEADER_PAD;
}

struct status recordheader_seal(const struct key *record_key, const struct record_place *place,
				const struct user_id *author, struct plain json, struct buffer *out)
{
	AUTO(scratchkey) key = {0};
	AUTO(buffer) aad = {.max = CONTEXT_MAX};
	AUTO(buffer) plain = {.max = RECORDHEADER_PLAIN_MAX, .wipe = true};

	if (json.bytes.len == 0)
		return FAIL_AT(ST_INVALID, "record header");
	if (json.bytes.len > RECORDHEADER_PLAIN_MAX)
		return FAIL_AT(ST_TOO_BIG, "record header");
	TRY(binding(record_key, place, author, &key, &aad));
	size_t len = padded(json.bytes.len);
	TRY(buffer_reserve(&plain, len));
	TRY(buffer_put(&plain, json.bytes));
	memset(plain.bytes + plain.len, ' ', len - plain.len);
	return xaes_seal(key.key, buffer_bytes(&aad), bytes_of(plain.bytes, len), out);
}

struct status recordheader_open(const struct key *record_key, const struct record_place *place,
				const struct user_id *author, struct sealed sealed, struct buffer *out)
{
	AUTO(scratchkey) key = {0};
	AUTO(buffer) aad = {.max = CONTEXT_MAX};
	size_t before = out->len;

	assert(out->wipe);
	if (sealed.bytes.len > LIMIT_SEALED_HEADER)
		return FAIL_AT(ST_CORRUPT, "record header");
	TRY(binding(record_key, place, author, &key, &aad));
	struct status s = xaes_open(key.key, buffer_bytes(&aad), sealed.bytes, out);
	if (!ok(s))
		return s.code == ST_CORRUPT ? FAIL_AT(ST_CORRUPT, "record header") : s;
	if (out->len == before || (out->len - before) % RECORDHEADER_PAD != 0) {
		out->len = before;
		return FAIL_AT(ST_CORRUPT, "record header");
	}
	while (out->len > before && out->bytes[out->len - 1] == ' ')
		out->len--;
	return OK;
}
