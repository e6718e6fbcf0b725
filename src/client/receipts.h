/* SPDX-License-Identifier: Apache-2.0 */
/**
 * receipts: what the server showed this person, to be compared with what the log
 * says that it showed him.
 *
 * The leaf of an answer about a patient file or a record names the statements that
 * were in it.  Who is shown less than there is can so prove it, and the owner, who
 * walks the file's chain, sees it (disclosure.h; PROMISES#B2).
 */
#ifndef CLIENT_RECEIPTS_H
#define CLIENT_RECEIPTS_H

#include "https.h"
#include "id.h"
#include "shown.h"

/** One answer; `record` zero: of the patient file. */
struct receipt {
	uint64_t leaf;
	struct patient_id patient;
	struct record_id record;
	struct shown shown; /* as this client saw it; its size: of the tree it knew when it asked */
};
/** `{ 0 }` is a valid empty list. */
struct receipts {
	struct receipt *items;
	size_t count, capacity;
};
void receipts_clear(struct receipts *r);

struct site;
/**
 * receipts_leaf(site, answer, out):
 * To be called before anything else is asked: the leaf that the server names for this
 * answer.  It was asked for after the known tree was signed, so it is not in that tree.
 * ST_CORRUPT ("receipt") without one, or with an older one.
 */
MUST_CHECK struct status receipts_leaf(const struct site *site, const struct https_answer *answer, uint64_t *out);
/** receipts_add(site, receipt): keep it until receipts_settle(). */
MUST_CHECK struct status receipts_add(struct site *site, const struct receipt *receipt);
/**
 * receipts_settle(site):
 * Before anything is written on the strength of what was shown, and at the end of a
 * run: fetch a checkpoint that covers the kept receipts, compare each, and pin the
 * chains at them (pins_save() is the caller's, once a run).  ST_CORRUPT: "receipt" when
 * a leaf says another thing than was shown, or that it was taken from an older log than
 * this client knew, else as proof_open() and pin_compare().  Nothing to do is OK.
 */
MUST_CHECK struct status receipts_settle(struct site *site);

#endif /* !CLIENT_RECEIPTS_H */
