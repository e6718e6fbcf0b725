/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xaes: c2sp.org/XAES-256-GCM, "Detailed key derivation algorithm"; the names L,
 * K1, M1, M2, Kx and Nx are the specification's.
 */
#include "xaes.h"

#include <stdlib.h>
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

/* What depends on the key alone: its schedule into ${ecb}, K1 into ${mask}. */
static struct status expand(EVP_CIPHER_CTX *ecb, const struct key *key, uint8_t *mask)
{
	TRY(engine_did(EVP_EncryptInit_ex2(ecb, NULL, key->bytes, NULL, NULL)));
	memset(mask, 0, BLOCK);
	TRY(encrypt_blocks(ecb, mask, BLOCK));
	double_block(mask);
	return OK;
}

/* Kx into ${blocks}, of two blocks. */
static struct status derive(EVP_CIPHER_CTX *ecb, const uint8_t *mask, const uint8_t *nonce, uint8_t *blocks)
{
	set_message(blocks, 1, nonce, mask);
	set_message(blocks + BLOCK, 2, nonce, mask);
	return encrypt_blocks(ecb, blocks, 2 * BLOCK);
}

/* A new key overwrites the old one's schedule. */
static void forget(EVP_CIPHER_CTX *ecb, uint8_t *mask)
{
	static const uint8_t zero[sizeof(struct key)];

	secret_wipe(mask, BLOCK);
	(void)EVP_EncryptInit_ex2(ecb, NULL, zero, NULL, NULL);
}

/* --- One message under a key --- */

static struct status derive_once(struct engine *e, const struct key *key, const uint8_t *nonce)
{
	TRY(expand(e->ecb, key, e->scratch->xaes_mask));
	return derive(e->ecb, e->scratch->xaes_mask, nonce, e->scratch->xaes_blocks);
}

static void forget_once(struct engine *e)
{
	secret_wipe(e->scratch->xaes_blocks, sizeof e->scratch->xaes_blocks);
	forget(e->ecb, e->scratch->xaes_mask);
}

struct status xaes_seal_nonce(const struct key *key, const uint8_t nonce[NONCE], struct bytes aad, struct bytes plain,
			      uint8_t *out)
{
	struct engine *e;

	TRY(engine_here(&e));
	struct status s = derive_once(e, key, nonce);
	if (ok(s))
		s = gcm_seal_once(e->scratch->xaes_blocks, nonce + CONTEXT, aad, plain, out);
	forget_once(e);
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
	struct status s = derive_once(e, key, sealed.at);
	if (ok(s))
		s = gcm_open_once(e->scratch->xaes_blocks, sealed.at + CONTEXT, aad,
				  bytes_of(sealed.at + NONCE, sealed.len - NONCE), out);
	forget_once(e);
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

/* --- Many messages under a key --- */

struct xaes_series {
	EVP_CIPHER_CTX *ecb;
	struct secret memory;
	struct series_state *state; /* in ${memory} */
	bool begun;
};

struct series_state {
	struct key key;
	uint8_t mask[BLOCK];
};

struct status xaes_series_new(struct xaes_series **out)
{
	struct xaes_series *made = calloc(1, sizeof *made);

	if (made == NULL)
		return FAIL_AT(ST_NO_MEMORY, "series of seals");
	struct status s = secret_empty(sizeof *made->state, &made->memory);
	if (ok(s))
		s = engine_cipher(engine_algorithms.aes256_ecb, &made->ecb);
	if (!ok(s)) {
		xaes_series_free(made);
		return s;
	}
	made->state = (struct series_state *)(void *)made->memory.bytes;
	*out = made;
	return OK;
}

void xaes_series_free(struct xaes_series *series)
{
	if (series == NULL)
		return;
	EVP_CIPHER_CTX_free(series->ecb);
	secret_clear(&series->memory);
	free(series);
}

void xaes_series_end(struct xaes_series *series)
{
	series->begun = false;
	secret_wipe(&series->state->key, sizeof series->state->key);
	forget(series->ecb, series->state->mask);
}

struct status xaes_series_begin(struct xaes_series *series, const struct key *key)
{
	struct series_state *state = series->state;

	if (series->begun && sodium_memcmp(&state->key, key, sizeof *key) == 0)
		return OK;
	struct status s = expand(series->ecb, key, state->mask);
	if (!ok(s)) {
		xaes_series_end(series);
		return s;
	}
	state->key = *key;
	series->begun = true;
	return OK;
}

struct status xaes_series_seal(struct xaes_series *series, struct bytes aad, struct bytes plain, struct buffer *out)
{
	struct engine *e;
	size_t len;

	if (!series->begun)
		return FAIL_AT(ST_INVALID, "series of seals without a key");
	TRY(engine_here(&e));
	TRY(size_add(plain.len, XAES_OVERHEAD, &len));
	TRY(buffer_reserve(out, len));
	uint8_t *const at = out->bytes + out->len;

	nonce_random(at, NONCE);
	struct status s = derive(series->ecb, series->state->mask, at, e->scratch->xaes_blocks);
	if (ok(s))
		s = gcm_seal_once(e->scratch->xaes_blocks, at + CONTEXT, aad, plain, at + NONCE);
	secret_wipe(e->scratch->xaes_blocks, sizeof e->scratch->xaes_blocks);
	if (ok(s))
		out->len += len;
	return s;
}
