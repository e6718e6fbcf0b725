/* SPDX-License-Identifier: Apache-2.0 */
/**
 * password: Argon2id (RFC 9106) by libsodium.  Derivation for keys, PHC strings
 * for the server's password hashes.
 */
#ifndef CRYPTO_PASSWORD_H
#define CRYPTO_PASSWORD_H

#include "secret.h"

struct argon2_cost {
	uint32_t memory; /* bytes */
	uint32_t passes;
};
#define PASSWORD_HASH_MAX 128 /* a PHC string with its NUL */

/** password_key(password, salt, cost, out): a new 32-byte secret; one lane. */
MUST_CHECK struct status password_key(struct bytes password, const uint8_t salt[16], struct argon2_cost cost,
				      struct secret *out);
/** password_hash(password, cost, out): `$argon2id$v=19$m=...`, NUL-terminated. */
MUST_CHECK struct status password_hash(struct bytes password, struct argon2_cost cost, char out[PASSWORD_HASH_MAX]);
/** password_check(password, hash): ST_UNPROVEN unless it fits; ST_CORRUPT for an unreadable hash. */
MUST_CHECK struct status password_check(struct bytes password, const char *hash);

#endif /* !CRYPTO_PASSWORD_H */
