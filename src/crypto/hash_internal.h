/* SPDX-License-Identifier: Apache-2.0 */
/** hash_internal: HKDF over pieces, for hpke, p256 and chunked; internal to crypto. */
#ifndef CRYPTO_HASH_INTERNAL_H
#define CRYPTO_HASH_INTERNAL_H

#include "bytes.h"

/** The most pieces of one call. */
#define HASH_PIECES 8

/** As in hash.h, over the concatenation of ${pieces}; ${out} takes 32 bytes. */
MUST_CHECK struct status hkdf_sha256_extract_pieces(struct bytes salt, const struct bytes *pieces, size_t count,
						    uint8_t *out);
MUST_CHECK struct status hkdf_sha256_expand_pieces(struct bytes prk, const struct bytes *pieces, size_t count,
						   uint8_t *out, size_t len);
MUST_CHECK struct status hkdf_sha512_expand_pieces(struct bytes prk, const struct bytes *pieces, size_t count,
						   uint8_t *out, size_t len);

#endif /* !CRYPTO_HASH_INTERNAL_H */
