/* SPDX-License-Identifier: Apache-2.0 */
/** entry: one opened entry of the log as the server hands it out, and the check of its openings against its leaf. */
#ifndef CLIENT_ENTRY_H
#define CLIENT_ENTRY_H

#include "jsonfield.h"
#include "leaf.h"
#include "piece.h"

struct entry_opening {
	struct bytes nonce, piece;
};
/** As in the answer: an opening, or at least its digest, of either piece. */
struct entry {
	uint64_t index;
	struct bytes leaf;
	struct entry_opening actor, subject;
	struct bytes actor_hash, subject_hash;
};
extern const struct jsonfield_table entry_table;

/** What it says once it was checked. */
struct entry_read {
	struct leaf leaf;
	bool has_actor, has_subject;
	struct piece_actor actor;
	struct piece_subject subject;
};
/** entry_check(e, out): ST_CORRUPT ("entry") unless the leaf commits to exactly what is shown. */
MUST_CHECK struct status entry_check(const struct entry *e, struct entry_read *out);

#endif /* !CLIENT_ENTRY_H */
