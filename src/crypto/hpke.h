/* SPDX-License-Identifier: Apache-2.0 */
/**
 * hpke: RFC 9180 base mode, single shot, DHKEM(P-256, HKDF-SHA256) 0x0010,
 * HKDF-SHA256 0x0001, AES-256-GCM 0x0002.  Form: enc (65) || ciphertext || tag (16).
 */
#ifndef CRYPTO_HPKE_H
#define CRYPTO_HPKE_H

#include "p256.h"

#define HPKE_OVERHEAD (65 + 16)

/** hpke_seal(to, info, aad, plain, out): append plain.len + HPKE_OVERHEAD bytes. */
MUST_CHECK struct status hpke_seal(const struct p256_public *to, struct bytes info, struct bytes aad,
				   struct bytes plain, struct buffer *out);
/** hpke_open(private, info, aad, sealed, out): ${out} becomes a new secret; ST_CORRUPT. */
MUST_CHECK struct status hpke_open(const struct secret *private_key, struct bytes info, struct bytes aad,
				   struct bytes sealed, struct secret *out);

#endif /* !CRYPTO_HPKE_H */
