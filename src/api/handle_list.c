/* SPDX-License-Identifier: Apache-2.0 */
/* handle_list: pages of the directory, of patient files and of records.  A page is one leaf, *delivered*. */
#include "render.h"
#include "route.h"
#include "shown.h"

#include <string.h>

static struct piece_subject about_patient(const struct call *c)
{
	return (struct piece_subject){.kind = PIECE_PATIENT, .id = c->patient.uuid};
}

/**
 * The rows of now, newer than this turn's snapshot, and a size of the log whose every leaf they know: a change is
 * committed before its leaf is appended.
 */
static struct status begin_receipt(struct call *c, struct shown *shown)
{
	shown->size = log_size(c->loop->service->log);
	return store_snapshot_renew(&c->loop->snapshot);
}

/** The leaf says which statements were shown, and the answer which leaf that is (PROMISES#B2). */
static struct status add_receipt(struct call *c, struct text what, const struct shown *shown,
				 struct piece_subject *subject)
{
	AUTO(buffer) detail = {.max = SHOWN_DETAIL_MAX};

	TRY(shown_put(shown, what, &detail));
	TRY(arena_text(&c->arena, text_from(buffer_bytes(&detail)), &subject->detail));
	c->receipt = true;
	return OK;
}

static struct status count_shown(struct shown *shown, struct bytes bytes)
{
	struct statement parsed;

	TRY(statement_parse(bytes, &parsed));
	return shown_add(shown, &parsed.name);
}

/* --- The directory --- */

/** Users come first, then statements: two arrays of one answer. */
struct directory_writing {
	struct jsonwriter *w;
	bool statements;
};
static struct status put_user(void *context, const struct listing_user *user)
{
	struct directory_writing *d = context;

	render_user(d->w, user);
	return d->w->failure;
}
static struct status put_statement(void *context, const struct listing_statement *s)
{
	struct directory_writing *d = context;

	if (!d->statements) {
		jsonwriter_end(d->w);
		jsonwriter_array(d->w, "statements");
		d->statements = true;
	}
	render_statement(d->w, NULL, s);
	return d->w->failure;
}

void handle_directory(struct call *c, struct bytes body)
{
	struct page page = {0};
	struct jsonwriter w = call_writer(c);
	struct directory_writing d = {&w, false};
	struct status s = call_query_page(c, &page);

	(void)body;
	jsonwriter_object(&w, NULL);
	jsonwriter_array(&w, "users");
	if (ok(s))
		s = listing_directory(call_view(c), c->pass, &page,
				      &(struct listing_directory){put_user, put_statement, &d});
	jsonwriter_end(&w);
	if (!d.statements) {
		jsonwriter_array(&w, "statements");
		jsonwriter_end(&w);
	}
	render_page_end(&w, &page);
	call_deliver(c, &w, s, &(struct piece_subject){.kind = PIECE_SITE, .detail = TEXT("directory")});
}

/* --- Patient files --- */

static struct status put_patient(void *context, const struct listing_patient *p)
{
	struct jsonwriter *w = context;

	render_patient(w, p);
	return w->failure;
}

void handle_patients(struct call *c, struct bytes body)
{
	struct page page = {0};
	struct jsonwriter w = call_writer(c);
	struct status s = call_query_page(c, &page);

	(void)body;
	jsonwriter_object(&w, NULL);
	jsonwriter_array(&w, "items");
	if (ok(s))
		s = listing_patients(call_view(c), c->pass, call_now(c), &page, put_patient, &w);
	jsonwriter_end(&w);
	render_page_end(&w, &page);
	call_deliver(c, &w, s, &(struct piece_subject){.kind = PIECE_SITE, .detail = TEXT("patient files")});
}

/** Three arrays in the order in which the listing gives them. */
struct file_writing {
	struct jsonwriter *w;
	unsigned part; /* 0 statements, 1 wrapped, 2 accesses */
	struct shown shown;
};
static void go_to(struct file_writing *f, unsigned part)
{
	static const char *const names[] = {"statements", "wrapped", "accesses"};

	for (; f->part < part; f->part++) {
		jsonwriter_end(f->w);
		jsonwriter_array(f->w, names[f->part + 1]);
	}
}
static struct status put_file_statement(void *context, const struct listing_statement *s)
{
	struct file_writing *f = context;

	render_statement(f->w, NULL, s);
	TRY(count_shown(&f->shown, s->statement));
	return f->w->failure;
}
static struct status put_file_wrapped(void *context, const struct listing_wrapped *wrapped)
{
	struct file_writing *f = context;

	go_to(f, 1);
	render_wrapped(f->w, wrapped);
	return f->w->failure;
}
static struct status put_file_access(void *context, const struct listing_access *access)
{
	struct file_writing *f = context;

	go_to(f, 2);
	render_access(f->w, access);
	return f->w->failure;
}

void handle_patient(struct call *c, struct bytes body)
{
	struct jsonwriter w = call_writer(c);
	struct file_writing f = {.w = &w};
	struct piece_subject subject = about_patient(c);

	(void)body;
	jsonwriter_object(&w, NULL);
	jsonwriter_id(&w, "patient", ID_PATIENT, &c->patient.uuid);
	jsonwriter_array(&w, "statements");
	struct status s = begin_receipt(c, &f.shown);
	if (ok(s))
		s = listing_file(call_view(c), c->pass, call_now(c),
				 &(struct listing_file){put_file_statement, put_file_wrapped, put_file_access, &f});
	go_to(&f, 2);
	jsonwriter_end(&w);
	jsonwriter_end(&w);
	if (ok(s))
		s = add_receipt(c, TEXT("patient file"), &f.shown, &subject);
	call_deliver(c, &w, s, &subject);
}

/* --- Records --- */

static struct status put_record(void *context, const struct listing_record *r)
{
	struct jsonwriter *w = context;

	render_record(w, NULL, r);
	return w->failure;
}

static struct status read_kind(struct call *c, uint32_t *out)
{
	struct text word = form_get(&c->query, TEXT("kind"));

	*out = 0;
	if (word.at == NULL)
		return OK;
	struct status s = vocabulary_value(VOCABULARY_RECORD_KIND, word, out);
	if (!ok(s))
		c->problem.field = TEXT("kind");
	return s;
}

void handle_records(struct call *c, struct bytes body)
{
	struct page page = {0};
	struct listing_which which = {.time = call_now(c)};
	struct jsonwriter w = call_writer(c);
	struct piece_subject subject = about_patient(c);
	struct status s = call_query_page(c, &page);

	(void)body;
	if (ok(s))
		s = read_kind(c, &which.kind);
	jsonwriter_object(&w, NULL);
	jsonwriter_array(&w, "items");
	if (ok(s))
		s = listing_records(call_view(c), c->pass, &which, &page, put_record, &w);
	jsonwriter_end(&w);
	render_page_end(&w, &page);
	subject.detail = TEXT("records");
	call_deliver(c, &w, s, &subject);
}

/** Versions in their order; the end, which each of them carries, comes last. */
struct history_writing {
	struct jsonwriter *w;
	struct shown shown, with_end;
	uint32_t version;
};
static struct status put_version(void *context, const struct listing_record *r)
{
	struct history_writing *h = context;

	render_record(h->w, NULL, r);
	TRY(count_shown(&h->shown, r->statement.statement));
	h->with_end = h->shown;
	if (r->end.statement.at != NULL)
		TRY(count_shown(&h->with_end, r->end.statement));
	h->version = r->version;
	return h->w->failure;
}

void handle_history(struct call *c, struct bytes body)
{
	struct jsonwriter w = call_writer(c);
	struct history_writing h = {.w = &w};
	struct piece_subject subject = about_patient(c);
	struct record_id record = {0};
	struct status s = route_id(c, "record", ID_RECORD, &record.uuid);

	(void)body;
	if (ok(s))
		s = begin_receipt(c, &h.with_end);
	h.shown = h.with_end;
	jsonwriter_object(&w, NULL);
	jsonwriter_array(&w, "items");
	if (ok(s))
		s = listing_history(call_view(c), c->pass, &record, call_now(c), put_version, &h);
	/* A record of which he may read no version is as good as none (PROMISES#K9). */
	if (ok(s) && h.version == 0)
		s = FAIL_AT(ST_NOT_FOUND, "record");
	jsonwriter_end(&w);
	jsonwriter_end(&w);
	if (ok(s))
		s = add_receipt(c, TEXT("history"), &h.with_end, &subject);
	subject.record = record;
	subject.version = h.version;
	call_deliver(c, &w, s, &subject);
}

/* --- Import tokens --- */

struct tokens {
	struct jsonfield_list tokens;
};
static const struct jsonfield token_rows[] = {
	{.name = "tokens",
	 .type = JSONFIELD_HASH,
	 .offset = offsetof(struct tokens, tokens),
	 .required = true,
	 .many = LIMIT_PAGE},
};
static const struct jsonfield_table token_table = JSONFIELD_TABLE(struct tokens, token_rows);

static struct status put_tokens(struct call *c, const struct tokens *asked, struct jsonwriter *w)
{
	const struct hash *items = asked->tokens.items;

	for (size_t i = 0; i < asked->tokens.count; i++) {
		struct patient_id patient;
		struct record_id record;
		const struct listing_sought sought = {items[i], call_now(c)};
		struct status s = listing_token(call_view(c), c->pass, &sought, &patient, &record);
		if (s.code == ST_NOT_FOUND)
			continue;
		TRY(s);
		jsonwriter_object(w, NULL);
		jsonwriter_hash(w, "token", &items[i]);
		jsonwriter_id(w, "patient", ID_PATIENT, &patient.uuid);
		if (!uuid_is_zero(&record.uuid))
			jsonwriter_id(w, "record", ID_RECORD, &record.uuid);
		jsonwriter_end(w);
	}
	return OK;
}

void handle_tokens(struct call *c, struct bytes body)
{
	struct tokens asked = {0};
	struct jsonwriter w = call_writer(c);
	struct status s = call_json(c, body, &token_table, &asked);

	jsonwriter_object(&w, NULL);
	jsonwriter_array(&w, "items");
	if (ok(s))
		s = put_tokens(c, &asked, &w);
	jsonwriter_end(&w);
	jsonwriter_end(&w);
	call_deliver(c, &w, s, &(struct piece_subject){.kind = PIECE_SITE, .detail = TEXT("import tokens")});
}
