/* SPDX-License-Identifier: Apache-2.0 */
/**
 * p256: NIST P-256 pairs.  Signing: ECDSA with SHA-256, 64 bytes r || s (IEEE
 * P1363).  Public keys travel uncompressed (65 bytes, 0x04 || x || y).
 */
#ifndef CRYPTO_P256_H
#define CRYPTO_P256_H

#include "secret.h"

struct p256_public {
	uint8_t bytes[65];
};
struct signature {
	uint8_t bytes[64];
};

static inline struct bytes p256_public_bytes(const struct p256_public *k)
{
	return bytes_of(k->bytes, sizeof k->bytes);
}
/** p256_new(private, public): ${private} becomes the 32-byte scalar, owned by the caller. */
MUST_CHECK struct status p256_new(struct secret *private_key, struct p256_public *public_key);
/**
 * p256_derive(seed, info, private, public):
 * A pair from a secret of at least 16 bytes: DeriveKeyPair of RFC 9180 section
 * 7.1.3 for DHKEM(P-256, HKDF-SHA256), its ikm being ${info} || ${seed}.  Labels
 * end in NUL, so that none begins another.  ST_INVALID for a shorter seed.
 */
MUST_CHECK struct status p256_derive(struct bytes seed, struct bytes info, struct secret *private_key,
				     struct p256_public *public_key);
/** p256_public_of(private, public): ST_INVALID for a scalar out of range. */
MUST_CHECK struct status p256_public_of(const struct secret *private_key, struct p256_public *public_key);
/** p256_check(public): ST_INVALID unless on the curve. */
MUST_CHECK struct status p256_check(const struct p256_public *public_key);
/** p256_sign(private, data, out): over SHA-256(${data}). */
MUST_CHECK struct status p256_sign(const struct secret *private_key, struct bytes data, struct signature *out);
/** p256_verify(public, data, signature): ST_UNPROVEN unless it fits.  A thread remembers the keys it parsed last. */
MUST_CHECK struct status p256_verify(const struct p256_public *public_key, struct bytes data,
				     const struct signature *signature);
/** p256_signature_read(der, out): ECDSA-Sig-Value (RFC 3279 section 2.2.3) in strict DER; ST_INVALID ("signature"). */
MUST_CHECK struct status p256_signature_read(struct bytes der, struct signature *out);

/** A parsed public key, for many verifications by one author (parsing costs as much as a third of one). */
struct p256_verifier {
	void *key;
};
MUST_CHECK struct status p256_verifier_new(const struct p256_public *public_key, struct p256_verifier *out);
MUST_CHECK struct status p256_verifier_check(const struct p256_verifier *v, struct bytes data,
					     const struct signature *signature);
void p256_verifier_clear(struct p256_verifier *v);

#endif /* !CRYPTO_P256_H */
