/* SPDX-License-Identifier: Apache-2.0 */
/**
 * compartmentkey: the key under which a patient's record keys are sealed, from the
 * epoch keys of the compartments that the record needs (docs/FORMATS.md section 2).
 */
#ifndef SEAL_COMPARTMENTKEY_H
#define SEAL_COMPARTMENTKEY_H

#include "sealed.h"
#include "vocabulary.h"

/**
 * compartmentkey_derive(site, compartment, identity, clinical, out):
 * ${identity} and ${clinical} are epoch keys; the one that ${compartment} does not
 * need may be NULL; ${out} lies in locked memory (scratchkey.h).  ST_DENIED (what: "identity key",
 * "clinical key") when a needed one is missing.
 */
MUST_CHECK struct status compartmentkey_derive(const struct hash *site, enum compartment compartment,
					       const struct key *identity, const struct key *clinical, struct key *out);

#endif /* !SEAL_COMPARTMENTKEY_H */
