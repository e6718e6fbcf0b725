/* SPDX-License-Identifier: Apache-2.0 */
#include "securityslot.h"

#include "context.h"
#include "hash.h"
#include "limits.h"
#include "xaes.h"

#define LABEL "tacenda/v1/slot"
#define KIB   1024

struct status securityslot_check(struct argon2_cost cost)
{
	if (cost.memory < LIMIT_ARGON2_MEMORY_MIN || cost.memory > LIMIT_ARGON2_MEMORY_MAX || cost.memory % KIB != 0)
		return FAIL_AT(ST_INVALID, "slot memory");
	if (cost.passes < 1 || cost.passes > LIMIT_ARGON2_PASSES_MAX)
		return FAIL_AT(ST_INVALID, "slot passes");
	return OK;
}

static struct status binding(const struct securityslot *slot, struct bytes public_part, struct buffer *aad)
{
	AUTO(buffer) memory = {.max = 4};
	AUTO(buffer) passes = {.max = 4};
	struct hash public_hash;

	TRY(buffer_put_u32(&memory, slot->cost.memory));
	TRY(buffer_put_u32(&passes, slot->cost.passes));
	TRY(sha256(public_part, &public_hash));
	const struct bytes arguments[] = {
		BYTES_LITERAL("passphrase"), buffer_bytes(&memory),    buffer_bytes(&passes),
		BYTES_OF(slot->salt),        hash_bytes(&public_hash),
	};
	return context_put(aad, LABEL, arguments, COUNT(arguments));
}

struct status securityslot_new(const struct secret *file_key, struct bytes public_part, struct bytes passphrase,
			       struct argon2_cost cost, struct securityslot *out)
{
	AUTO(secret) key = {0};
	AUTO(buffer) aad = {.max = CONTEXT_MAX};
	struct securityslot made = {.cost = cost};

	TRY(securityslot_check(cost));
	if (passphrase.len == 0)
		return FAIL_AT(ST_INVALID, "passphrase");
	secret_random(made.salt, sizeof made.salt);
	TRY(binding(&made, public_part, &aad));
	TRY(password_key(passphrase, made.salt, cost, &key));
	TRY(xaes_seal_to(secret_key(&key), buffer_bytes(&aad), secret_bytes(file_key), made.sealed.bytes));
	*out = made;
	return OK;
}

struct status securityslot_open(const struct securityslot *slot, struct bytes public_part, struct bytes passphrase,
				struct secret *file_key)
{
	AUTO(secret) key = {0};
	AUTO(secret) opened = {0};
	AUTO(buffer) aad = {.max = CONTEXT_MAX};

	TRY(securityslot_check(slot->cost));
	if (passphrase.len == 0)
		return FAIL_AT(ST_UNPROVEN, "passphrase");
	TRY(binding(slot, public_part, &aad));
	TRY(password_key(passphrase, slot->salt, slot->cost, &key));
	TRY(secret_empty(sizeof(struct key), &opened));
	struct status s = xaes_open_to(secret_key(&key), buffer_bytes(&aad), BYTES_OF(slot->sealed), opened.bytes);
	if (!ok(s))
		return s.code == ST_CORRUPT ? FAIL_AT(ST_UNPROVEN, "passphrase") : s;
	*file_key = opened;
	opened = (struct secret){0};
	return OK;
}
