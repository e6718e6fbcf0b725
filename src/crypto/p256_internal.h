/* SPDX-License-Identifier: Apache-2.0 */
/**
 * p256_internal: the same on plain 32-byte scalars in locked memory, for hpke,
 * where a struct secret a step would cost more than the arithmetic.
 */
#ifndef CRYPTO_P256_INTERNAL_H
#define CRYPTO_P256_INTERNAL_H

#include "p256.h"

#define P256_SCALAR 32

/** p256_scalar_ok(scalar): 0 < scalar < n, in constant time. */
bool p256_scalar_ok(const uint8_t scalar[P256_SCALAR]);
/** p256_scalar_new(out, public): FIPS 186-5 appendix A.2.2, rejection sampling. */
MUST_CHECK struct status p256_scalar_new(uint8_t out[P256_SCALAR], struct p256_public *public_key);
/** p256_scalar_public(scalar, public): ST_INVALID for a scalar out of range. */
MUST_CHECK struct status p256_scalar_public(const uint8_t scalar[P256_SCALAR], struct p256_public *public_key);
/** p256_scalar_shared(scalar, public, out): ECDH, the x coordinate; ST_INVALID for a scalar or point that is none. */
MUST_CHECK struct status p256_scalar_shared(const uint8_t scalar[P256_SCALAR], const struct p256_public *public_key,
					    uint8_t out[32]);

#endif /* !CRYPTO_P256_INTERNAL_H */
