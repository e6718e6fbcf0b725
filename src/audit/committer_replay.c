/* SPDX-License-Identifier: Apache-2.0 */
/* A crash between the commit of rows and the append of their leaves leaves the
 * events in the outbox; here they are appended, as they were, before anything else. */
#include "committer_internal.h"

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
	for (;;) {
		TRY(import_page(c));
		if (c->outbox_count == 0)
			return OK;
		TRY(log_append(c->options.log, c->draft));
		TRY(remove_page(c));
	}
}
