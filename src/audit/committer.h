/* SPDX-License-Identifier: Apache-2.0 */
/**
 * committer: the one thread that changes anything: it owns the only transaction of
 * the store and the append end of the log (docs/ARCHITECTURE.md).
 *
 * A round takes what waits.  Each change runs in a savepoint of one transaction, so
 * one that is refused does not undo the others; then one commit, one append of their
 * leaves and of plain ones behind them, as many as are worth a write, and everybody
 * whose leaf is there is told.  Plain leaves that are left over, or come while the log
 * writes, are sealed meanwhile and are the next round's.
 *
 * Invariants
 * 1. Nobody is told OK before his leaf, and his change, are durable (PROMISES#K10).
 * 2. A change without a leaf is refused (ST_UNAUDITED).
 * 3. Each change writes its leaves to the outbox in its own transaction; what a crash
 *    left there is appended at the next start before anything else happens.
 * 4. Plain leaves (reads, refusals) never fail because of a change, with one exception:
 *    when the store can no longer say whether a change was committed, nothing is
 *    written any more until the daemon starts anew, for the place in the log that the
 *    change was promised must stay free.
 * 5. Rows that are older than the log, or a log that is older than the rows, stop the
 *    start: what was acknowledged is missing (PROMISES#B2).
 * 6. The index that committer_add() gave is the one the leaf gets: the leaves of a
 *    committed change are appended before any other, after a crash too.
 *
 * Owner of store transactions, of the log's append end and of everything here but the
 * queue: the committer's thread.
 */
#ifndef AUDIT_COMMITTER_H
#define AUDIT_COMMITTER_H

#include "clock.h"
#include "event.h"
#include "log.h"
#include "store.h"

struct committer;

/** A change's way to rows and log, good while its apply() runs. */
struct committer_turn {
	struct committer *committer;
	struct store_txn *txn;
	uint64_t size; /* leaves that anybody can have seen */
	uint64_t time; /* ms since 1970: what the leaves of this change carry */
};
/** committer_add(turn, event, leaf): log ${event} with this change; its time is the turn's; ${leaf} is final. */
MUST_CHECK struct status committer_add(struct committer_turn *turn, const struct event *event, uint64_t *leaf);

/**
 * Entries whose owner wants to hear once when all of his in a round were told, for
 * instance to wake a sleeper once and not for each.  The owner's; it must live until
 * told() has returned for the last of them.
 */
struct committer_group {
	/* On the committer's thread; must only post. */
	void (*told)(struct committer_group *group);
	/* The committer's own. */
	struct committer_group *next;
	bool listed;
};

/** What is still taken on a full disk. */
enum committer_weight {
	COMMITTER_WORK,  /* only while there is room; leaves without a change count as COMMITTER_ENTRY */
	COMMITTER_ENTRY, /* what lets people in to look: from the reserves, but for their last quarter */
	COMMITTER_END,   /* what ends somebody's access: to the last byte, which nothing else can take */
};

/**
 * One thing to commit.  The caller's, and untouched by him from committer_submit()
 * until done() is called.  Exactly one of apply, events, sign is used.
 */
struct committer_entry {
	struct committer_entry *next;
	/* A change; called on the committer's thread.  What committer_add() answers it must hand on
	 * unless it is OK: if its leaves do not fit behind those of others it is undone, and called
	 * again in the next round. */
	struct status (*apply)(struct committer_entry *entry, struct committer_turn *turn);
	/* Leaves without a change; ${leaf} becomes the index of the first. */
	const struct event *events;
	size_t event_count;
	uint64_t leaf;
	/* Have the tree as it is at the end of the round signed. */
	bool sign;
	enum committer_weight weight;
	/* What became of it; called on the committer's thread, and must only post. */
	void (*done)(struct committer_entry *entry, struct status s);
	/* May be NULL. Groups are told before entries without one. */
	struct committer_group *group;
	struct status status; /* the committer's own */
};

struct committer_options {
	struct store *store;
	struct log *log;
	const struct clock *clock;
	const struct log_signer *signer; /* NULL: nothing is signed */
	/* On the committer's thread, before its first and after its last round; may be NULL. */
	struct status (*begin)(void *context);
	void (*end)(void *context);
	void *context;
	size_t waiting_max; /* entries in the queue; past it ST_TOO_MANY */
};

/** Leaves of changes that the rows do not have, and whatever was logged since: first <= leaf < end. */
struct committer_gap {
	uint64_t first, end;
};
/**
 * committer_compare(store, log, out):
 * Before the committer is started, by the log's owner.  ST_CORRUPT: the rows are
 * older than the log, since ${out}: a damaged write-ahead log, or an old copy.
 */
MUST_CHECK struct status committer_compare(const struct store *store, struct log *log, struct committer_gap *out);

/** committer_start(options, out): compare, replay the outbox, then run.  What fails before the first round is the
 * result. */
MUST_CHECK struct status committer_start(const struct committer_options *options, struct committer **out);
/** committer_stop(c): finish what waits, end the thread, free.  NULL is fine. */
void committer_stop(struct committer *c);

/**
 * committer_submit(c, first, last, count):
 * A chain of ${count} entries.  Any thread; never waits.  ST_TOO_MANY: none of them was taken.
 */
MUST_CHECK struct status committer_submit(struct committer *c, struct committer_entry *first,
					  struct committer_entry *last, size_t count);
/** committer_run(c, entry): submit one and wait for it; not on a loop. entry->done is the committer's. */
MUST_CHECK struct status committer_run(struct committer *c, struct committer_entry *entry);

/** What to say of a degraded one. */
#define COMMITTER_DEGRADED \
	"the disk is nearly full: make room; reads and sign-ins go on, nothing else is written until there is room"
/** committer_degraded(c): the reserves of log or rows are being used: essential changes only.  Any thread. */
bool committer_degraded(const struct committer *c);

/** Counters, readable from any thread. */
struct committer_metrics {
	uint64_t rounds, changes, refused, leaves, waiting;
	bool broken; /* invariant 4: nothing is written until the daemon starts anew */
};
struct committer_metrics committer_metrics(struct committer *c);

#endif /* !AUDIT_COMMITTER_H */
