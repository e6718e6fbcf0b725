/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xaes: c2sp.org/XAES-256-GCM, "Detailed key derivation algorithm"; the names L,
 * K1, M1, M2, Kx and Nx are the specification's.
 */
#include "xaes.h"

#include <string.h>

#include "engine.h"
#include "gcm.h"
#include "nonce.h"

#define NONCE   24
#define CONTEXT 12 /* the half of the nonce that goes into the key */
#define BLOCK   16

_Static_assert(XAES_OVERHEAD == NONCE + GCM_TAG, "nonce and tag");

static struct status encrypt_blocks(EVP_CIPHER_CTX *ecb, uint8_t *blocks, int len)
{
	int written;

	return engine_did(EVP_EncryptUpdate(ecb, blocks, &written, blocks, len));
}

/* Step 2: K1 = L << 1, reduced by 0x87 if the bit that fell out was set; without
 * a branch on it. */
static void double_block(uint8_t *block)
{
	uint8_t carry = block[0] >> 7;

	for (size_t i = 0; i + 1 < BLOCK; i++)
		block[i] = (uint8_t)(block[i] << 1 | block[i + 1] >> 7);
	block[BLOCK - 1] = (uint8_t)((block[BLOCK - 1] << 1) ^ (0x87 & -carry));
}

/* Steps 3 and 4: M = 0x00 || number || "X" || 0x00 || N[:12], combined with K1. */
static void set_message(uint8_t *block, uint8_t number, const uint8_t *nonce, const uint8_t *mask)
{
	const uint8_t head[BLOCK - CONTEXT] = {0, number, 'X', 0};

	memcpy(block, head, sizeof head);
	memcpy(block + sizeof head, nonce, CONTEXT);
	for (size_t i = 0; i < BLOCK; i++)
		block[i] ^= mask[i];
}

/* Kx into ${xaes_blocks}. */
static struct status derive(struct engine *e, const struct key *key, const uint8_t *nonce)
{
	struct engine_scratch *s = e->scratch;

	TRY(engine_did(EVP_EncryptInit_ex2(e->ecb, NULL, key->bytes, NULL, NULL)));
	memset(s->xaes_mask, 0, BLOCK);
	TRY(encrypt_blocks(e->ecb, s->xaes_mask, BLOCK));
	double_block(s->xaes_mask);
	set_message(s->xaes_blocks, 1, nonce, s->xaes_mask);
	set_message(s->xaes_blocks + BLOCK, 2, nonce, s->xaes_mask);
	return encrypt_blocks(e->ecb, s->xaes_blocks, 2 * BLOCK);
}

static void forget(struct engine *e)
{
	static const uint8_t zero[sizeof(struct key)];

	secret_wipe(e->scratch->xaes_mask, sizeof e->scratch->xaes_mask);
	secret_wipe(e->scratch->xaes_blocks, sizeof e->scratch->xaes_blocks);
	/* A new key overwrites the old one's schedule. */
	(void)EVP_EncryptInit_ex2(e->ecb, NULL, zero, NULL, NULL);
}

struct status xaes_seal_nonce(const struct key *key, const uint8_t nonce[NONCE], struct bytes aad, struct bytes plain,
			      uint8_t *out)
{
	struct engine *e;

	TRY(engine_here(&e));
	struct status s = derive(e, key, nonce);
	if (ok(s))
		s = gcm_seal_once(e->scratch->xaes_blocks, nonce + CONTEXT, aad, plain, out);
	forget(e);
	return s;
}

struct status xaes_seal_to(const struct key *key, struct bytes aad, struct bytes plain, uint8_t *out)
{
	uint8_t nonce[NONCE];

	nonce_random(nonce, sizeof nonce);
	TRY(xaes_seal_nonce(key, nonce, aad, plain, out + NONCE));
	memcpy(out, nonce, sizeof nonce);
	return OK;
}

struct status xaes_seal(const struct key *key, struct bytes aad, struct bytes plain, struct buffer *out)
{
	size_t len;

	TRY(size_add(plain.len, XAES_OVERHEAD, &len));
	TRY(buffer_reserve(out, len));
	TRY(xaes_seal_to(key, aad, plain, out->bytes + out->len));
	out->len += len;
	return OK;
}

struct status xaes_open_to(const struct key *key, struct bytes aad, struct bytes sealed, uint8_t *out)
{
	struct engine *e;

	if (sealed.len < XAES_OVERHEAD)
		return FAIL_AT(ST_CORRUPT, "seal");
	TRY(engine_here(&e));
	struct status s = derive(e, key, sealed.at);
	if (ok(s))
		s = gcm_open_once(e->scratch->xaes_blocks, sealed.at + CONTEXT, aad,
				  bytes_of(sealed.at + NONCE, sealed.len - NONCE), out);
	forget(e);
	return s;
}

struct status xaes_open(const struct key *key, struct bytes aad, struct bytes sealed, struct buffer *out)
{
	if (sealed.len < XAES_OVERHEAD)
		return FAIL_AT(ST_CORRUPT, "seal");
	TRY(buffer_reserve(out, sealed.len - XAES_OVERHEAD));
	/* An empty message into an empty buffer has no place to be written to. */
	TRY(xaes_open_to(key, aad, sealed, out->bytes != NULL ? out->bytes + out->len : NULL));
	out->len += sealed.len - XAES_OVERHEAD;
	return OK;
}
