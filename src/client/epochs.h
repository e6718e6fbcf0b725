/* SPDX-License-Identifier: Apache-2.0 */
/**
 * epochs: new generations of a patient file's keys: at its making, when somebody
 * is given access, and when somebody loses it (PROMISES#B5).
 */
#ifndef CLIENT_EPOCHS_H
#define CLIENT_EPOCHS_H

#include "changeset.h"
#include "patientfile.h"

/**
 * epochs_renew(f, compartment, time, set):
 * Make the next epoch of one compartment for exactly those who may read it now, add
 * it to ${set}, and let ${f} go on with it.  The first epoch of a new file too.
 * ST_DENIED when this person does not hold the compartment's newest key.
 */
MUST_CHECK struct status epochs_renew(struct patientfile *f, enum compartment compartment, uint64_t time,
				      struct changeset *set);
/** epochs_renew_needed(f, time, set): of both compartments, where somebody lacks a key or holds one he should not. */
MUST_CHECK struct status epochs_renew_needed(struct patientfile *f, uint64_t time, struct changeset *set);
/**
 * epochs_renew_due(f, compartment, time, set):
 * Before something is written under ${compartment}: the compartments that it takes, where somebody holds the newest key
 * who may not read any more, disabled since for instance.  Nothing is taken under such a key (PROMISES#B5).
 */
MUST_CHECK struct status epochs_renew_due(struct patientfile *f, enum compartment compartment, uint64_t time,
					  struct changeset *set);
/**
 * epochs_take(f, draft, time, parts, set):
 * Sign ${draft}, replay it on ${f} as the server will, and add it to ${set}; so what
 * this client refuses itself is never sent.
 */
MUST_CHECK struct status epochs_take(struct patientfile *f, const struct statement *draft, uint64_t time,
				     const struct changeset_parts *parts, struct changeset *set);

#endif /* !CLIENT_EPOCHS_H */
