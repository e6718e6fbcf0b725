/* SPDX-License-Identifier: Apache-2.0 */
#include "listing_statements.h"

#include <stdlib.h>

void listing_statements_clear(struct listing_statements *l)
{
	free(l->list);
	*l = (struct listing_statements){0};
}

static struct status add(void *context, const struct row *row)
{
	struct listing_statements *l = context;

	if (l->count == l->capacity) {
		const size_t wanted = l->capacity == 0 ? 16 : l->capacity * 2;
		struct listing_named *moved = reallocarray(l->list, wanted, sizeof *moved);
		if (moved == NULL)
			return FAIL(ST_NO_MEMORY);
		l->list = moved;
		l->capacity = wanted;
	}
	l->list[l->count++] = (struct listing_named){
		row_number(row, COLUMN_STATEMENT_SEQ),
		row_number(row, COLUMN_STATEMENT_LEAF),
		row_hash(row, COLUMN_STATEMENT_NAME),
	};
	return OK;
}

struct status listing_statements_add(struct listing_statements *l, struct store_view *view, const struct hash *subject,
				     uint64_t since)
{
	struct store_range range = {
		.index = INDEX_STATEMENT_SUBJECT,
		.prefix_count = 1,
		.prefix = {ROW_HASH(subject)},
		.after_count = 1,
		.after = {ROW_NUMBER(since)},
	};

	return record_row_scan(view, TABLE_STATEMENT, &range, add, l);
}

static int by_leaf(const void *a, const void *b)
{
	const struct listing_named *x = a;
	const struct listing_named *y = b;

	return x->leaf < y->leaf ? -1 : x->leaf > y->leaf;
}

void listing_statements_sort(struct listing_statements *l)
{
	size_t kept = 0;

	if (l->count == 0)
		return;
	qsort(l->list, l->count, sizeof *l->list, by_leaf);
	for (size_t i = 1; i < l->count; i++)
		if (l->list[i].leaf != l->list[kept].leaf)
			l->list[++kept] = l->list[i];
	l->count = kept + 1;
}

struct status listing_statements_get(struct store_view *view, const struct hash *name, struct row *row,
				     struct listing_statement *out)
{
	struct record_stored stored;

	if (record_row_statement(view, name, row, &stored).code != ST_OK)
		return FAIL_AT(ST_CORRUPT, "statement");
	*out = (struct listing_statement){stored.bytes, stored.leaf, stored.time};
	return OK;
}

struct status listing_statements_at(struct store_view *view, uint64_t seq, struct row *row,
				    struct listing_statement *out)
{
	struct record_stored stored;

	TRY(record_row_statement_at(view, seq, row, &stored));
	*out = (struct listing_statement){stored.bytes, stored.leaf, stored.time};
	return OK;
}

struct status listing_statements_visit(const struct listing_statements *l, struct store_view *view, size_t count,
				       struct status (*visit)(void *context, const struct listing_statement *s),
				       void *context)
{
	AUTO(row) row = {0};
	struct listing_statement s;

	for (size_t i = 0; i < count; i++) {
		TRY(listing_statements_at(view, l->list[i].seq, &row, &s));
		TRY(visit(context, &s));
	}
	return OK;
}
