/* SPDX-License-Identifier: Apache-2.0 */
/**
 * store: the metadata of one site: sealed rows in an embedded database.  It hides
 * the engine: nothing above this module sees SQL.
 *
 * 1. One process has a data directory open; one thread at a time has the one
 *    transaction; every snapshot belongs to one thread.
 * 2. What store_commit() answered OK for is durable.  What it answered otherwise
 *    for is not there, with one exception: after a failed sync the store writes
 *    nothing more until it is opened anew, and may then hold that last change.
 * 3. No change without its audit event: store_commit() refuses one.
 * 4. A row that was read is exactly one that was written: whatever was changed
 *    behind our back is ST_CORRUPT, naming the table (PROMISES#S2).
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "os.h"
#include "row.h"

struct store_engine;
/** What reads go through: a snapshot, or a transaction that sees its own changes. */
struct store_view;

/** An open store; `{0}` is a valid closed one. */
struct store {
	struct store_engine *engine;
};

/**
 * Bytes of the write-ahead log's file that are allocated ahead, and bytes that must be
 * free besides or the store is degraded: what carries sign-ins when the disk is full.
 */
#define STORE_RESERVE (UINT64_C(16) << 20)

struct store_options {
	const struct os *os;
	int dir;              /* the data directory; must stay open as long as the store */
	struct row_keys keys; /* see row.h; the site and patient keys */
	bool create;          /* make what is missing */
	bool background;      /* run the checkpoint in a thread of its own */
	uint64_t reserve;     /* STORE_RESERVE, or 0: a full disk stops every commit */
};

/**
 * store_open(options, out):
 * Open, and recover what a crash left.  store_clear() it.
 * ST_BUSY: another process has it open.  ST_NOT_FOUND: there is none and it is not
 * to be created.  ST_INVALID: its schema is newer than this program.  ST_CORRUPT:
 * damaged, or sealed under other keys.
 */
MUST_CHECK struct status store_open(const struct store_options *options, struct store *out);
/** store_clear(s): after every snapshot and transaction of it is gone. */
void store_clear(struct store *s);

/** store_checkpoint(s): move the write-ahead log into the database now.  ST_BUSY: a reader or a transaction holds it.
 */
MUST_CHECK struct status store_checkpoint(struct store *s);

/**
 * store_look_for_room(s): between transactions, by the thread that has them: keep the
 * reserve, and know whether the disk is nearly full.
 */
void store_look_for_room(struct store *s);
/** store_degraded(s): the reserve is being used, or will be soon: essential changes only.  Any thread. */
bool store_degraded(const struct store *s);
/** store_scarce(s): less than a quarter of the reserve is left; for the thread that has the transactions. */
bool store_scarce(const struct store *s);

/* ---- Reading ---- */

/** A consistent state of all tables, owned by one thread. */
struct store_snapshot {
	struct store_view *view;
	struct store_engine *engine;
	uint64_t commits;
	bool begun;
};
/** store_snapshot_new(s, out): the state now; store_snapshot_clear() it. */
MUST_CHECK struct status store_snapshot_new(struct store *s, struct store_snapshot *out);
/**
 * store_snapshot_renew(p): move to the state now; nothing happens, and it costs
 * nothing, when nothing was committed since.  After a failure it holds no state:
 * renew it again before reading.
 */
MUST_CHECK struct status store_snapshot_renew(struct store_snapshot *p);
/**
 * store_snapshot_rest(p): hold no state until the next renewal.  For a thread that
 * is about to wait: a state that somebody holds keeps the write-ahead log growing.
 */
void store_snapshot_rest(struct store_snapshot *p);
void store_snapshot_clear(struct store_snapshot *p);

/**
 * store_get(view, table, key, out):
 * The row whose primary key is ${key} (as many values as the table has key
 * columns).  ST_NOT_FOUND; ST_GONE when its key was destroyed; ST_CORRUPT.
 * ${out} may be a row read before; its memory is used again.
 */
MUST_CHECK struct status store_get(struct store_view *view, enum table_id table, const struct row_value *key,
				   struct row *out);
/**
 * store_peek(view, table, key, out):
 * The plain columns of that row, unopened and so unproven: enough to know that there
 * is nothing to open for somebody.  No key is asked for, so a row and none cost the
 * same.  ST_NOT_FOUND.  out->state is ROW_CLOSED; there are no secret columns.
 */
MUST_CHECK struct status store_peek(struct store_view *view, enum table_id table, const struct row_value *key,
				    struct row *out);
/** store_find(view, table, index, values, out): the first row whose index columns equal ${values}. */
MUST_CHECK struct status store_find(struct store_view *view, enum table_id table, uint8_t index,
				    const struct row_value *values, struct row *out);

/**
 * Which rows a scan visits, and in which order: that of the index (or of the
 * primary key, TABLE_NONE), ties in the order of the primary key.
 */
struct store_range {
	uint8_t index;
	uint8_t prefix_count; /* so many leading columns of the order must equal `prefix` */
	uint8_t after_count;  /* begin beyond these values of the columns that follow */
	bool down;            /* from the end; "beyond" is then below */
	bool tolerant;        /* visit damaged and erased rows too: see row->state */
	bool closed;          /* visit rows without opening them (ROW_CLOSED): who reads them gets them by key */
	uint32_t limit;       /* rows visited, at most LIMIT_PAGE; 0 is that */
	struct row_value prefix[TABLE_COLUMNS];
	struct row_value after[TABLE_COLUMNS];
	struct hash memory[TABLE_COLUMNS]; /* store_after()'s: a range that went through it is not copied */
};

/**
 * Called for each row in order; the row lives until it returns.  It may read
 * through the same view (but not scan the same range shape), not change it.
 * A failure ends the scan and is its result.
 */
typedef struct status store_visit(void *context, const struct row *row);

/**
 * store_scan(view, table, range, visit, context):
 * Unless the range is tolerant, rows whose key was destroyed are passed over
 * (they count against the limit) and the first damaged row ends the scan:
 * ST_CORRUPT naming the table.
 */
MUST_CHECK struct status store_scan(struct store_view *view, enum table_id table, const struct store_range *range,
				    store_visit *visit, void *context);
/**
 * store_after(row, range): let the next scan of ${range} go on beyond ${row}; the
 * visitor may call it on the range being scanned.  ${range} keeps copies.
 */
void store_after(const struct row *row, struct store_range *range);
/** store_expect(view, patients, count): rows of these are about to be read: have their keys at hand. */
MUST_CHECK struct status store_expect(struct store_view *view, const struct uuid *patients, size_t count);
/** store_count(view, table, range, out): rows with that prefix, unopened; costs time in proportion. */
MUST_CHECK struct status store_count(struct store_view *view, enum table_id table, const struct store_range *range,
				     uint64_t *out);

/** store_sequence(view, out): the highest number given to a change; see TABLE_COUNTER. */
MUST_CHECK struct status store_sequence(struct store_view *view, uint64_t *out);

/** store_committed(s): the same after the last commit; for the thread that has the transactions. */
uint64_t store_committed(const struct store *s);

/* ---- Changing ---- */

/** One atomic change of any number of rows; `{0}` is a valid ended one. */
struct store_txn {
	struct store_view *view; /* reads that see the changes */
	struct store_engine *engine;
	uint64_t sequence;
	bool changed, audited; /* since the last check */
	struct {
		bool open, changed, audited;
		uint64_t sequence;
	} savepoint;
};

/** store_begin(s, out): ST_BUSY when one is open; ST_IO when an earlier sync failed.  store_txn_clear() it. */
MUST_CHECK struct status store_begin(struct store *s, struct store_txn *out);
/** store_txn_clear(txn): undo everything unless committed. */
void store_txn_clear(struct store_txn *txn);

/**
 * store_put(txn, row): insert, or replace the row with that key.
 * store_insert(txn, row): ST_CONFLICT when there is one.
 * Both give the row its `seq`, if the table has that column, and let ${row} know.
 * ST_INVALID: a value that does not fit its column; ST_CONFLICT: a unique index;
 * ST_GONE: the patient's key was destroyed; ST_FULL.
 */
MUST_CHECK struct status store_put(struct store_txn *txn, struct row *row);
MUST_CHECK struct status store_insert(struct store_txn *txn, struct row *row);
/** store_remove(txn, table, key): ST_NOT_FOUND when there is none. */
MUST_CHECK struct status store_remove(struct store_txn *txn, enum table_id table, const struct row_value *key);

/**
 * store_txn_audit(txn, event, number):
 * Write the audit event of the changes made so far into the outbox, in this
 * transaction.  ${number}, may be NULL: its key there, ever growing.
 */
MUST_CHECK struct status store_txn_audit(struct store_txn *txn, struct bytes event, uint64_t *number);

/**
 * Several changes in one transaction, of which each may fail alone (group
 * commit).  store_savepoint() begins one; store_savepoint_keep() ends it, refusing
 * and undoing one that changed something without an audit event (ST_UNAUDITED);
 * store_savepoint_undo() ends it as if it had not been.  They do not nest.
 */
MUST_CHECK struct status store_savepoint(struct store_txn *txn);
MUST_CHECK struct status store_savepoint_keep(struct store_txn *txn);
MUST_CHECK struct status store_savepoint_undo(struct store_txn *txn);

/**
 * store_commit(txn):
 * Make it durable; ${txn} has ended whatever the result.  ST_UNAUDITED: something
 * changed in a table that is not bookkeeping and no event was written: undone.
 */
MUST_CHECK struct status store_commit(struct store_txn *txn);

#endif /* !STORE_STORE_H */
