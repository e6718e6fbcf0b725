/* SPDX-License-Identifier: Apache-2.0 */
#include "ed25519.h"

#include <sodium.h>

_Static_assert(crypto_sign_SEEDBYTES == 32 && crypto_sign_SECRETKEYBYTES == 64, "RFC 8032 section 5.1.5");

/* libsodium signs with seed || public key; it is made anew each time, so that
 * 32 bytes are all there is to keep. */
static struct status expand(const struct secret *seed, struct secret *pair, struct ed25519_public *public_key)
{
	if (seed->len != crypto_sign_SEEDBYTES)
		return FAIL_AT(ST_INVALID, "Ed25519 seed");
	TRY(secret_empty(crypto_sign_SECRETKEYBYTES, pair));
	(void)crypto_sign_seed_keypair(public_key->bytes, pair->bytes, seed->bytes);
	return OK;
}

struct status ed25519_new(struct secret *seed, struct ed25519_public *public_key)
{
	AUTO(secret) fresh = {0};
	AUTO(secret) pair = {0};
	struct ed25519_public derived;

	TRY(secret_new(crypto_sign_SEEDBYTES, &fresh));
	TRY(expand(&fresh, &pair, &derived));
	*public_key = derived;
	*seed = fresh;
	fresh = (struct secret){0};
	return OK;
}

struct status ed25519_sign(const struct secret *seed, struct bytes data, uint8_t signature[64])
{
	AUTO(secret) pair = {0};
	struct ed25519_public public_key;

	TRY(expand(seed, &pair, &public_key));
	(void)crypto_sign_detached(signature, NULL, data.at, data.len, pair.bytes);
	return OK;
}

struct status ed25519_check(const struct ed25519_public *public_key)
{
	return crypto_core_ed25519_is_valid_point(public_key->bytes) == 1 ? OK : FAIL_AT(ST_INVALID, "Ed25519 key");
}

struct status ed25519_verify(const struct ed25519_public *public_key, struct bytes data, const uint8_t signature[64])
{
	if (crypto_sign_verify_detached(signature, data.at, data.len, public_key->bytes) != 0)
		return FAIL_AT(ST_UNPROVEN, "Ed25519 signature");
	return OK;
}
