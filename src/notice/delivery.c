/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery.h"

#include "contact.h"

struct status delivery_read(const struct row *row, struct delivery *out)
{
	struct delivery d = {.notice = {row_uuid(row, COLUMN_DELIVERY_NOTICE)},
			     .way = (enum delivery_way)row_number(row, COLUMN_DELIVERY_WAY),
			     .user = {row_uuid(row, COLUMN_DELIVERY_USER)},
			     .due = row_number(row, COLUMN_DELIVERY_DUE)};
	uint64_t done;

	TRY(row_secret_number(row, SECRET_DELIVERY_DONE, &done));
	TRY(row_secret_number(row, SECRET_DELIVERY_TRIES, &d.tries));
	TRY(row_secret_number(row, SECRET_DELIVERY_SINCE, &d.since));
	if (d.way < DELIVERY_MAIL || d.way > DELIVERY_SYSLOG)
		return FAIL_AT(ST_CORRUPT, "delivery");
	d.done = done != 0;
	*out = d;
	return OK;
}

static struct status put(struct store_txn *txn, const struct delivery *d)
{
	struct row_big done, tries, since;
	struct row row = {.table = TABLE_DELIVERY,
			  .plain = {[COLUMN_DELIVERY_NOTICE] = ROW_UUID(&d->notice.uuid),
				    [COLUMN_DELIVERY_WAY] = ROW_NUMBER(d->way),
				    [COLUMN_DELIVERY_USER] = ROW_UUID(&d->user.uuid),
				    [COLUMN_DELIVERY_DUE] = ROW_NUMBER(d->due)},
			  .secret = {[SECRET_DELIVERY_DONE] = row_number_bytes(&done, d->done),
				     [SECRET_DELIVERY_TRIES] = row_number_bytes(&tries, d->tries),
				     [SECRET_DELIVERY_SINCE] = row_number_bytes(&since, d->since)}};

	return store_put(txn, &row);
}

struct status delivery_add(struct store_txn *txn, const struct delivery *d, uint64_t now)
{
	const struct row_value key[] = {ROW_UUID(&d->notice.uuid), ROW_NUMBER(d->way), ROW_UUID(&d->user.uuid)};
	AUTO(row) row = {0};
	struct delivery before;
	struct status got = store_get(txn->view, TABLE_DELIVERY, key, &row);

	if (ok(got)) {
		TRY(delivery_read(&row, &before));
		if (!before.done || before.due > now)
			return OK;
	} else if (got.code != ST_NOT_FOUND) {
		return got;
	}
	const struct delivery fresh = {d->notice, d->way, d->user, now, 0, now, false};
	return put(txn, &fresh);
}

/** Rows come in the order of their time; those that are not due yet are passed over. */
struct due {
	uint64_t now;
	store_visit *visit;
	void *context;
};
static struct status visit_due(void *context, const struct row *row)
{
	const struct due *d = context;

	return row_number(row, COLUMN_DELIVERY_DUE) <= d->now ? d->visit(d->context, row) : OK;
}

struct status delivery_due(struct store_view *view, uint64_t now, store_visit *visit, void *context)
{
	const struct store_range oldest = {.index = INDEX_DELIVERY_DUE, .limit = 64};
	struct due d = {now, visit, context};

	return store_scan(view, TABLE_DELIVERY, &oldest, visit_due, &d);
}

struct status delivery_done(struct store_txn *txn, const struct delivery *d, uint64_t now)
{
	struct delivery after = *d;

	after.done = true;
	after.due = now + DELIVERY_QUIET_MS;
	return put(txn, &after);
}

struct status delivery_failed(struct store_txn *txn, const struct delivery *d, uint64_t now, bool *over)
{
	struct delivery after = *d;
	uint64_t wait = DELIVERY_FIRST_MS;

	for (uint64_t i = 0; i < d->tries && wait < DELIVERY_LONG_MS; i++)
		wait *= 2;
	*over = now >= d->since + DELIVERY_GIVEN_UP_MS;
	if (*over)
		return delivery_end(txn, d);
	after.tries++;
	after.due = now + (wait < DELIVERY_LONG_MS ? wait : DELIVERY_LONG_MS);
	return put(txn, &after);
}

struct status delivery_end(struct store_txn *txn, const struct delivery *d)
{
	const struct row_value key[] = {ROW_UUID(&d->notice.uuid), ROW_NUMBER(d->way), ROW_UUID(&d->user.uuid)};
	struct status s = store_remove(txn, TABLE_DELIVERY, key);

	TRY(contact_warned(txn, &d->user));
	return s.code == ST_NOT_FOUND ? OK : s;
}
