/* SPDX-License-Identifier: Apache-2.0 */
/** ed25519: RFC 8032, for checkpoints (signed notes) and passkeys. */
#ifndef CRYPTO_ED25519_H
#define CRYPTO_ED25519_H

#include "secret.h"

struct ed25519_public {
	uint8_t bytes[32];
};
/** ed25519_new(seed, public): ${seed} becomes a new 32-byte secret. */
MUST_CHECK struct status ed25519_new(struct secret *seed, struct ed25519_public *public_key);
MUST_CHECK struct status ed25519_sign(const struct secret *seed, struct bytes data, uint8_t signature[64]);
/** ed25519_check(public): ST_INVALID unless a point of the curve, in its one encoding, and of full order. */
MUST_CHECK struct status ed25519_check(const struct ed25519_public *public_key);
/** ST_UNPROVEN unless it fits. */
MUST_CHECK struct status ed25519_verify(const struct ed25519_public *public_key, struct bytes data,
					const uint8_t signature[64]);

#endif /* !CRYPTO_ED25519_H */
