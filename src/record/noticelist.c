/* SPDX-License-Identifier: Apache-2.0 */
#include "noticelist.h"

struct notices {
	noticelist_visit *visit;
	void *context;
	uint64_t last;
	uint32_t count;
};

static struct status show(void *context, const struct row *row)
{
	struct notices *n = context;
	const struct noticelist_item item = {
		.id = {row_uuid(row, COLUMN_NOTICE_ID)},
		.seq = row_number(row, COLUMN_NOTICE_SEQ),
		.time = row_number(row, COLUMN_NOTICE_CREATED),
		.kind = text_from(row->secret[SECRET_NOTICE_KIND]),
		.severity = text_from(row->secret[SECRET_NOTICE_SEVERITY]),
		.text = text_from(row->secret[SECRET_NOTICE_TEXT]),
	};

	n->last = item.seq;
	n->count++;
	return n->visit(n->context, &item);
}

struct status noticelist(struct store_view *view, const struct permit_pass *pass, struct listing_page *page,
			 noticelist_visit *visit, void *context)
{
	struct notices n = {.visit = visit, .context = context, .last = page->since};

	TRY(permit_demand(pass, PERMIT_NOTICE_OWN, NULL));
	const struct store_range range = {.index = INDEX_NOTICE_USER,
					  .prefix_count = 1,
					  .prefix = {ROW_UUID(&permit_user(pass)->uuid)},
					  .after_count = 1,
					  .after = {ROW_NUMBER(page->since)},
					  .limit = page->limit};
	TRY(store_scan(view, TABLE_NOTICE, &range, show, &n));
	page->next = n.last;
	page->more = n.count == page->limit;
	return OK;
}
