/* SPDX-License-Identifier: Apache-2.0 */
/* controlblock: locks by the control socket, for when the last administrator is locked out (PROMISES#K5). */
#include "blocks.h"
#include "serving.h"

struct status controlblock_list(struct serving *s, struct jsonwriter *w)
{
	AUTO(store_snapshot) snapshot = {0};

	TRY(store_snapshot_new(&s->vessel.store, &snapshot));
	jsonwriter_array(w, "blocks");
	struct status written = blocks_write(snapshot.view, clock_wall(&clock_system), w);
	jsonwriter_end(w);
	return written;
}

struct lifting {
	struct committer_entry entry; /* must be first */
	struct text subject;
};

static struct status apply(struct committer_entry *entry, struct committer_turn *turn)
{
	const struct lifting *l = (const struct lifting *)entry;
	struct blocks_lifted lifted;
	struct hash id;
	uint64_t leaf;

	TRY(blocks_find(turn->txn->view, turn->time, l->subject, &id));
	TRY(blocks_lift(turn->txn, turn->time, &id, &lifted));
	const struct event event = {.kind = LEAF_ADMINISTRATION, .result = LEAF_DONE, .subject = lifted.subject};
	return committer_add(turn, &event, &leaf);
}

struct status controlblock_lift(struct serving *s, struct text subject)
{
	struct lifting l = {.entry = {.apply = apply}, .subject = subject};

	return committer_run(s->vessel.committer, &l.entry);
}
