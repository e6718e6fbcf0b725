/* SPDX-License-Identifier: Apache-2.0 */
#include "recoverycode.h"

#include <string.h>

#include "hash.h"

#define CODE_BYTES   10
#define CODE_LETTERS 16
#define GROUP        4

/* Without i, l, o and u: nobody takes one for another. */
static const char letters[] = "0123456789abcdefghjkmnpqrstvwxyz";
static const char label[] = "tacenda/v1/recovery-code";

static struct status hash_code(const struct factor_id *id, const char code[CODE_LETTERS], struct hash *out)
{
	const struct bytes pieces[] = {bytes_of(label, sizeof label), uuid_bytes(&id->uuid),
				       bytes_of(code, CODE_LETTERS)};

	return sha256_pieces(pieces, COUNT(pieces), out);
}

static struct status make_one(const struct factor_id *id, struct buffer *codes, struct buffer *body)
{
	uint8_t random[CODE_BYTES];
	char code[CODE_LETTERS];
	struct hash hash;

	secret_random(random, sizeof random);
	for (size_t i = 0; i < CODE_LETTERS; i++) {
		size_t bit = 5 * i;
		unsigned pair = (unsigned)random[bit / 8] << 8 | (bit / 8 + 1 < CODE_BYTES ? random[bit / 8 + 1] : 0);
		code[i] = letters[pair >> (11 - bit % 8) & 31];
	}
	struct status s = hash_code(id, code, &hash);
	for (size_t i = 0; ok(s) && i < CODE_LETTERS; i += GROUP) {
		s = buffer_put(codes, bytes_of(code + i, GROUP));
		if (ok(s))
			s = buffer_put_u8(codes, i + GROUP < CODE_LETTERS ? '-' : '\n');
	}
	secret_wipe(random, sizeof random);
	secret_wipe(code, sizeof code);
	TRY(s);
	return buffer_put(body, hash_bytes(&hash));
}

struct status recoverycode_make(const struct factor_id *id, struct buffer *codes, struct buffer *body)
{
	for (size_t i = 0; i < RECOVERYCODE_COUNT; i++)
		TRY(make_one(id, codes, body));
	return OK;
}

/** The letter that was meant, or 0. */
static char letter_of(char typed)
{
	char c = typed >= 'A' && typed <= 'Z' ? (char)(typed - 'A' + 'a') : typed;

	c = c == 'o' ? '0' : c == 'i' || c == 'l' ? '1' : c;
	return c != '\0' && strchr(letters, c) != NULL ? c : '\0';
}

struct status recoverycode_hash(const struct factor_id *id, struct text code, struct hash *out)
{
	char meant[CODE_LETTERS];
	size_t len = 0;

	for (size_t i = 0; i < code.len; i++) {
		if (code.at[i] == '-' || code.at[i] == ' ')
			continue;
		char c = letter_of(code.at[i]);
		if (c == '\0' || len == CODE_LETTERS)
			return FAIL_AT(ST_UNPROVEN, "code");
		meant[len++] = c;
	}
	struct status s = len == CODE_LETTERS ? hash_code(id, meant, out) : FAIL_AT(ST_UNPROVEN, "code");
	secret_wipe(meant, sizeof meant);
	return s;
}

size_t recoverycode_left(struct bytes body)
{
	return body.len / sizeof(struct hash);
}

/** Its place, or how many there are. */
static struct status place_of(struct bytes body, const struct hash *hash, size_t *out)
{
	size_t count = recoverycode_left(body), found = count;

	if (body.len != count * sizeof *hash || count > RECOVERYCODE_COUNT)
		return FAIL_AT(ST_CORRUPT, "factor");
	for (size_t i = 0; i < count; i++)
		if (secret_equal(bytes_of(body.at + i * sizeof *hash, sizeof *hash), hash_bytes(hash)))
			found = i;
	*out = found;
	return found < count ? OK : FAIL_AT(ST_UNPROVEN, "code");
}

struct status recoverycode_find(struct bytes body, const struct hash *hash)
{
	size_t place;

	return place_of(body, hash, &place);
}

struct status recoverycode_take(struct bytes old, const struct hash *hash, struct buffer *body)
{
	size_t place;

	TRY(place_of(old, hash, &place));
	size_t before = place * sizeof *hash, beyond = before + sizeof *hash;
	TRY(buffer_put(body, bytes_of(old.at, before)));
	return buffer_put(body, bytes_of(old.at + beyond, old.len - beyond));
}
