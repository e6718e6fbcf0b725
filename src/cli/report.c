/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include <stdlib.h>

#define MEMORY_MAX ((size_t)1 << 30)

void report_clear(struct report *r)
{
	arena_clear(&r->memory);
	free(r->people);
	free(r->entries);
	*r = (struct report){0};
}

static struct status grow(void **items, size_t count, size_t *capacity, size_t size)
{
	if (count < *capacity)
		return OK;
	const size_t wanted = *capacity == 0 ? 64 : *capacity * 2;
	void *moved = reallocarray(*items, wanted, size);
	if (moved == NULL)
		return FAIL(ST_NO_MEMORY);
	*items = moved;
	*capacity = wanted;
	return OK;
}

static struct status keep(struct report *r, struct bytes *view)
{
	return view->len > 0 ? arena_copy(&r->memory, *view, view) : OK;
}

struct status report_add(struct report *r, const struct entry *raw)
{
	struct report_entry e = {.raw = *raw};
	void *entries = r->entries;

	r->memory.max = MEMORY_MAX;
	TRY(grow(&entries, r->entry_count, &r->entry_capacity, sizeof *r->entries));
	r->entries = entries;
	TRY(keep(r, &e.raw.leaf));
	TRY(keep(r, &e.raw.actor.nonce));
	TRY(keep(r, &e.raw.actor.piece));
	TRY(keep(r, &e.raw.subject.nonce));
	TRY(keep(r, &e.raw.subject.piece));
	TRY(entry_check(&e.raw, &e.read));
	if (!e.read.has_actor || !e.read.has_subject)
		return FAIL_AT(ST_CORRUPT, "withheld");
	r->entries[r->entry_count++] = e;
	return OK;
}

struct text report_login(const struct report *r, const struct user_id *id)
{
	for (size_t i = 0; i < r->people_count; i++)
		if (uuid_equal(&r->people[i].id.uuid, &id->uuid))
			return r->people[i].login;
	return (struct text){0};
}

struct status report_add_person(struct report *r, const struct user_id *id, struct text login)
{
	struct report_person p = {.id = *id};
	void *people = r->people;

	r->memory.max = MEMORY_MAX;
	if (uuid_is_zero(&id->uuid) || report_login(r, id).at != NULL)
		return OK;
	TRY(grow(&people, r->people_count, &r->people_capacity, sizeof *r->people));
	r->people = people;
	TRY(arena_text(&r->memory, login, &p.login));
	r->people[r->people_count++] = p;
	return OK;
}

enum report_class report_class(const struct entry_read *e)
{
	if (e->leaf.result != LEAF_DONE)
		return REPORT_REFUSED;
	if (e->leaf.kind == LEAF_READ)
		return REPORT_OPENED;
	return e->leaf.kind == LEAF_LIST ? REPORT_DELIVERED : REPORT_CHANGED;
}

const char *report_class_word(enum report_class c)
{
	static const char *const words[] = {[REPORT_OPENED] = "opened",
					    [REPORT_DELIVERED] = "delivered",
					    [REPORT_CHANGED] = "changed",
					    [REPORT_REFUSED] = "refused"};

	return words[c];
}
