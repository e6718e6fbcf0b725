/* SPDX-License-Identifier: Apache-2.0 */
/**
 * engine: what crypto keeps between calls.  Internal to this module.
 *
 * Algorithms are fetched once a process; contexts belong to their thread and are
 * reused, for making one costs more than sealing a row.  Invariants:
 * 1. No context holds a key of ours after the call that brought it, but that of
 *    a struct chunked until it is cleared, and of a struct xaes_series until
 *    xaes_series_end() (PROMISES#S1: nothing in memory at rest).
 * 2. What a derivation passes through lies in ${scratch}, a locked page, and is
 *    wiped before the call returns.
 * 3. The library's error queue is empty after every call: a TLS engine in the
 *    same thread reads that queue to learn what became of its own.
 */
#ifndef CRYPTO_ENGINE_H
#define CRYPTO_ENGINE_H

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <sodium.h>

#include "secret.h"

/** Fetched by crypto_setup(), read only ever after. */
struct engine_algorithms {
	EVP_MD *sha256, *sha512;
	EVP_CIPHER *aes256_ecb, *aes256_gcm;
	EVP_PKEY *p256; /* the curve alone: copied, then given a point */
	EC_GROUP *group;
	bool short_gcm; /* libsodium has AES-GCM for this processor: see gcm.c */
};
extern struct engine_algorithms engine_algorithms;

/** Key schedule of one HPKE message (RFC 9180 section 5.1). */
struct hpke_schedule {
	uint8_t key[32], base_nonce[12], exporter_secret[32];
};

/** Intermediate secrets, one field a step so that no two steps share one. */
struct engine_scratch {
	uint8_t pad[128], digest[64], block[64];
	uint8_t xaes_mask[16], xaes_blocks[32];
	uint8_t chunked_keys[76];
	uint8_t native[32];
	uint8_t ephemeral[32], dh[32], prk[32], shared[32];
	struct hpke_schedule schedule;
	SHA256_CTX sha256;
	crypto_aead_aes256gcm_state gcm;
};

/* Of 1 KiB each: as many as a loop has requests on their way while it is busy. */
#define ENGINE_SPARES 64

/** A public key that was parsed, for the next signature of the same author: parsing is half as much as verifying. */
struct engine_author {
	uint8_t public_key[65];
	EVP_PKEY_CTX *task; /* NULL: none */
};
#define ENGINE_AUTHORS 32

/** What one thread reuses. */
struct engine {
	EVP_MD_CTX *sha512;
	EVP_CIPHER_CTX *ecb, *gcm;
	EVP_PKEY_CTX *import;
	BN_CTX *numbers;
	struct secret memory; /* what ${scratch} points into */
	struct engine_scratch *scratch;
	/* Ready for the next incremental hash or chunked message. */
	EVP_MD_CTX *hashes[ENGINE_SPARES];
	size_t hash_count;
	EVP_CIPHER_CTX *ciphers[ENGINE_SPARES];
	size_t cipher_count;
	struct engine_author authors[ENGINE_AUTHORS];
};

/** engine_here(out): this thread's; ST_NO_MEMORY, ST_INVALID before crypto_setup(). */
MUST_CHECK struct status engine_here(struct engine **out);
/** engine_did(result): OK for 1, which is what OpenSSL calls success; otherwise ST_NO_MEMORY. */
MUST_CHECK struct status engine_did(int result);
/** engine_refused(code, what): empty the error queue and fail. */
struct status engine_refused(enum status_code code, const char *what);

/** Contexts for what outlives one call: taken ready for use, given back empty of keys. */
MUST_CHECK struct status engine_take_hash(EVP_MD_CTX **out);
void engine_give_hash(EVP_MD_CTX *hash);
/** engine_cipher(algorithm, out): a context of it without a key; EVP_CIPHER_CTX_free() it. */
MUST_CHECK struct status engine_cipher(const EVP_CIPHER *algorithm, EVP_CIPHER_CTX **out);
MUST_CHECK struct status engine_take_gcm(EVP_CIPHER_CTX **out);
void engine_give_gcm(EVP_CIPHER_CTX *gcm);

#endif /* !CRYPTO_ENGINE_H */
