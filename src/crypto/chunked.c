/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chunked: c2sp.org/chunked-encryption.  Sentences in quotes are from there.
 */
#include "chunked.h"

#include <string.h>

#include "engine.h"
#include "gcm.h"
#include "hash_internal.h"
#include "nonce.h"

#define SALT       24
#define COMMITMENT 32
/* "the message MUST NOT exceed 2^38 chunks or 4 PiB - 1 byte" */
#define CHUNKS_MAX (UINT64_C(1) << 38)
#define PLAIN_MAX  (CHUNKS_MAX * CHUNKED_PLAIN - 1)

/* Where things are in the derived bytes: key || base nonce || commitment. */
#define AT_NONCE      GCM_KEY
#define AT_COMMITMENT (GCM_KEY + GCM_NONCE)
#define DERIVED       (AT_COMMITMENT + COMMITMENT)

_Static_assert(CHUNKED_HEADER == SALT + COMMITMENT, "salt and commitment");
_Static_assert(CHUNKED_SEALED - CHUNKED_PLAIN == GCM_TAG, "a chunk and its tag");
_Static_assert(AT_COMMITMENT <= KEYSLOT_LEN, "key and base nonce are kept");
_Static_assert(sizeof((struct engine_scratch *)0)->chunked_keys == DERIVED, "room for all that is derived");

uint64_t chunked_sealed_len(uint64_t plain_len)
{
	if (plain_len > PLAIN_MAX)
		return UINT64_MAX;
	return CHUNKED_HEADER + plain_len + (plain_len / CHUNKED_PLAIN + 1) * GCM_TAG;
}

struct status chunked_plain_len(uint64_t sealed_len, uint64_t *out)
{
	if (sealed_len < CHUNKED_HEADER + GCM_TAG || sealed_len > chunked_sealed_len(PLAIN_MAX))
		return FAIL_AT(ST_CORRUPT, "sealed length");
	uint64_t full = (sealed_len - CHUNKED_HEADER) / CHUNKED_SEALED;
	uint64_t last = (sealed_len - CHUNKED_HEADER) % CHUNKED_SEALED;
	if (last < GCM_TAG)
		return FAIL_AT(ST_CORRUPT, "sealed length");
	*out = full * CHUNKED_PLAIN + last - GCM_TAG;
	return OK;
}

void chunked_clear(struct chunked *c)
{
	keyslot_clear(&c->keys);
	engine_give_gcm(c->context);
	*c = (struct chunked){0};
}

/* "key || base nonce || commitment = HKDF-Expand(prk = input key,
 *  info = "c2sp.org/chunked-encryption@v1+" || aead || 0x00 || salt || context)" */
static struct status derive(const struct key *key, struct bytes context, const uint8_t *salt, uint8_t *out)
{
	static const char prefix[] = "c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM"; /* with its NUL */
	const struct bytes info[] = {BYTES_OF(prefix), bytes_of(salt, SALT), context};

	return hkdf_sha512_expand_pieces(BYTES_OF(*key), info, COUNT(info), out, DERIVED);
}

/* Take what a message needs, and derive into ${scratch}. */
static struct status begin(const struct key *key, struct bytes context, const uint8_t *salt, struct chunked *c)
{
	struct engine *e;
	EVP_CIPHER_CTX *gcm = NULL;

	TRY(engine_here(&e));
	TRY(engine_take_gcm(&gcm));
	c->context = gcm;
	TRY(keyslot_take(&c->keys));
	TRY(derive(key, context, salt, e->scratch->chunked_keys));
	memcpy(c->keys.bytes, e->scratch->chunked_keys, AT_COMMITMENT);
	return gcm_key(gcm, c->keys.bytes);
}

struct status chunked_seal_begin(const struct key *key, struct bytes context, uint8_t *header, struct chunked *c)
{
	AUTO(chunked) begun = {0};
	struct engine *e;
	uint8_t salt[SALT];

	TRY(engine_here(&e));
	nonce_random(salt, sizeof salt);
	struct status s = begin(key, context, salt, &begun);
	if (ok(s)) {
		memcpy(header, salt, SALT);
		memcpy(header + SALT, e->scratch->chunked_keys + AT_COMMITMENT, COMMITMENT);
	}
	secret_wipe(e->scratch->chunked_keys, DERIVED);
	TRY(s);
	*c = begun;
	begun = (struct chunked){0};
	return OK;
}

struct status chunked_open_begin(const struct key *key, struct bytes context, struct bytes header, struct chunked *c)
{
	AUTO(chunked) begun = {0};
	struct engine *e;

	if (header.len != CHUNKED_HEADER)
		return FAIL_AT(ST_CORRUPT, "sealed header");
	TRY(engine_here(&e));
	struct status s = begin(key, context, header.at, &begun);
	/* "implementations MUST check the commitment matches the derived value before continuing" */
	if (ok(s) && !secret_equal(bytes_of(e->scratch->chunked_keys + AT_COMMITMENT, COMMITMENT),
				   bytes_of(header.at + SALT, COMMITMENT)))
		s = FAIL_AT(ST_CORRUPT, "key or context of a seal");
	secret_wipe(e->scratch->chunked_keys, DERIVED);
	TRY(s);
	*c = begun;
	begun = (struct chunked){0};
	return OK;
}

/* "the XOR of the base nonce and the chunk number as a big-endian integer as wide
 * as the base nonce" */
static void set_nonce(const struct chunked *c, uint64_t number, uint8_t *nonce)
{
	memcpy(nonce, c->keys.bytes + AT_NONCE, GCM_NONCE);
	for (size_t i = 0; i < 8; i++)
		nonce[GCM_NONCE - 1 - i] ^= (uint8_t)(number >> 8 * i);
}

struct status chunked_seal_next(struct chunked *c, struct bytes plain, uint8_t *out)
{
	uint8_t nonce[GCM_NONCE];

	if (c->context == NULL || c->ended || plain.len > CHUNKED_PLAIN)
		return FAIL_AT(ST_INVALID, "chunk");
	/* "If the chunk counter reaches or exceeds 2^38 [...] implementations MUST abort." */
	if (c->next >= CHUNKS_MAX)
		return FAIL_AT(ST_TOO_BIG, "sealed message");
	set_nonce(c, c->next, nonce);
	TRY(gcm_seal(c->context, nonce, (struct bytes){0}, plain, out));
	c->next++;
	c->ended = plain.len < CHUNKED_PLAIN;
	return OK;
}

struct status chunked_open_at(struct chunked *c, uint64_t number, bool last, struct bytes sealed, uint8_t *out)
{
	uint8_t nonce[GCM_NONCE];

	if (c->context == NULL)
		return FAIL_AT(ST_INVALID, "chunk");
	/* "the implementation MUST check that the final chunk is shorter than 16 KiB,
	 * and consider the message truncated otherwise" */
	if (number >= CHUNKS_MAX || sealed.len < GCM_TAG || sealed.len > CHUNKED_SEALED ||
	    last != (sealed.len < CHUNKED_SEALED))
		return FAIL_AT(ST_CORRUPT, "chunk");
	set_nonce(c, number, nonce);
	return gcm_open(c->context, nonce, (struct bytes){0}, sealed, out);
}

static struct status seal_chunks(struct chunked *c, struct bytes plain, uint8_t *out)
{
	while (!c->ended) {
		size_t len = plain.len < CHUNKED_PLAIN ? plain.len : CHUNKED_PLAIN;

		TRY(chunked_seal_next(c, bytes_of(plain.at, len), out));
		if (len > 0) /* an empty view may be NULL */
			plain = bytes_of(plain.at + len, plain.len - len);
		out += len + GCM_TAG;
	}
	return OK;
}

struct status chunked_seal(const struct key *key, struct bytes context, struct bytes plain, struct buffer *out)
{
	AUTO(chunked) c = {0};
	uint64_t len = chunked_sealed_len(plain.len);

	if (len > SIZE_MAX)
		return FAIL_AT(ST_TOO_BIG, "sealed message");
	TRY(buffer_reserve(out, len));
	TRY(chunked_seal_begin(key, context, out->bytes + out->len, &c));
	TRY(seal_chunks(&c, plain, out->bytes + out->len + CHUNKED_HEADER));
	out->len += len;
	return OK;
}

static struct status open_chunks(struct chunked *c, struct bytes chunks, uint8_t *out)
{
	for (uint64_t number = 0; chunks.len > 0; number++) {
		size_t len = chunks.len < CHUNKED_SEALED ? chunks.len : CHUNKED_SEALED;

		TRY(chunked_open_at(c, number, len == chunks.len, bytes_of(chunks.at, len), out));
		chunks = bytes_of(chunks.at + len, chunks.len - len);
		if (len > GCM_TAG)
			out += len - GCM_TAG;
	}
	return OK;
}

struct status chunked_open(const struct key *key, struct bytes context, struct bytes sealed, struct buffer *out)
{
	AUTO(chunked) c = {0};
	uint64_t len;

	TRY(chunked_plain_len(sealed.len, &len));
	TRY(chunked_open_begin(key, context, bytes_of(sealed.at, CHUNKED_HEADER), &c));
	TRY(buffer_reserve(out, len));

	uint8_t *room = out->bytes != NULL ? out->bytes + out->len : NULL;
	struct bytes chunks = bytes_of(sealed.at + CHUNKED_HEADER, sealed.len - CHUNKED_HEADER);
	struct status s = open_chunks(&c, chunks, room);
	/* What opened before the chunk that did not is no message either. */
	if (ok(s))
		out->len += len;
	else
		secret_wipe(room, len);
	return s;
}
