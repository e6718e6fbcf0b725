/* SPDX-License-Identifier: Apache-2.0 */
/**
 * proof: that statements stand in the log where and when the server says, in the
 * tree of the pinned checkpoint (PROMISES#B2, PROMISES#B3).
 *
 * For each statement the server gives the leaf, the opened subject piece and the
 * digest of the actor piece; the piece names the statement, the leaf commits to the
 * piece, and the leaf's hash is the tree's.  So neither order nor time of grants,
 * revocations and records can be made up.
 */
#ifndef CLIENT_PROOF_H
#define CLIENT_PROOF_H

#include "entry.h"
#include "pins.h"
#include "site.h"

/** Called for each opened leaf, in the order asked; a failure ends it. */
typedef struct status proof_visit(void *context, size_t i, const struct entry *e, const struct entry_read *read);
/**
 * proof_open(s, leaves, count, visit, context):
 * The subjects of these leaves, each proven to be in the tree.  Fetches a newer
 * checkpoint when one is past the known tree.  ST_CORRUPT as below.
 */
MUST_CHECK struct status proof_open(struct site *s, const uint64_t *leaves, size_t count, proof_visit *visit,
				    void *context);

/**
 * proof_check(s, items, count, pin):
 * ST_CORRUPT: "position" when a leaf is another statement's or has another time,
 * "inclusion" when the tree does not hold it, "withheld" when the server gives no
 * opening for it, or when it has no place beside ${pin}, the newest leaf seen in
 * their chain; NULL when they are of several chains.
 */
MUST_CHECK struct status proof_check(struct site *s, const struct placed *items, size_t count, const struct pin *pin);

#endif /* !CLIENT_PROOF_H */
