/* SPDX-License-Identifier: Apache-2.0 */
#include "compartmentkey.h"

#include "context.h"
#include "hash.h"
#include "scratchkey.h"
#include "subkey.h"

/* Identifying records: whoever lacks one of the two keys opens nothing. */
static struct status derive_both(const struct hash *site, const struct key *identity, const struct key *clinical,
				 struct key *out)
{
	AUTO(scratchkey) joined = {0};
	AUTO(scratchkey) extracted = {0};

	TRY(scratchkey_take(&joined));
	TRY(scratchkey_take(&extracted));
	joined.key[0] = *identity;
	joined.key[1] = *clinical;
	/* A hash and a key are both 32 bytes and nothing else. */
	TRY(hkdf_sha256_extract(hash_bytes(site), bytes_of(joined.key, 2 * sizeof *joined.key),
				(struct hash *)extracted.key));
	return subkey_derive(scratchkey_bytes(&extracted), CONTEXT_COMPARTMENT, out);
}

struct status compartmentkey_derive(const struct hash *site, enum compartment compartment, const struct key *identity,
				    const struct key *clinical, struct key *out)
{
	if (compartment != COMPARTMENT_CLINICAL && identity == NULL)
		return FAIL_AT(ST_DENIED, "identity key");
	if (compartment != COMPARTMENT_IDENTITY && clinical == NULL)
		return FAIL_AT(ST_DENIED, "clinical key");
	if (compartment == COMPARTMENT_BOTH)
		return derive_both(site, identity, clinical, out);

	const struct key *one = compartment == COMPARTMENT_IDENTITY ? identity : clinical;
	return subkey_derive(bytes_of(one->bytes, sizeof one->bytes), CONTEXT_COMPARTMENT, out);
}
