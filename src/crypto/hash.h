/* SPDX-License-Identifier: Apache-2.0 */
/**
 * hash: SHA-256 (FIPS 180-4), HMAC (RFC 2104), HKDF (RFC 5869).
 *
 * EVP objects are fetched once per process, contexts are reused per thread.
 */
#ifndef CRYPTO_HASH_H
#define CRYPTO_HASH_H

#include "secret.h"

/** crypto_setup(): once per process, before threads; fetches every algorithm. */
MUST_CHECK struct status crypto_setup(void);

MUST_CHECK struct status sha256(struct bytes data, struct hash *out);
/** Over the concatenation of ${count} pieces. */
MUST_CHECK struct status sha256_pieces(const struct bytes *pieces, size_t count, struct hash *out);

/** Incremental. */
struct sha256_state {
	void *context;
};
MUST_CHECK struct status sha256_begin(struct sha256_state *s);
MUST_CHECK struct status sha256_add(struct sha256_state *s, struct bytes data);
/** May be called once; the state is then empty. */
MUST_CHECK struct status sha256_end(struct sha256_state *s, struct hash *out);
void sha256_state_clear(struct sha256_state *s);

MUST_CHECK struct status hmac_sha256(struct bytes key, struct bytes data, struct hash *out);

/** RFC 5869; ${out} is filled, at most 255 hash lengths. */
MUST_CHECK struct status hkdf_sha256_extract(struct bytes salt, struct bytes input, struct hash *out);
MUST_CHECK struct status hkdf_sha256_expand(struct bytes prk, struct bytes info, uint8_t *out, size_t len);

#endif /* !CRYPTO_HASH_H */
