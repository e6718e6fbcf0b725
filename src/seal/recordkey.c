/* SPDX-License-Identifier: Apache-2.0 */
#include "recordkey.h"

#include "scratchkey.h"
#include "xaes.h"

struct status recordkey_seal(const struct key *compartment_key, const struct record_place *place,
			     const struct key *record_key, struct sealed_key *out)
{
	AUTO(buffer) aad = {.max = CONTEXT_MAX};

	TRY(context_record_key(place, &aad));
	return xaes_seal_to(compartment_key, buffer_bytes(&aad), bytes_of(record_key->bytes, sizeof record_key->bytes),
			    out->bytes);
}

struct status recordkey_open(const struct key *compartment_key, const struct record_place *place,
			     const struct sealed_key *sealed, struct key *out)
{
	AUTO(buffer) aad = {.max = CONTEXT_MAX};

	TRY(context_record_key(place, &aad));
	struct status s = xaes_open_to(compartment_key, buffer_bytes(&aad), BYTES_OF(*sealed), out->bytes);
	if (!ok(s))
		secret_wipe(out, sizeof *out);
	return s;
}

struct status recordkey_reseal(const struct key *from, const struct key *to, const struct record_place *place,
			       struct sealed_key *sealed)
{
	AUTO(scratchkey) record_key = {0};

	TRY(scratchkey_take(&record_key));
	TRY(recordkey_open(from, place, sealed, record_key.key));
	return recordkey_seal(to, place, record_key.key, sealed);
}
