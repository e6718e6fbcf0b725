/* SPDX-License-Identifier: Apache-2.0 */
#include "recordget.h"

#include <stdio.h>
#include <stdlib.h>

#define PAGE       500
#define PAGE_ARENA ((size_t)64 << 20)
#define PATH_LEN   160

/** Which of the records are given to a visitor. */
enum wanted { WANT_PRESENT, WANT_DELETED, WANT_ALL };

/** Give each of a checked page to the visitor, headers opened together. */
static struct status visit_page(struct patientfile *f, const struct recordview *views, size_t count, enum wanted wanted,
				recordget_visit *visit, void *context)
{
	AUTO(buffer) plain = {.max = PAGE_ARENA, .wipe = true};
	struct text *headers = calloc(count == 0 ? 1 : count, sizeof *headers);

	if (headers == NULL)
		return FAIL(ST_NO_MEMORY);
	struct status s = recordview_headers(f, views, count, &plain, headers);
	for (size_t i = 0; ok(s) && i < count; i++)
		if (wanted == WANT_ALL || views[i].ended == (wanted == WANT_DELETED))
			s = visit(context, &(struct recordget_item){views[i], headers[i]});
	free(headers);
	return s;
}

/** In a list the newest version stands for the record, so its end must fit that one. */
static struct status check_ends(const struct recordview *views, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (views[i].ended && !views[i].end_proven)
			return FAIL_AT(ST_CORRUPT, "record end");
	return OK;
}

static struct status check_and_visit(struct patientfile *f, const struct recordview_page *page, enum wanted wanted,
				     recordget_visit *visit, void *context)
{
	struct recordview *views = calloc(page->items.count == 0 ? 1 : page->items.count, sizeof *views);

	if (views == NULL)
		return FAIL(ST_NO_MEMORY);
	struct status s = recordview_check(f, page->items.items, page->items.count, views);
	if (ok(s))
		s = check_ends(views, page->items.count);
	if (ok(s))
		s = visit_page(f, views, page->items.count, wanted, visit, context);
	free(views);
	return s;
}

/** Pages of a list, one after another. */
struct paging {
	enum wanted wanted;
	uint64_t since;
	bool more;
};
static struct status list_page(struct patientfile *f, const char *path, recordget_visit *visit, void *context,
			       struct paging *p)
{
	AUTO(https_answer) answer = {0};
	AUTO(json_document) document = {0};
	AUTO(arena) arena = {.max = PAGE_ARENA};
	struct recordview_page page = {0};

	TRY(site_get(f->site, path, &answer));
	TRY(placed_read(buffer_bytes(&answer.body), &recordview_page_table, &arena, &document, &page));
	if (page.more && page.next <= p->since)
		return FAIL_AT(ST_CORRUPT, "answer");
	TRY(check_and_visit(f, &page, p->wanted, visit, context));
	p->since = page.next;
	p->more = page.more;
	return OK;
}

static struct status list(struct patientfile *f, enum record_kind kind, enum wanted wanted, recordget_visit *visit,
			  void *context)
{
	char path[PATH_LEN], narrowed[32] = "";
	struct paging p = {wanted, 0, true};

	if (kind != 0)
		(void)snprintf(narrowed, sizeof narrowed, "&kind=%.*s",
			       TEXT_ARG(vocabulary_word(VOCABULARY_RECORD_KIND, kind)));
	while (p.more) {
		(void)snprintf(path, sizeof path, "/v1/patients/%s/records?since=%llu&limit=%d%s",
			       id_print(ID_PATIENT, &f->id.uuid).at, (unsigned long long)p.since, PAGE, narrowed);
		TRY(list_page(f, path, visit, context, &p));
	}
	return OK;
}

struct status recordget_list(struct patientfile *f, enum record_kind kind, recordget_visit *visit, void *context)
{
	return list(f, kind, WANT_PRESENT, visit, context);
}

struct status recordget_deleted(struct patientfile *f, enum record_kind kind, recordget_visit *visit, void *context)
{
	return list(f, kind, WANT_DELETED, visit, context);
}

/** The history of one record, its rows in memory that the caller owns. */
struct history {
	struct https_answer answer;
	struct json_document document;
	struct arena arena;
	struct recordview_page page;
	struct recordview *views;
};
static void history_clear(struct history *h)
{
	https_answer_clear(&h->answer);
	json_document_clear(&h->document);
	arena_clear(&h->arena);
	free(h->views);
}

/** That each version builds on the one before, from the first, and that its author was allowed that very step. */
static struct status check_chain(struct patientfile *f, const struct history *h, const struct record_id *record)
{
	struct people people = site_people(f->site);
	struct record_state state = {0};

	for (size_t i = 0; i < h->page.items.count; i++) {
		const struct recordview *v = &h->views[i];
		/* Its signature was verified with the row. */
		const struct place place = {.position = v->leaf, .time = v->time, .verified = true};
		if (!uuid_equal(&v->statement.record.record.uuid, &record->uuid) ||
		    !ok(patient_state_add_record(&f->state, &people, &state, &v->statement, place)))
			return FAIL_AT(ST_CORRUPT, "record chain");
	}
	return h->page.items.count > 0 ? OK : FAIL_AT(ST_NOT_FOUND, "record");
}

/** What the receipt has to say of it: the versions in their order, then the end. */
static struct status shown_of(const struct history *h, struct shown *out)
{
	const struct recordview_row *rows = h->page.items.items;
	size_t count = h->page.items.count;
	struct statement end;

	for (size_t i = 0; i < count; i++)
		TRY(shown_add(out, &h->views[i].statement.name));
	if (count == 0 || rows[count - 1].end.statement.at == NULL)
		return OK;
	if (!ok(statement_parse(rows[count - 1].end.statement, &end)))
		return FAIL_AT(ST_CORRUPT, "record end");
	return shown_add(out, &end.name);
}

/** A record has one end, which the last version proves. */
static struct status check_end(const struct history *h)
{
	const struct recordview *last = &h->views[h->page.items.count - 1];

	for (size_t i = 0; i < h->page.items.count; i++) {
		const struct recordview *v = &h->views[i];
		if (v->ended && (!last->end_proven || !hash_equal(&v->end_name, &last->end_name)))
			return FAIL_AT(ST_CORRUPT, "record end");
	}
	return OK;
}

static struct status history_load(struct patientfile *f, const struct record_id *record, struct history *out)
{
	struct receipt receipt = {.patient = f->id, .record = *record, .shown = {.size = f->site->head.size}};
	char path[PATH_LEN];

	out->arena.max = PAGE_ARENA;
	(void)snprintf(path, sizeof path, "/v1/records/%s", id_print(ID_RECORD, &record->uuid).at);
	TRY(site_get(f->site, path, &out->answer));
	TRY(receipts_leaf(f->site, &out->answer, &receipt.leaf));
	TRY(placed_read(buffer_bytes(&out->answer.body), &recordview_history_table, &out->arena, &out->document,
			&out->page));
	out->views = calloc(out->page.items.count == 0 ? 1 : out->page.items.count, sizeof *out->views);
	if (out->views == NULL)
		return FAIL(ST_NO_MEMORY);
	TRY(recordview_check(f, out->page.items.items, out->page.items.count, out->views));
	TRY(check_chain(f, out, record));
	TRY(check_end(out));
	TRY(shown_of(out, &receipt.shown));
	return receipts_add(f->site, &receipt);
}

struct status recordget_history(struct patientfile *f, const struct record_id *record, recordget_visit *visit,
				void *context)
{
	AUTO(history) h = {0};

	TRY(history_load(f, record, &h));
	return visit_page(f, h.views, h.page.items.count, WANT_ALL, visit, context);
}

struct status recordget_latest(struct patientfile *f, const struct record_id *record, struct statement *out,
			       struct buffer *memory)
{
	AUTO(history) h = {0};

	TRY(history_load(f, record, &h));
	const struct recordview *last = &h.views[h.page.items.count - 1];
	if (last->ended)
		return FAIL_AT(ST_GONE, "record");
	TRY(buffer_put(memory, last->statement.bytes));
	return statement_parse(buffer_bytes(memory), out);
}

/** Sealed bytes as they come from the wire, opened and handed on. */
struct opening {
	const struct keyholder *keys;
	const struct recordget_sink *sink;
	struct buffer sealed, plain;
};

static struct status open_some(struct opening *o, struct bytes piece)
{
	o->plain.len = 0;
	TRY(keyholder_content_open_add(o->keys, (struct sealed){piece}, &o->plain));
	return o->sink->write(o->sink->context, buffer_bytes(&o->plain));
}

static struct status on_piece(void *context, struct bytes piece)
{
	struct opening *o = context;

	/* The wire's pieces are small; the holder is asked for four chunks at a time. */
	TRY(buffer_put(&o->sealed, piece));
	if (o->sealed.len < KEYHOLDER_PIECE)
		return OK;
	struct status s = OK;
	for (size_t at = 0; ok(s) && at < o->sealed.len; at += KEYHOLDER_PIECE) {
		size_t left = o->sealed.len - at;
		s = open_some(o, bytes_of(o->sealed.bytes + at, left < KEYHOLDER_PIECE ? left : KEYHOLDER_PIECE));
	}
	o->sealed.len = 0;
	return s;
}

static struct status fetch(struct patientfile *f, const struct recordview *v, struct opening *o)
{
	AUTO(https_answer) answer = {0};
	const struct https_sink sink = {on_piece, o};
	char path[PATH_LEN];

	(void)snprintf(path, sizeof path, "/v1/records/%s/versions/%u/content",
		       id_print(ID_RECORD, &v->place.record.uuid).at, v->place.version);
	TRY(site_call(f->site, &(struct https_call){.method = "GET", .path = path, .sink = &sink, .max = 65536},
		      &answer));
	if (o->sealed.len > 0)
		TRY(open_some(o, buffer_bytes(&o->sealed)));
	return keyholder_content_open_end(o->keys);
}

struct status recordget_content(struct patientfile *f, const struct record_id *record, uint32_t version,
				const struct recordget_sink *sink)
{
	AUTO(history) h = {0};
	struct opening o = {.keys = f->site->options.keys,
			    .sink = sink,
			    .sealed = {.max = 4 * KEYHOLDER_PIECE},
			    .plain = {.max = 2 * KEYHOLDER_PIECE, .wipe = true}};

	TRY(history_load(f, record, &h));
	if (version > h.page.items.count)
		return FAIL_AT(ST_NOT_FOUND, "version");
	const struct recordview *v = &h.views[(version == 0 ? h.page.items.count : version) - 1];
	if (h.views[h.page.items.count - 1].ended)
		return FAIL_AT(ST_GONE, "record");
	if (!recordview_readable(v))
		return FAIL_AT(ST_DENIED, v->identity.value == 0 ? "identity" : "read");
	if (v->statement.record.kind == RECORD_IDENTITY)
		return OK;
	const struct keyholder_record held = {v->place, v->statement.head.author, v->identity, v->clinical};
	const struct recordcontent_claim claim = {v->statement.record.size, v->statement.record.content_hash};
	TRY(keyholder_content_open_begin(o.keys, &held, &v->key, &claim));
	struct status s = fetch(f, v, &o);
	buffer_clear(&o.sealed);
	buffer_clear(&o.plain);
	return s;
}
