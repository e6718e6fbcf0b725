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

#include "site.h"

/**
 * proof_check(s, items, count):
 * ST_CORRUPT: "position" when a leaf is another statement's or has another time,
 * "inclusion" when the tree does not hold it, "withheld" when the server gives no
 * opening for it.  Fetches a newer checkpoint when an item is past the known tree.
 */
MUST_CHECK struct status proof_check(struct site *s, const struct placed *items, size_t count);

#endif /* !CLIENT_PROOF_H */
