/* SPDX-License-Identifier: Apache-2.0 */
/* A crash between the commit of rows and the append of their leaves leaves the
 * events in the outbox; here they are appended, as they were, before anything else. */
#include "committer_internal.h"

/* A change is committed before its leaf is appended, so the rows can be newer than
 * the log, by what the outbox still holds, and never older. */
struct status committer_compare(const struct store *store, struct log *log, struct committer_gap *out)
{
	struct committer_gap gap = {.end = log_size(log)};

	*out = (struct committer_gap){0};
	if (log_sequence(log) <= store_committed(store))
		return OK;
	TRY(log_beyond(log, store_committed(store), &gap.first));
	*out = gap;
	return FAIL_AT(ST_CORRUPT, "the database is older than the log: acknowledged changes are missing; keep this "
				   "directory as it is and restore the newest backup");
}

/* With the outbox empty every change has its leaf.  A log of reads alone says of no change. */
static struct status compare_replayed(const struct committer *c)
{
	struct log *log = c->options.log;
	const uint64_t logged = log_sequence(log), committed = store_committed(c->options.store);

	if (logged == committed || (logged == 0 && log_size(log) > 0))
		return OK;
	return FAIL_AT(ST_CORRUPT, "the log is older than the database: leaves of acknowledged changes are missing; "
				   "keep this directory as it is and restore the newest backup");
}

static struct status import_row(void *context, const struct row *row)
{
	struct committer *c = context;
	bool added;

	TRY(draft_import(c->draft, row->secret[SECRET_OUTBOX_BYTES], &added));
	c->outbox[c->outbox_count++] = row_number(row, COLUMN_OUTBOX_EVENT);
	return OK;
}

/* One page of rows, from the first; as many as a draft holds. */
static struct status import_page(struct committer *c)
{
	const struct store_range range = {.index = TABLE_NONE, .limit = COUNT(c->outbox) / 2};
	AUTO(store_snapshot) snapshot = {0};

	TRY(store_snapshot_new(c->options.store, &snapshot));
	return store_scan(snapshot.view, TABLE_OUTBOX, &range, import_row, c);
}

struct status committer_remove_outbox(struct committer *c, struct store_txn *txn)
{
	for (size_t i = 0; i < c->outbox_count; i++) {
		const struct row_value key = ROW_NUMBER(c->outbox[i]);
		struct status s = store_remove(txn, TABLE_OUTBOX, &key);

		if (!ok(s) && s.code != ST_NOT_FOUND)
			return s;
	}
	return OK;
}

static struct status remove_page(struct committer *c)
{
	AUTO(store_txn) txn = {0};

	TRY(store_begin(c->options.store, &txn));
	TRY(committer_remove_outbox(c, &txn));
	TRY(store_commit(&txn));
	c->outbox_count = 0;
	return OK;
}

struct status committer_replay(struct committer *c)
{
	struct committer_gap gap;

	TRY(committer_compare(c->options.store, c->options.log, &gap));
	for (;;) {
		TRY(import_page(c));
		if (c->outbox_count == 0)
			return compare_replayed(c);
		draft_follow(c->draft, store_committed(c->options.store));
		TRY(log_append(c->options.log, c->draft));
		TRY(remove_page(c));
	}
}
