/* SPDX-License-Identifier: Apache-2.0 */
#include "password.h"

#include <sodium.h>
#include <string.h>

_Static_assert(PASSWORD_HASH_MAX >= crypto_pwhash_argon2id_STRBYTES, "a PHC string fits");
_Static_assert(crypto_pwhash_argon2id_SALTBYTES == 16, "RFC 9106 section 3.1 recommends 16 bytes");

#define KEY_BYTES 32

static struct status check_cost(struct argon2_cost cost)
{
	if (cost.memory < crypto_pwhash_argon2id_MEMLIMIT_MIN || cost.passes < crypto_pwhash_argon2id_OPSLIMIT_MIN)
		return FAIL_AT(ST_INVALID, "Argon2 cost");
	return OK;
}

struct status password_key(struct bytes password, const uint8_t salt[16], struct argon2_cost cost, struct secret *out)
{
	AUTO(secret) key = {0};

	TRY(check_cost(cost));
	TRY(secret_empty(KEY_BYTES, &key));
	/* What is left to go wrong is the memory of the hash itself. */
	if (crypto_pwhash_argon2id(key.bytes, key.len, (const char *)password.at, password.len, salt, cost.passes,
				   cost.memory, crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0)
		return FAIL_AT(ST_NO_MEMORY, "Argon2id");
	*out = key;
	key = (struct secret){0};
	return OK;
}

struct status password_hash(struct bytes password, struct argon2_cost cost, char out[PASSWORD_HASH_MAX])
{
	char text[crypto_pwhash_argon2id_STRBYTES];

	TRY(check_cost(cost));
	if (crypto_pwhash_argon2id_str(text, (const char *)password.at, password.len, cost.passes, cost.memory) != 0)
		return FAIL_AT(ST_NO_MEMORY, "Argon2id");
	memset(out, 0, PASSWORD_HASH_MAX);
	memcpy(out, text, sizeof text);
	return OK;
}

struct status password_check(struct bytes password, const char *hash)
{
	size_t len = strnlen(hash, PASSWORD_HASH_MAX);

	/* The needs_rehash call is the library's own parser: what it cannot read is
	 * damage, and must not be answered as a wrong password. */
	if (len >= crypto_pwhash_argon2id_STRBYTES ||
	    crypto_pwhash_argon2id_str_needs_rehash(hash, crypto_pwhash_argon2id_OPSLIMIT_MIN,
						    crypto_pwhash_argon2id_MEMLIMIT_MIN) < 0)
		return FAIL_AT(ST_CORRUPT, "password hash");
	if (crypto_pwhash_argon2id_str_verify(hash, (const char *)password.at, password.len) != 0)
		return FAIL(ST_UNPROVEN);
	return OK;
}
