/* SPDX-License-Identifier: Apache-2.0 */
/**
 * epochkey: one generation of one compartment's key of a patient file or a list
 * (docs/FORMATS.md section 2).
 *
 * Invariants
 * 1. A key is used only after it was found equal to the commitment of its epoch
 *    statement, so nobody can give two readers different keys (PROMISES#B3).
 * 2. Each epoch's key opens the one before, never one after: a holder of an old
 *    key learns nothing that is written later (PROMISES#B5).
 *
 * Keys are written to memory that the caller locked (a struct secret, a keyshelf).
 */
#ifndef SEAL_EPOCHKEY_H
#define SEAL_EPOCHKEY_H

#include "context.h"
#include "sealed.h"

/** epochkey_new(out): 32 random bytes. */
void epochkey_new(struct key *out);

/** epochkey_commitment(place, key, out): what the epoch statement says of it. */
MUST_CHECK struct status epochkey_commitment(const struct epoch_place *place, const struct key *key, struct hash *out);
/** epochkey_check(place, key, commitment): ST_CORRUPT unless equal. */
MUST_CHECK struct status epochkey_check(const struct epoch_place *place, const struct key *key,
					const struct hash *commitment);

/** epochkey_previous_seal(place, key, previous, out): the key of place->number - 1 under that of place->number, from 1.
 */
MUST_CHECK struct status epochkey_previous_seal(const struct epoch_place *place, const struct key *key,
						const struct key *previous, struct sealed_key *out);

/** What an epoch statement says that leads one epoch back. */
struct epochkey_step {
	struct sealed_key previous_sealed; /* of epoch n */
	struct hash commitment;            /* of epoch n - 1 */
};
/**
 * epochkey_walk(place, key, steps, count, out):
 * From the key of place->number to that of place->number - ${count}; steps[0] is
 * that of place->number.  Every key on the way is checked against its commitment.
 * ST_CORRUPT; ST_INVALID for a walk past epoch 0.  ${out} is written only on success.
 */
MUST_CHECK struct status epochkey_walk(const struct epoch_place *place, const struct key *key,
				       const struct epochkey_step *steps, size_t count, struct key *out);

#endif /* !SEAL_EPOCHKEY_H */
