/* SPDX-License-Identifier: Apache-2.0 */
/** committer_internal: what the files of the committer share.  Internal to this module. */
#ifndef AUDIT_COMMITTER_INTERNAL_H
#define AUDIT_COMMITTER_INTERNAL_H

#include <pthread.h>

#include "committer.h"
#include "draft.h"

/** Entries of one round; their leaves may be fewer, or more than fit. */
#define COMMITTER_ROUND_MAX (BATCH_LEAVES_MAX / 2)

/** Entries in the order in which they came. */
struct committer_list {
	struct committer_entry *first, *last;
};
void committer_list_add(struct committer_list *l, struct committer_entry *entry);
struct committer_entry *committer_list_take(struct committer_list *l);
/** committer_list_join(l, tail): ${tail} behind ${l}; it is then empty. */
void committer_list_join(struct committer_list *l, struct committer_list *tail);

struct committer {
	struct committer_options options;
	pthread_t thread;

	/* The thread's own. */
	struct draft *draft; /* between rounds: leaves of committed changes that could not be appended yet, or none */
	/* Plain leaves that were left, or came, while ${draft} was written, sealed behind it, and whose they are: the
	 * next round's. */
	struct draft *next;
	struct committer_list prepared;
	struct buffer exported; /* scratch */
	/* Outbox rows of the round before, whose leaves are durable once the draft is empty:
	 * removed by the next transaction. */
	uint64_t outbox[BATCH_LEAVES_MAX];
	size_t outbox_count;
	bool full; /* the change that is applied needs more leaves than there is room for */

	pthread_mutex_t lock; /* over all that follows, held for a few instructions */
	pthread_cond_t wake;
	struct committer_list queue;
	struct committer_metrics metrics;
	bool stop;
};

/** committer_take_meanwhile(c, out): what waits, or comes, before the log has written; false: it has. */
bool committer_take_meanwhile(struct committer *c, struct committer_list *out);
/** committer_replay(c): append what a crash left in the outbox; committer_replay.c. */
MUST_CHECK struct status committer_replay(struct committer *c);
/** committer_remove_outbox(c, txn): the rows whose leaves are durable. */
MUST_CHECK struct status committer_remove_outbox(struct committer *c, struct store_txn *txn);
/**
 * committer_round(c, entries, left):
 * Everybody is told but those who are then in ${c}->prepared, and those whose leaves did
 * not fit or who came meanwhile: these are moved to ${left}, in order; committer_round.c.
 */
void committer_round(struct committer *c, struct committer_list *entries, struct committer_list *left);

#endif /* !AUDIT_COMMITTER_INTERNAL_H */
