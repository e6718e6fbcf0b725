/* SPDX-License-Identifier: Apache-2.0 */
#include "noticelist.h"

#include "counter.h"

#include <stdlib.h>

/* --- How far he has read --- */

/** Never further than numbers were given, and never back. */
static struct status mark(struct store_txn *txn, const struct user_id *user, uint64_t seq)
{
	uint64_t before, last;

	TRY(counter_get(txn->view, COUNTER_NOTICES_READ, &user->uuid, &before));
	/* A number that is not given yet would hide what comes. */
	TRY(store_sequence(txn->view, &last));
	seq = seq < last ? seq : last;
	if (seq <= before)
		return OK;
	return counter_put(txn, COUNTER_NOTICES_READ, &user->uuid, seq);
}

struct status noticelist_mark(struct store_txn *txn, const struct permit_pass *pass, uint64_t seq)
{
	TRY(permit_demand(pass, PERMIT_NOTICE_OWN, NULL));
	return mark(txn, permit_user(pass), seq);
}

struct status noticelist_begin(struct store_txn *txn, const struct user_id *user)
{
	return mark(txn, user, UINT64_MAX);
}

/* --- Which --- */

struct place {
	uint64_t seq;
	struct notice_id id;
};
/** Both addressees' numbers behind ${since}, before any row is opened. */
struct places {
	struct place at[2 * NOTICE_MAX];
	size_t count;
};
static struct status gather(void *context, const struct row *row)
{
	struct places *p = context;

	if (p->count < COUNT(p->at))
		p->at[p->count++] =
			(struct place){row_number(row, COLUMN_NOTICE_SEQ), {row_uuid(row, COLUMN_NOTICE_ID)}};
	return OK;
}

static int by_number(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static struct status find(struct store_view *view, const struct user_id *user, enum profile profile, uint64_t since,
			  struct places *out)
{
	const struct notice_to both[] = {notice_to_user(user), notice_to_profile(profile)};

	out->count = 0;
	for (size_t i = 0; i < COUNT(both); i++) {
		const struct store_range range = {.index = INDEX_NOTICE_USER,
						  .prefix_count = 1,
						  .prefix = {ROW_UUID(&both[i].id)},
						  .after_count = 1,
						  .after = {ROW_NUMBER(since)},
						  .closed = true};
		TRY(store_scan(view, TABLE_NOTICE, &range, gather, out));
	}
	qsort(out->at, out->count, sizeof out->at[0], by_number);
	return OK;
}

struct status noticelist(struct store_view *view, const struct permit_pass *pass, struct page *page,
			 noticelist_visit *visit, void *context)
{
	struct places places;
	AUTO(row) row = {0};
	uint64_t mark;

	TRY(permit_demand(pass, PERMIT_NOTICE_OWN, NULL));
	TRY(counter_get(view, COUNTER_NOTICES_READ, &permit_user(pass)->uuid, &mark));
	TRY(find(view, permit_user(pass), permit_profile(pass), page->since, &places));
	page->more = places.count > page->limit;
	places.count = page->more ? page->limit : places.count;
	page->next = page->since;
	for (size_t i = 0; i < places.count; i++) {
		const struct row_value key[] = {ROW_UUID(&places.at[i].id.uuid)};
		struct notice n;
		TRY(store_get(view, TABLE_NOTICE, key, &row));
		TRY(notice_read(&row, &n));
		TRY(visit(context, &n, n.seq <= mark));
		page->next = n.seq;
	}
	return OK;
}

struct status noticelist_unread(struct store_view *view, const struct user_id *user, enum profile profile,
				uint64_t *out)
{
	struct places places;
	uint64_t mark;

	TRY(counter_get(view, COUNTER_NOTICES_READ, &user->uuid, &mark));
	TRY(find(view, user, profile, mark, &places));
	*out = places.count;
	return OK;
}
