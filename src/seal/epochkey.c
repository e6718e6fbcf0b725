/* SPDX-License-Identifier: Apache-2.0 */
#include "epochkey.h"

#include "hash.h"
#include "scratchkey.h"
#include "subkey.h"
#include "xaes.h"

void epochkey_new(struct key *out)
{
	secret_random(out->bytes, sizeof out->bytes);
}

struct status epochkey_commitment(const struct epoch_place *place, const struct key *key, struct hash *out)
{
	AUTO(buffer) info = {.max = CONTEXT_MAX};

	TRY(context_commitment(place, &info));
	return hkdf_sha256_expand(bytes_of(key->bytes, sizeof key->bytes), buffer_bytes(&info), out->bytes,
				  sizeof out->bytes);
}

struct status epochkey_check(const struct epoch_place *place, const struct key *key, const struct hash *commitment)
{
	struct hash own;

	TRY(epochkey_commitment(place, key, &own));
	return hash_equal(&own, commitment) ? OK : FAIL_AT(ST_CORRUPT, "epoch key");
}

/* Both directions need the same key and the same binding. */
static struct status previous_binding(const struct epoch_place *place, const struct key *key, struct key *subkey,
				      struct buffer *aad)
{
	if (place->number == 0)
		return FAIL_AT(ST_INVALID, "epoch number");
	TRY(context_previous_key(place, aad));
	return subkey_derive(bytes_of(key->bytes, sizeof key->bytes), CONTEXT_PREVIOUS_KEY, subkey);
}

struct status epochkey_previous_seal(const struct epoch_place *place, const struct key *key, const struct key *previous,
				     struct sealed_key *out)
{
	AUTO(scratchkey) subkey = {0};
	AUTO(buffer) aad = {.max = CONTEXT_MAX};

	TRY(scratchkey_take(&subkey));
	TRY(previous_binding(place, key, subkey.key, &aad));
	return xaes_seal_to(subkey.key, buffer_bytes(&aad), bytes_of(previous->bytes, sizeof previous->bytes),
			    out->bytes);
}

/* ${key} becomes that of the epoch before. */
static struct status previous_open(const struct epoch_place *place, const struct epochkey_step *step, struct key *key)
{
	AUTO(scratchkey) subkey = {0};
	AUTO(buffer) aad = {.max = CONTEXT_MAX};
	struct epoch_place before = *place;

	TRY(scratchkey_take(&subkey));
	TRY(previous_binding(place, key, subkey.key, &aad));
	TRY(xaes_open_to(subkey.key, buffer_bytes(&aad), BYTES_OF(step->previous_sealed), key->bytes));
	before.number--;
	return epochkey_check(&before, key, &step->commitment);
}

struct status epochkey_walk(const struct epoch_place *place, const struct key *key, const struct epochkey_step *steps,
			    size_t count, struct key *out)
{
	AUTO(scratchkey) walking = {0};
	struct epoch_place at = *place;

	if (count > place->number)
		return FAIL_AT(ST_INVALID, "epoch number");
	TRY(scratchkey_take(&walking));
	*walking.key = *key;
	for (size_t i = 0; i < count; i++, at.number--)
		TRY(previous_open(&at, &steps[i], walking.key));
	*out = *walking.key;
	return OK;
}
