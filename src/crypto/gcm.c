/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gcm: long messages by EVP, short ones by libsodium where it has AES-GCM for this
 * processor: EVP's three calls to set a key, a nonce and a zero key behind it cost
 * 650 ns, libsodium does a row of 150 bytes in 260, in a state of our locked page.
 */
#include "gcm.h"

#include <openssl/core_names.h>
#include <openssl/params.h>

#include "engine.h"

/* EVP counts in int; a multiple of the block size keeps the fast path. */
#define PIECE_MAX ((size_t)1 << 30)
/* Up to this libsodium is faster. */
#define SHORT_MAX 1024

struct status gcm_key(EVP_CIPHER_CTX *gcm, const uint8_t key[GCM_KEY])
{
	return engine_did(EVP_EncryptInit_ex2(gcm, NULL, key, NULL, NULL));
}

void gcm_forget(EVP_CIPHER_CTX *gcm)
{
	static const uint8_t zero[GCM_KEY];

	/* Setting a key overwrites the schedule and clears hash key, counter and
	 * last block; a reset would do the same and cost twice as much. */
	if (EVP_EncryptInit_ex2(gcm, NULL, zero, NULL, NULL) != 1)
		(void)EVP_CIPHER_CTX_reset(gcm);
}

/* ${out} is NULL for additional data. */
static struct status update(EVP_CIPHER_CTX *gcm, struct bytes in, uint8_t *out)
{
	while (in.len > 0) {
		size_t piece = in.len < PIECE_MAX ? in.len : PIECE_MAX;
		int written;

		TRY(engine_did(EVP_CipherUpdate(gcm, out, &written, in.at, (int)piece)));
		in = bytes_of(in.at + piece, in.len - piece);
		out = out != NULL ? out + piece : NULL;
	}
	return OK;
}

static struct status check_len(size_t plain_len)
{
	return plain_len <= GCM_PLAIN_MAX ? OK : FAIL_AT(ST_TOO_BIG, "AES-GCM message");
}

struct status gcm_seal(EVP_CIPHER_CTX *gcm, const uint8_t nonce[GCM_NONCE], struct bytes aad, struct bytes plain,
		       uint8_t *out)
{
	OSSL_PARAM tag[] = {
		OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, out + plain.len, GCM_TAG),
		OSSL_PARAM_construct_end(),
	};
	int rest;

	TRY(check_len(plain.len));
	TRY(engine_did(EVP_EncryptInit_ex2(gcm, NULL, NULL, nonce, NULL)));
	TRY(update(gcm, aad, NULL));
	TRY(update(gcm, plain, out));
	TRY(engine_did(EVP_EncryptFinal_ex(gcm, out + plain.len, &rest)));
	return engine_did(EVP_CIPHER_CTX_get_params(gcm, tag));
}

static struct status open_unwiped(EVP_CIPHER_CTX *gcm, const uint8_t *nonce, struct bytes aad, struct bytes sealed,
				  uint8_t *out)
{
	struct bytes plain = bytes_of(sealed.at, sealed.len - GCM_TAG);
	uint8_t tag_bytes[GCM_TAG];
	OSSL_PARAM tag[] = {
		OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag_bytes, GCM_TAG),
		OSSL_PARAM_construct_end(),
	};
	int rest;

	for (size_t i = 0; i < GCM_TAG; i++)
		tag_bytes[i] = sealed.at[plain.len + i];
	TRY(check_len(plain.len));
	TRY(engine_did(EVP_DecryptInit_ex2(gcm, NULL, NULL, nonce, tag)));
	TRY(update(gcm, aad, NULL));
	TRY(update(gcm, plain, out));
	if (EVP_DecryptFinal_ex(gcm, tag_bytes, &rest) != 1)
		return engine_refused(ST_CORRUPT, "seal");
	return OK;
}

struct status gcm_open(EVP_CIPHER_CTX *gcm, const uint8_t nonce[GCM_NONCE], struct bytes aad, struct bytes sealed,
		       uint8_t *out)
{
	if (sealed.len < GCM_TAG)
		return FAIL_AT(ST_CORRUPT, "seal");
	struct status s = open_unwiped(gcm, nonce, aad, sealed, out);
	if (!ok(s))
		secret_wipe(out, sealed.len - GCM_TAG);
	return s;
}

/* --- One message under a key --- */

static struct status seal_short(struct engine *e, const uint8_t *nonce, struct bytes aad, struct bytes plain,
				uint8_t *out)
{
	int failed = crypto_aead_aes256gcm_encrypt_detached_afternm(out, out + plain.len, NULL, plain.at, plain.len,
								    aad.at, aad.len, NULL, nonce, &e->scratch->gcm);

	return failed == 0 ? OK : FAIL_AT(ST_NO_MEMORY, "crypto library");
}

/* It writes nothing before the tag has proven true. */
static struct status open_short(struct engine *e, const uint8_t *nonce, struct bytes aad, struct bytes sealed,
				uint8_t *out)
{
	const size_t len = sealed.len - GCM_TAG;
	int failed = crypto_aead_aes256gcm_decrypt_detached_afternm(out, NULL, sealed.at, len, sealed.at + len, aad.at,
								    aad.len, nonce, &e->scratch->gcm);

	return failed == 0 ? OK : FAIL_AT(ST_CORRUPT, "seal");
}

static bool is_short(size_t len)
{
	return engine_algorithms.short_gcm && len <= SHORT_MAX;
}

struct status gcm_seal_once(const uint8_t key[GCM_KEY], const uint8_t nonce[GCM_NONCE], struct bytes aad,
			    struct bytes plain, uint8_t *out)
{
	struct engine *e;

	TRY(engine_here(&e));
	if (is_short(plain.len)) {
		(void)crypto_aead_aes256gcm_beforenm(&e->scratch->gcm, key);
		struct status sealed = seal_short(e, nonce, aad, plain, out);
		secret_wipe(&e->scratch->gcm, sizeof e->scratch->gcm);
		return sealed;
	}
	struct status s = gcm_key(e->gcm, key);
	if (ok(s))
		s = gcm_seal(e->gcm, nonce, aad, plain, out);
	gcm_forget(e->gcm);
	return s;
}

struct status gcm_open_once(const uint8_t key[GCM_KEY], const uint8_t nonce[GCM_NONCE], struct bytes aad,
			    struct bytes sealed, uint8_t *out)
{
	struct engine *e;

	if (sealed.len < GCM_TAG)
		return FAIL_AT(ST_CORRUPT, "seal");
	TRY(engine_here(&e));
	if (is_short(sealed.len - GCM_TAG)) {
		(void)crypto_aead_aes256gcm_beforenm(&e->scratch->gcm, key);
		struct status opened = open_short(e, nonce, aad, sealed, out);
		secret_wipe(&e->scratch->gcm, sizeof e->scratch->gcm);
		if (!ok(opened))
			secret_wipe(out, sealed.len - GCM_TAG);
		return opened;
	}
	struct status s = gcm_key(e->gcm, key);
	if (ok(s))
		s = gcm_open(e->gcm, nonce, aad, sealed, out);
	gcm_forget(e->gcm);
	return s;
}
