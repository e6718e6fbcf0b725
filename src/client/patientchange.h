/* SPDX-License-Identifier: Apache-2.0 */
/** patientchange: new patient files, corrected demographics, shares, deletions, and how they end. */
#ifndef CLIENT_PATIENTCHANGE_H
#define CLIENT_PATIENTCHANGE_H

#include "changeset.h"
#include "demographics.h"
#include "patientfile.h"

/**
 * patientchange_add(site, demographics, token, set, out):
 * Add to ${set} what makes a patient file: the patient statement, both first epochs,
 * the identity record.  ${out} is the file as it will be, so that records can go into
 * the same set; nothing counts before changeset_send().  ${token} may be NULL.
 */
MUST_CHECK struct status patientchange_add(struct site *site, const struct demographics *demographics,
					   const struct hash *token, struct changeset *set, struct patientfile *out);
/** patientchange_edit(f, identity, demographics, set): a new version of the identity record ${identity}. */
MUST_CHECK struct status patientchange_edit(struct patientfile *f, const struct record_id *identity,
					    const struct demographics *demographics, struct changeset *set);

struct patientchange_share {
	struct user_id user;
	uint32_t permissions; /* 0: end it */
	uint64_t until;       /* ms since 1970; 0: no end */
};
/**
 * patientchange_share(f, share, set):
 * A grant or a revocation, and the new epochs that follow from it (PROMISES#B5).
 * ST_DENIED when this person may not; ST_NOT_FOUND ("share") when there is none to end.
 */
MUST_CHECK struct status patientchange_share(struct patientfile *f, const struct patientchange_share *share,
					     struct changeset *set);

/**
 * patientchange_end(f, set):
 * The deletion of the file, which counts AUTHORITY_END_MS after its leaf.  ST_DENIED unless
 * this person owns it and may delete; ST_CONFLICT ("deletion") when it is to end already.
 */
MUST_CHECK struct status patientchange_end(struct patientfile *f, struct changeset *set);
/** patientchange_keep(f, set): withdraw it; ST_NOT_FOUND ("deletion") when there is none. */
MUST_CHECK struct status patientchange_keep(struct patientfile *f, struct changeset *set);

#endif /* !CLIENT_PATIENTCHANGE_H */
