/* SPDX-License-Identifier: Apache-2.0 */
/**
 * log: the append-only Merkle log of a site (docs/FORMATS.md section 3).
 *
 * `batches` is the truth; offsets, tiles and heads are computed from it and are
 * computed again when they are missing or behind.
 *
 * Invariants
 * 1. What log_append() answered OK for is durable, and stays: a crash at any
 *    point loses no such leaf, and reopening finds it.
 * 2. After any other answer none of it is in the log, with one exception: after a
 *    failed sync the log takes nothing more until it is opened anew, and may then
 *    hold those last leaves, exactly as they were.
 * 3. What is damaged is named (ST_CORRUPT); only what a crash left unfinished, and
 *    nobody was told was done, is cut off.
 *
 * Threads: one owner (the committer) opens, appends, signs and closes.  Where it
 * says "any thread", what was published by the last append is read under a lock
 * that is held for a copy.  Readers have a struct logread each.
 */
#ifndef AUDIT_LOG_H
#define AUDIT_LOG_H

#include "checkpoint.h"
#include "heads.h"
#include "os.h"

struct log;
struct draft;

/** What carries reads and sign-ins when the disk is full. */
#define LOG_RESERVE (UINT64_C(64) << 20)
/**
 * The end of every chain is saved after so many leaves, or half as many as there are
 * chains: what a start reads again at most, twice that when the saved one is damaged.
 */
#define LOG_SNAPSHOT_LEAVES 16384

/**
 * Where keys come from.  Both write a key to ${out}, which lies in guarded memory
 * of the caller.  ST_GONE: the patient's key was destroyed.  Called by the thread
 * that uses the log or the reader they were given to, and by no other.
 */
struct log_keys {
	/* The log's key of a year, made when it is new. */
	struct status (*year_key)(void *context, unsigned year, struct key *out);
	/* PIECE_PATIENT with its id: the patient's; any other: the site's, ${id} is not looked at. */
	struct status (*subject_key)(void *context, enum piece_kind kind, const struct uuid *id, struct key *out);
	void *context;
};

struct log_options {
	const struct os *os;
	int dir; /* the log's directory; stays open as long as the log */
	struct log_keys keys;
	bool create;              /* make a log where there is none */
	uint64_t reserve;         /* LOG_RESERVE */
	uint64_t snapshot_leaves; /* LOG_SNAPSHOT_LEAVES */
	bool background;          /* write, and save chain ends, in threads of their own */
};

enum log_state {
	LOG_WRITABLE,
	LOG_DEGRADED, /* the reserve is being used: reads and sign-ins only */
	LOG_BROKEN,   /* nothing can be appended until the log is opened anew */
};

/**
 * log_open(options, out):
 * Open, cut what a crash left unfinished, compute what is missing.  ST_NOT_FOUND:
 * there is none; ST_CORRUPT, naming what: damaged, or shorter than its checkpoint.
 */
MUST_CHECK struct status log_open(const struct log_options *options, struct log **out);
/** log_close(l): save the chain ends, free.  NULL is fine.  No reader may be left. */
void log_close(struct log *l);

/** Any thread. */
enum log_state log_state(const struct log *l);
/** log_head(l, out): any thread. */
void log_head(struct log *l, struct tree_head *out);
uint64_t log_size(struct log *l);
/** log_chain(l, role, id, out): the end of a chain; any thread. */
void log_chain(struct log *l, enum heads_role role, const struct uuid *id, struct head *out);
/** log_sequence(l): the highest sequence of the store that its batches follow; the owner's. */
uint64_t log_sequence(const struct log *l);
/**
 * log_beyond(l, sequence, out):
 * The owner's.  The first leaf of the first batch that follows a higher sequence of
 * the store; the size of the log when none does.  ST_CORRUPT.
 */
MUST_CHECK struct status log_beyond(struct log *l, uint64_t sequence, uint64_t *out);
/** How many unfinished bytes were cut off when it was opened. */
uint64_t log_cut(const struct log *l);

/**
 * log_append(l, d):
 * Make the leaves of ${d} durable and publish them; ${d} is then empty and begins
 * behind them.  ST_FULL: the reserve is used up too; ST_IO: the log is broken, or
 * was; ${d} is then as before and may be tried again.
 */
MUST_CHECK struct status log_append(struct log *l, struct draft *d);
/**
 * log_append_begin(l, d), log_append_end(l):
 * The two halves of log_append(): the first has ${d} sealed and written, in a
 * thread of its own with options.background; the second waits for that, and
 * publishes.  Between them ${d} only counts as what comes before the next draft:
 * see draft_begin_behind().  What the first refuses needs no second.
 */
MUST_CHECK struct status log_append_begin(struct log *l, struct draft *d);
MUST_CHECK struct status log_append_end(struct log *l);
/** log_append_done(l): what log_append_begin() had written is; the owner's. */
bool log_append_done(const struct log *l);
/**
 * log_tell(l, done, context):
 * The owner's, between appends.  done() is called, by another thread, when log_append_done()
 * may have become true; with NULL nobody is, from when this returns.
 */
void log_tell(struct log *l, void (*done)(void *context), void *context);

/** log_scarce(l): less than a quarter of its reserve is left; the owner's. */
bool log_scarce(struct log *l);

/**
 * log_look_for_room(l):
 * Between appends, when nobody waits: prepare the file for those to come.  A
 * degraded log may find that it has its reserve again.
 */
void log_look_for_room(struct log *l);

/** Who signs: keyd, which keeps what it signed last. */
struct log_signer {
	struct note_key key;
	/* The head signed last; size 0 when none was. */
	struct status (*last)(void *context, struct tree_head *out);
	/* Append a signed checkpoint of ${head}, which ${proof} shows to extend the last one. */
	struct status (*sign)(void *context, const struct tree_head *head, const struct tree_proof *proof,
			      struct buffer *out);
	void *context;
};
/**
 * log_checkpoint(l, signer):
 * Have the tree as it is now signed, check the signature, save it.  Nothing is
 * done when it is signed already.  ST_CORRUPT: the signer signed a log that this
 * one does not extend: a rollback.
 */
MUST_CHECK struct status log_checkpoint(struct log *l, const struct log_signer *signer);
/** log_signed(l, out): append the checkpoint signed last; ST_NOT_FOUND before the first.  Any thread. */
MUST_CHECK struct status log_signed(struct log *l, struct buffer *out);
/** log_signed_head(l, out): the tree of that checkpoint; size 0 before the first.  Any thread. */
void log_signed_head(struct log *l, struct tree_head *out);

#endif /* !AUDIT_LOG_H */
