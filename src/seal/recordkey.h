/* SPDX-License-Identifier: Apache-2.0 */
/**
 * recordkey: the random key of one record version, and its form sealed under a
 * compartment key (docs/FORMATS.md section 2).
 *
 * The sealed form is bound to site, patient, record, version and compartment, and
 * it is not signed: moving it to a new epoch replaces these 72 bytes and nothing else.
 */
#ifndef SEAL_RECORDKEY_H
#define SEAL_RECORDKEY_H

#include "context.h"
#include "sealed.h"

/** recordkey_seal(compartment_key, place, record_key, out) */
MUST_CHECK struct status recordkey_seal(const struct key *compartment_key, const struct record_place *place,
					const struct key *record_key, struct sealed_key *out);
/** recordkey_open(compartment_key, place, sealed, out): ${out} lies in locked memory; ST_CORRUPT, ${out} then zero. */
MUST_CHECK struct status recordkey_open(const struct key *compartment_key, const struct record_place *place,
					const struct sealed_key *sealed, struct key *out);
/** recordkey_reseal(from, to, place, sealed): the same record key under another epoch's compartment key; in place. */
MUST_CHECK struct status recordkey_reseal(const struct key *from, const struct key *to,
					  const struct record_place *place, struct sealed_key *sealed);

#endif /* !SEAL_RECORDKEY_H */
