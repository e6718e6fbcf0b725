/* SPDX-License-Identifier: Apache-2.0 */
#include "patientlist.h"

#include "cachefile.h"
#include "demographics.h"
#include "patientfetch.h"
#include "reader.h"

#include <stdlib.h>
#include <string.h>

#define LIST_ARENA CACHEFILE_MAX
#define PLAIN_MAX  ((size_t)LIMIT_PAGE * LIMIT_SEALED_HEADER)

/* The cached text: "2", sequence number (8), then for each file: seq (8), patient (16), owner (16), permissions (4),
 * ends (8), buried (1), identity record (16), version (4), statement name (32), sized demographics, sized search text.
 */
#define CACHE_FORM 2

static struct cachefile list_file(const struct site *s)
{
	return (struct cachefile){
		.os = s->options.os, .home = s->options.home, .keys = s->options.keys, .name = "patients"};
}

/** Room for ${more} items. */
static struct status grow(struct patientlist *l, size_t more)
{
	size_t capacity = l->capacity == 0 ? 256 : l->capacity;

	if (more <= l->capacity - l->count)
		return OK;
	while (capacity - l->count < more)
		capacity *= 2;
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

/** The item as the list keeps it: texts copied, words to be searched added. */
static struct status keep_item(struct patientlist *l, const struct patientlist_item *item, struct text json,
			       struct patientlist_item *out)
{
	AUTO(buffer) search = {.max = LIMIT_SEALED_HEADER, .wipe = true};

	if (json.len > 0)
		TRY(demographics_search_text(json, &search));
	*out = *item;
	TRY(arena_text(&l->arena, text_from(buffer_bytes(&search)), &out->search));
	return arena_text(&l->arena, json, &out->demographics);
}

/** PROMISES#B2: a version once seen never goes back. */
static struct status check_newer(const struct patientlist_item *old, const struct patientlist_item *item)
{
	bool same = uuid_equal(&old->identity.uuid, &item->identity.uuid);

	if (same && (item->version < old->version ||
		     (item->version == old->version && !hash_equal(&item->statement, &old->statement))))
		return FAIL_AT(ST_CORRUPT, "rollback");
	return OK;
}

/** Items of one page that the list has not got. */
struct fresh {
	struct patientlist_item *items;
	size_t count;
};
static void fresh_clear(struct fresh *f)
{
	free(f->items);
}

/** Take one verified item; a new one waits in ${fresh}. */
static struct status take(struct patientlist *l, const struct patientlist_item *item, struct text json,
			  struct fresh *fresh)
{
	size_t at = place_of(l, &item->patient);

	if (!stands_at(l, at, &item->patient))
		return keep_item(l, item, json, &fresh->items[fresh->count++]);
	TRY(check_newer(&l->items[at], item));
	return keep_item(l, item, json, &l->items[at]);
}

static int by_id(const void *a, const void *b)
{
	const struct patientlist_item *x = a, *y = b;

	return memcmp(x->patient.uuid.bytes, y->patient.uuid.bytes, sizeof x->patient.uuid.bytes);
}

/* One pass from the end, and no further than the first new one: pages mostly bring what was made last. */
struct status patientlist_add(struct patientlist *l, struct patientlist_item *items, size_t count)
{
	size_t old = l->count;

	TRY(grow(l, count));
	if (count > 0)
		qsort(items, count, sizeof *items, by_id);
	for (size_t i = 1; i < count; i++)
		if (by_id(&items[i - 1], &items[i]) == 0)
			return FAIL_AT(ST_CORRUPT, "answer");
	l->count += count;
	for (size_t to = l->count; count > 0; to--)
		if (old > 0 && by_id(&l->items[old - 1], &items[count - 1]) > 0)
			l->items[to - 1] = l->items[--old];
		else
			l->items[to - 1] = items[--count];
	return OK;
}

static struct status read_item(struct reader *r, struct patientlist_item *out)
{
	struct bytes json, search;
	uint8_t buried;

	TRY(reader_u64(r, &out->seq));
	TRY(reader_copy(r, &out->patient, sizeof out->patient));
	TRY(reader_copy(r, &out->owner, sizeof out->owner));
	TRY(reader_u32(r, &out->permissions));
	TRY(reader_u64(r, &out->ends));
	TRY(reader_u8(r, &buried));
	out->buried = buried != 0;
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
	TRY(buffer_put_u64(out, item->ends));
	TRY(buffer_put_u8(out, item->buried ? 1 : 0));
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
		TRY(grow(l, 1));
		TRY(read_item(&r, &l->items[l->count]));
		l->count++;
	}
	return OK;
}

/** Whether something was buried too early, by a clock that has been set right since. */
static bool buried_early(const struct patientlist *l)
{
	const uint64_t now = clock_wall(l->site->options.clock);

	for (size_t i = 0; i < l->count; i++)
		if (l->items[i].buried && now < l->items[i].ends)
			return true;
	return false;
}

/** An unreadable cache counts as none: it is filled again. */
static struct status load(struct patientlist *l)
{
	struct cachefile file = list_file(l->site);
	struct status s = cachefile_load(&file, &l->text);

	if (ok(s))
		s = read_cached(l);
	if (ok(s) && buried_early(l))
		s = FAIL(ST_NOT_FOUND);
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

/** Everything that one page brings. */
struct page_taking {
	struct patientpage_item *opened;
	struct buffer plain;
	struct fresh fresh;
};
static void page_taking_clear(struct page_taking *p)
{
	free(p->opened);
	buffer_clear(&p->plain);
	fresh_clear(&p->fresh);
}

static struct status take_row(struct patientlist *l, struct page_taking *p, const struct patientpage_row *row,
			      const struct patientpage_item *opened)
{
	struct text json = {(const char *)p->plain.bytes + opened->at, opened->len};
	size_t at = place_of(l, &row->patient);

	/* Nothing brings back what has ended. */
	if (stands_at(l, at, &row->patient) && l->items[at].buried)
		return OK;
	if (!row->ended)
		return take(l, &opened->item, json, &p->fresh);
	if (stands_at(l, at, &row->patient))
		remove_at(l, at);
	return OK;
}

/** ${ahead}: the fetch of the next page, which has the connection until it has ended. */
static struct status take_rows(struct patientlist *l, const struct patientpage_row *rows, size_t count,
			       struct patientfetch *ahead)
{
	AUTO(page_taking) p = {.plain = {.max = PLAIN_MAX, .wipe = true}};

	if (count == 0)
		return OK;
	p.opened = calloc(count, sizeof *p.opened);
	p.fresh.items = calloc(count, sizeof *p.fresh.items);
	if (p.opened == NULL || p.fresh.items == NULL)
		return FAIL(ST_NO_MEMORY);
	TRY(patientpage_open(l->site, rows, count, &p.plain, p.opened));
	for (size_t i = 0; i < count; i++) {
		if (!p.opened[i].slow)
			continue;
		(void)ok(patientfetch_end(ahead)); /* its failure is for whoever takes its page */
		TRY(patientpage_prove(l->site, &rows[i], &p.plain, &p.opened[i]));
	}
	for (size_t i = 0; i < count; i++)
		TRY(take_row(l, &p, &rows[i], &p.opened[i]));
	return patientlist_add(l, p.fresh.items, p.fresh.count);
}

/** Pages after which what has come is kept, so that a long first fill goes on where it was stopped. */
#define PAGES_KEPT 25

/** Two fetches in turn: one page is taken while the next one comes. */
struct turns {
	struct patientfetch fetches[2];
	size_t number;
};
static void turns_clear(struct turns *t)
{
	patientfetch_clear(&t->fetches[0]);
	patientfetch_clear(&t->fetches[1]);
}

static struct status sync_page(struct patientlist *l, struct turns *t, bool *more)
{
	struct patientfetch *now = &t->fetches[t->number % 2], *ahead = &t->fetches[(t->number + 1) % 2];

	TRY(patientfetch_end(now));
	*more = now->page.more;
	if (*more)
		TRY(patientfetch_begin(ahead, l->site, now->page.next));
	TRY(take_rows(l, now->page.items.items, now->page.items.count, ahead));
	l->changed |= now->page.next != l->seq;
	l->seq = now->page.next;
	t->number++;
	return OK;
}

/** Of a file whose end has come the cache keeps that it ended, and nothing of whom it was about. */
static void bury(struct patientlist *l)
{
	const uint64_t now = clock_wall(l->site->options.clock);

	for (size_t i = 0; i < l->count; i++) {
		struct patientlist_item *item = &l->items[i];
		if (item->ends == 0 || now < item->ends || item->buried)
			continue;
		*item = (struct patientlist_item){
			.seq = item->seq, .patient = item->patient, .ends = item->ends, .buried = true};
		l->changed = true;
	}
}

/** An open list shows nothing that was buried. */
static void hide_buried(struct patientlist *l)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->count; i++)
		if (!l->items[i].buried)
			l->items[kept++] = l->items[i];
	l->count = kept;
}

static struct status sync(struct patientlist *l, const struct patientlist_progress *progress)
{
	AUTO(turns) t = {.number = 0};
	bool more = true;

	TRY(patientfetch_begin(&t.fetches[0], l->site, l->seq));
	while (more) {
		TRY(sync_page(l, &t, &more));
		if (progress != NULL)
			progress->tell(progress->context, l->count);
		if (more && t.number % PAGES_KEPT == 0)
			TRY(save(l));
	}
	bury(l);
	if (l->changed)
		TRY(save(l));
	hide_buried(l);
	return OK;
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
