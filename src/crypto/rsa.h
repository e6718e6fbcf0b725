/* SPDX-License-Identifier: Apache-2.0 */
/** rsa: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017), verified only: some authenticators have nothing else. */
#ifndef CRYPTO_RSA_H
#define CRYPTO_RSA_H

#include "bytes.h"

#define RSA_MODULUS_MIN 256 /* bytes: 2,048 bits (NIST SP 800-131A) */
#define RSA_MODULUS_MAX 512

/** Numbers with the most significant byte first. */
struct rsa_public {
	struct bytes modulus, exponent;
};
/** rsa_check(public): ST_INVALID unless of that length in bytes, odd, and with the exponent 65,537. */
MUST_CHECK struct status rsa_check(const struct rsa_public *public_key);
/** rsa_verify(public, data, signature): ST_UNPROVEN unless it fits; ST_INVALID as rsa_check(). */
MUST_CHECK struct status rsa_verify(const struct rsa_public *public_key, struct bytes data, struct bytes signature);

#endif /* !CRYPTO_RSA_H */
