/* SPDX-License-Identifier: Apache-2.0 */
#include "patientlist.h"

#include "cachefile.h"
#include "demographics.h"
#include "patientpage.h"
#include "reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIST_ARENA CACHEFILE_MAX
#define PAGE_ARENA ((size_t)256 << 20)
#define PLAIN_MAX  ((size_t)LIMIT_PAGE * LIMIT_SEALED_HEADER)

/* The cached text: "1", sequence number (8), then for each file: seq (8), patient (16), owner (16), permissions (4),
 * identity record (16), version (4), statement name (32), sized demographics, sized search text. */
#define CACHE_FORM 1

static struct cachefile list_file(const struct site *s)
{
	return (struct cachefile){
		.os = s->options.os, .home = s->options.home, .keys = s->options.keys, .name = "patients"};
}

static struct status grow(struct patientlist *l)
{
	if (l->count < l->capacity)
		return OK;
	size_t capacity = l->capacity == 0 ? 256 : 2 * l->capacity;
	struct patientlist_item *items = realloc(l->items, capacity * sizeof *items);
	if (items == NULL)
		return FAIL(ST_NO_MEMORY);
	l->items = items;
	l->capacity = capacity;
	return OK;
}

/** Where ${id} is, or would stand. */
static size_t place_of(const struct patientlist *l, const struct patient_id *id)
{
	size_t low = 0, high = l->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (memcmp(l->items[middle].patient.uuid.bytes, id->uuid.bytes, sizeof id->uuid.bytes) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool stands_at(const struct patientlist *l, size_t at, const struct patient_id *id)
{
	return at < l->count && uuid_equal(&l->items[at].patient.uuid, &id->uuid);
}

static void remove_at(struct patientlist *l, size_t at)
{
	memmove(&l->items[at], &l->items[at + 1], (l->count - at - 1) * sizeof *l->items);
	l->count--;
}

/** Take one verified item; its demographics are copied. */
static struct status take(struct patientlist *l, const struct patientlist_item *item)
{
	size_t at = place_of(l, &item->patient);

	if (stands_at(l, at, &item->patient)) {
		const struct patientlist_item *old = &l->items[at];
		bool same = uuid_equal(&old->identity.uuid, &item->identity.uuid);
		if (same && (item->version < old->version ||
			     (item->version == old->version && !hash_equal(&item->statement, &old->statement))))
			return FAIL_AT(ST_CORRUPT, "rollback");
	} else {
		TRY(grow(l));
		memmove(&l->items[at + 1], &l->items[at], (l->count - at) * sizeof *l->items);
		l->count++;
	}
	AUTO(buffer) search = {.max = LIMIT_SEALED_HEADER, .wipe = true};
	if (item->demographics.len > 0)
		TRY(demographics_search_text(item->demographics, &search));
	l->items[at] = *item;
	l->items[at].demographics = l->items[at].search = (struct text){0};
	TRY(arena_text(&l->arena, text_from(buffer_bytes(&search)), &l->items[at].search));
	return arena_text(&l->arena, item->demographics, &l->items[at].demographics);
}

static struct status read_item(struct reader *r, struct patientlist_item *out)
{
	struct bytes json, search;

	TRY(reader_u64(r, &out->seq));
	TRY(reader_copy(r, &out->patient, sizeof out->patient));
	TRY(reader_copy(r, &out->owner, sizeof out->owner));
	TRY(reader_u32(r, &out->permissions));
	TRY(reader_copy(r, &out->identity, sizeof out->identity));
	TRY(reader_u32(r, &out->version));
	TRY(reader_copy(r, &out->statement, sizeof out->statement));
	TRY(reader_sized(r, LIMIT_SEALED_HEADER, &json));
	TRY(reader_sized(r, LIMIT_SEALED_HEADER, &search));
	out->demographics = text_from(json);
	out->search = text_from(search);
	return OK;
}

static struct status put_item(const struct patientlist_item *item, struct buffer *out)
{
	TRY(buffer_put_u64(out, item->seq));
	TRY(buffer_put(out, BYTES_OF(item->patient)));
	TRY(buffer_put(out, BYTES_OF(item->owner)));
	TRY(buffer_put_u32(out, item->permissions));
	TRY(buffer_put(out, BYTES_OF(item->identity)));
	TRY(buffer_put_u32(out, item->version));
	TRY(buffer_put(out, BYTES_OF(item->statement)));
	TRY(buffer_put_sized(out, text_bytes(item->demographics)));
	return buffer_put_sized(out, text_bytes(item->search));
}

static struct status read_cached(struct patientlist *l)
{
	struct reader r = reader_of(buffer_bytes(&l->text));
	uint8_t form;

	TRY(reader_u8(&r, &form));
	TRY(reader_u64(&r, &l->seq));
	if (form != CACHE_FORM)
		return FAIL(ST_INVALID);
	while (reader_left(&r) > 0) {
		TRY(grow(l));
		TRY(read_item(&r, &l->items[l->count]));
		l->count++;
	}
	return OK;
}

/** An unreadable cache counts as none: it is filled again. */
static struct status load(struct patientlist *l)
{
	struct cachefile file = list_file(l->site);
	struct status s = cachefile_load(&file, &l->text);

	if (ok(s))
		s = read_cached(l);
	if (s.code == ST_CORRUPT || s.code == ST_INVALID || s.code == ST_NOT_FOUND) {
		l->count = 0;
		l->seq = 0;
		return OK;
	}
	return s;
}

static struct status save(struct patientlist *l)
{
	AUTO(buffer) text = {.max = CACHEFILE_MAX, .wipe = true};
	struct cachefile file = list_file(l->site);

	TRY(buffer_put_u8(&text, CACHE_FORM));
	TRY(buffer_put_u64(&text, l->seq));
	for (size_t i = 0; i < l->count; i++)
		TRY(put_item(&l->items[i], &text));
	return cachefile_save(&file, buffer_bytes(&text));
}

static struct status take_rows(struct patientlist *l, const struct patientpage_row *rows, size_t count)
{
	AUTO(buffer) plain = {.max = PLAIN_MAX, .wipe = true};
	struct patientlist_item *opened = calloc(count == 0 ? 1 : count, sizeof *opened);

	if (opened == NULL)
		return FAIL(ST_NO_MEMORY);
	struct status s = patientpage_open(l->site, rows, count, &plain, opened);
	for (size_t i = 0; ok(s) && i < count; i++) {
		size_t at = place_of(l, &rows[i].patient);
		if (!rows[i].ended)
			s = take(l, &opened[i]);
		else if (stands_at(l, at, &rows[i].patient))
			remove_at(l, at);
	}
	free(opened);
	return s;
}

static struct status sync_page(struct patientlist *l, bool *more)
{
	AUTO(https_answer) answer = {0};
	AUTO(json_document) document = {0};
	AUTO(arena) arena = {.max = PAGE_ARENA};
	struct patientpage page = {0};
	char path[96];

	(void)snprintf(path, sizeof path, "/v1/patients?since=%llu&limit=%d", (unsigned long long)l->seq, LIMIT_PAGE);
	TRY(site_get(l->site, path, &answer));
	TRY(placed_read(buffer_bytes(&answer.body), &patientpage_table, &arena, &document, &page));
	if (page.next < l->seq || (page.more && page.next == l->seq))
		return FAIL_AT(ST_CORRUPT, "answer");
	TRY(take_rows(l, page.items.items, page.items.count));
	l->changed |= page.next != l->seq;
	l->seq = page.next;
	*more = page.more;
	return OK;
}

static struct status sync(struct patientlist *l, const struct patientlist_progress *progress)
{
	bool more = true;

	while (more) {
		TRY(sync_page(l, &more));
		if (progress != NULL)
			progress->tell(progress->context, l->count);
	}
	return l->changed ? save(l) : OK;
}

struct status patientlist_open(struct site *site, const struct patientlist_progress *progress, struct patientlist *out)
{
	struct patientlist made = {
		.site = site, .text = {.max = CACHEFILE_MAX, .wipe = true}, .arena = {.max = LIST_ARENA}};

	TRY(site_prepare(site));
	struct status s = load(&made);
	if (ok(s))
		s = sync(&made, progress);
	if (!ok(s)) {
		patientlist_clear(&made);
		return s;
	}
	*out = made;
	return OK;
}

void patientlist_clear(struct patientlist *l)
{
	buffer_clear(&l->text);
	arena_clear(&l->arena);
	free(l->items);
	*l = (struct patientlist){0};
}

struct status patientlist_get(const struct patientlist *l, const struct patient_id *id,
			      const struct patientlist_item **out)
{
	size_t at = place_of(l, id);

	if (!stands_at(l, at, id))
		return FAIL_AT(ST_NOT_FOUND, "patient");
	*out = &l->items[at];
	return OK;
}

struct status patientlist_resolve(const struct patientlist *l, struct text text, struct patient_id *out)
{
	const struct patientlist_item *found = NULL;

	if (ok(id_parse(ID_PATIENT, text, &out->uuid)))
		return OK;
	if (text_starts(text, TEXT("pt-")))
		text = (struct text){text.at + 3, text.len - 3};
	if (text.len < 4 || text.len > ID_TEXT_LEN - 3)
		return FAIL_AT(ST_NOT_FOUND, "patient");
	for (size_t i = 0; i < l->count; i++) {
		struct id_text id = id_print(ID_PATIENT, &l->items[i].patient.uuid);
		if (memcmp(id.at + ID_TEXT_LEN - text.len, text.at, text.len) != 0)
			continue;
		if (found != NULL)
			return FAIL_AT(ST_CONFLICT, "patient");
		found = &l->items[i];
	}
	if (found == NULL)
		return FAIL_AT(ST_NOT_FOUND, "patient");
	*out = found->patient;
	return OK;
}

/** Whether ${words}, each with a space before it, all begin words of ${search}. */
static bool holds_all(struct text search, struct text words)
{
	struct text word;

	while (text_split(&words, ' ', &word)) {
		/* The space that separated it stands right before it. */
		if (word.len > 0 && memmem(search.at, search.len, word.at - 1, word.len + 1) == NULL)
			return false;
	}
	return true;
}

struct status patientlist_find(const struct patientlist *l, struct text words, patientlist_visit *visit, void *context)
{
	AUTO(buffer) folded = {.max = 4096, .wipe = true};

	TRY(buffer_put_u8(&folded, ' '));
	TRY(demographics_fold(words, &folded));
	for (size_t i = 0; i < l->count; i++)
		if (l->items[i].search.len > 0 && holds_all(l->items[i].search, text_from(buffer_bytes(&folded))))
			TRY(visit(context, &l->items[i]));
	return OK;
}
