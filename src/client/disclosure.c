/* SPDX-License-Identifier: Apache-2.0 */
#include "disclosure.h"

#include <stdlib.h>
#include <string.h>

/** A statement, or an answer that showed some; of the file where `record` is zero. */
struct disclosure_item {
	struct record_id record;
	uint64_t index;
	bool answer;
	struct hash name;   /* of a statement */
	struct shown shown; /* by an answer; of a statement: up to and with it */
};

void disclosure_clear(struct disclosure *d)
{
	free(d->items);
	*d = (struct disclosure){0};
}

static struct status add(struct disclosure *d, const struct disclosure_item *item)
{
	if (d->count == d->capacity) {
		size_t wanted = d->capacity == 0 ? 64 : d->capacity * 2;
		struct disclosure_item *moved = reallocarray(d->items, wanted, sizeof *moved);
		if (moved == NULL)
			return FAIL(ST_NO_MEMORY);
		d->items = moved;
		d->capacity = wanted;
	}
	d->items[d->count++] = *item;
	return OK;
}

struct status disclosure_take(struct disclosure *d, uint64_t index, const struct entry_read *read)
{
	const struct piece_subject *s = &read->subject;
	struct disclosure_item item = {.record = s->record, .index = index};

	if (!hash_is_zero(&s->statement)) {
		item.name = s->statement;
		return add(d, &item);
	}
	/* A history of nothing was given to somebody who may not read the record, and named none. */
	if (read->leaf.kind != LEAF_LIST || !ok(shown_parse(s->detail, &item.shown)) || item.shown.count == 0)
		return OK;
	item.answer = true;
	return add(d, &item);
}

static int by_record_and_index(const void *a, const void *b)
{
	const struct disclosure_item *x = a, *y = b;
	int order = memcmp(&x->record, &y->record, sizeof x->record);

	return order != 0 ? order : x->index < y->index ? -1 : x->index > y->index;
}

/** The statements of one chain so far; where they stand among the items. */
struct group {
	size_t *at;
	size_t count, capacity;
};

static struct status group_add(struct group *g, struct disclosure_item *items, size_t at)
{
	if (g->count == g->capacity) {
		size_t wanted = g->capacity == 0 ? 64 : g->capacity * 2;
		size_t *moved = reallocarray(g->at, wanted, sizeof *moved);
		if (moved == NULL)
			return FAIL(ST_NO_MEMORY);
		g->at = moved;
		g->capacity = wanted;
	}
	items[at].shown = g->count > 0 ? items[g->at[g->count - 1]].shown : (struct shown){0};
	TRY(shown_add(&items[at].shown, &items[at].name));
	g->at[g->count++] = at;
	return OK;
}

/** All that was there in the log that the answer was taken from. */
static bool complete(const struct group *g, const struct disclosure_item *items, const struct disclosure_item *answer)
{
	uint64_t count = answer->shown.count;

	if (g->at == NULL || count == 0 || count > g->count ||
	    !shown_equal(&items[g->at[count - 1]].shown, &answer->shown))
		return false;
	return count == g->count || items[g->at[count]].index >= answer->shown.size;
}

static struct status check_all(const struct disclosure *d, struct group *g, uint64_t *leaf)
{
	struct disclosure_item *items = d->items;
	bool any = false;

	for (size_t i = 0; i < d->count; i++) {
		if (i > 0 && memcmp(&items[i].record, &items[i - 1].record, sizeof items[i].record) != 0)
			g->count = 0;
		if (!items[i].answer) {
			TRY(group_add(g, items, i));
			continue;
		}
		if (!complete(g, items, &items[i]) && (!any || items[i].index < *leaf)) {
			*leaf = items[i].index;
			any = true;
		}
	}
	return any ? FAIL_AT(ST_CORRUPT, "withheld: somebody was shown less than there was") : OK;
}

struct status disclosure_check(struct disclosure *d, uint64_t *leaf)
{
	struct group g = {0};

	if (d->count > 0)
		qsort(d->items, d->count, sizeof *d->items, by_record_and_index);
	struct status s = check_all(d, &g, leaf);
	free(g.at);
	return s;
}
