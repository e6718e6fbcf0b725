/* SPDX-License-Identifier: Apache-2.0 */
#include "compartmentkey.h"

#include <string.h>

#include "context.h"
#include "hash.h"
#include "subkey.h"

/* Identifying records: whoever lacks one of the two keys opens nothing. */
static struct status derive_both(const struct hash *site, const struct key *identity, const struct key *clinical,
				 struct secret *out)
{
	AUTO(secret) joined = {0};
	AUTO(secret) extracted = {0};
	struct hash prk;

	TRY(secret_empty(2 * sizeof(struct key), &joined));
	TRY(secret_empty(sizeof prk, &extracted));
	memcpy(joined.bytes, identity->bytes, sizeof identity->bytes);
	memcpy(joined.bytes + sizeof identity->bytes, clinical->bytes, sizeof clinical->bytes);
	struct status s = hkdf_sha256_extract(hash_bytes(site), secret_bytes(&joined), &prk);
	memcpy(extracted.bytes, prk.bytes, sizeof prk.bytes);
	secret_wipe(&prk, sizeof prk);
	TRY(s);
	return subkey_derive(secret_bytes(&extracted), CONTEXT_COMPARTMENT, out);
}

struct status compartmentkey_derive(const struct hash *site, enum compartment compartment, const struct key *identity,
				    const struct key *clinical, struct secret *out)
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
