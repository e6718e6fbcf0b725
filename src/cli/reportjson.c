/* SPDX-License-Identifier: Apache-2.0 */
/* reportjson: a report for programs: what happened, and beside it what proves it. */
#include "jsonwriter.h"
#include "limits.h"
#include "report.h"

#define FORMAT      "tacenda/v1/log-report"
#define ENTRIES_MAX 1000000
#define PEOPLE_MAX  100000

/* --- Writing --- */

static void put_text(struct jsonwriter *w, const char *name, struct text t)
{
	jsonwriter_text(w, name, t.at != NULL ? t : TEXT(""));
}

static void put_opening(struct jsonwriter *w, const char *name, const struct entry_opening *o)
{
	jsonwriter_object(w, name);
	jsonwriter_base64(w, "nonce", o->nonce);
	jsonwriter_base64(w, "piece", o->piece);
	jsonwriter_end(w);
}

/** What the entry says, for who reads no pieces; read again, it counts for nothing. */
static void put_words(struct jsonwriter *w, const struct report *r, const struct entry_read *e)
{
	const struct piece_subject *s = &e->subject;

	jsonwriter_time(w, "time", e->leaf.time);
	jsonwriter_string(w, "class", report_class_word(report_class(e)));
	jsonwriter_string(w, "action", leaf_kind_name(e->leaf.kind));
	jsonwriter_string(w, "result", leaf_result_name(e->leaf.result));
	if (!uuid_is_zero(&e->actor.user.uuid)) {
		jsonwriter_id(w, "user", ID_USER, &e->actor.user.uuid);
		put_text(w, "login", report_login(r, &e->actor.user));
	}
	if (!uuid_is_zero(&s->record.uuid)) {
		jsonwriter_id(w, "record", ID_RECORD, &s->record.uuid);
		jsonwriter_u64(w, "version", s->version);
	}
	put_text(w, "detail", s->detail);
}

static void put_entry(struct jsonwriter *w, const struct report *r, const struct report_entry *e)
{
	jsonwriter_object(w, NULL);
	put_words(w, r, &e->read);
	jsonwriter_object(w, "entry");
	jsonwriter_u64(w, "index", e->raw.index);
	jsonwriter_base64(w, "leaf", e->raw.leaf);
	put_opening(w, "actor", &e->raw.actor);
	put_opening(w, "subject", &e->raw.subject);
	jsonwriter_end(w);
	jsonwriter_array(w, "proof");
	for (size_t i = 0; i < e->proof_count; i++)
		jsonwriter_hash(w, NULL, &e->proof[i]);
	jsonwriter_end(w);
	jsonwriter_end(w);
}

static void put_head(struct jsonwriter *w, const struct report *r)
{
	jsonwriter_string(w, "format", FORMAT);
	jsonwriter_id(w, "patient", ID_PATIENT, &r->patient.uuid);
	put_text(w, "patient_name", r->patient_name);
	put_text(w, "owner", r->owner);
	put_text(w, "made_by", r->made_by);
	jsonwriter_time(w, "made", r->made);
	put_text(w, "site", r->site);
	put_text(w, "region", r->region);
	put_text(w, "origin", r->origin);
	jsonwriter_hash(w, "fingerprint", &r->fingerprint);
	put_text(w, "log_key", r->log_key);
	jsonwriter_u64(w, "tree_size", r->head.size);
	jsonwriter_hash(w, "root", &r->head.root);
}

struct status report_write_json(const struct report *r, struct buffer *out)
{
	struct jsonwriter w = jsonwriter_of(out);

	jsonwriter_object(&w, NULL);
	put_head(&w, r);
	jsonwriter_array(&w, "people");
	for (size_t i = 0; i < r->people_count; i++) {
		jsonwriter_object(&w, NULL);
		jsonwriter_id(&w, "id", ID_USER, &r->people[i].id.uuid);
		put_text(&w, "login", r->people[i].login);
		jsonwriter_end(&w);
	}
	jsonwriter_end(&w);
	jsonwriter_array(&w, "entries");
	for (size_t i = 0; i < r->entry_count; i++)
		put_entry(&w, r, &r->entries[i]);
	jsonwriter_end(&w);
	jsonwriter_end(&w);
	TRY(jsonwriter_done(&w));
	return buffer_put_u8(out, '\n');
}

/* --- Reading --- */

struct read_person {
	struct user_id id;
	struct text login;
};
struct read_entry {
	struct entry raw;
	struct jsonfield_list proof;
	struct json words;
};
struct read_report {
	struct text format, patient_name, owner, made_by, site, region, origin, log_key;
	struct patient_id patient;
	struct hash fingerprint, root;
	uint64_t made, size;
	struct jsonfield_list people, entries;
};
#define ROW(of, field, kind, member) .name = (field), .type = (kind), .offset = offsetof(struct of, member)

static const struct jsonfield person_rows[] = {
	{ROW(read_person, "id", JSONFIELD_ID, id), .required = true, .id = ID_USER},
	{ROW(read_person, "login", JSONFIELD_TEXT, login), .required = true, .max = 200},
};
static const struct jsonfield_table person_table = JSONFIELD_TABLE(struct read_person, person_rows);

static const struct jsonfield entry_rows[] = {
	{ROW(read_entry, "entry", JSONFIELD_OBJECT, raw), .required = true, .table = &entry_table},
	{ROW(read_entry, "proof", JSONFIELD_HASH, proof), .required = true, .many = 64},
	{ROW(read_entry, "time", JSONFIELD_ANY, words)},
	{ROW(read_entry, "class", JSONFIELD_ANY, words)},
	{ROW(read_entry, "action", JSONFIELD_ANY, words)},
	{ROW(read_entry, "result", JSONFIELD_ANY, words)},
	{ROW(read_entry, "user", JSONFIELD_ANY, words)},
	{ROW(read_entry, "login", JSONFIELD_ANY, words)},
	{ROW(read_entry, "record", JSONFIELD_ANY, words)},
	{ROW(read_entry, "version", JSONFIELD_ANY, words)},
	{ROW(read_entry, "detail", JSONFIELD_ANY, words)},
};
static const struct jsonfield_table entry_of_report = JSONFIELD_TABLE(struct read_entry, entry_rows);

static const struct jsonfield report_rows[] = {
	{ROW(read_report, "format", JSONFIELD_TEXT, format), .required = true, .max = 64},
	{ROW(read_report, "patient", JSONFIELD_ID, patient), .required = true, .id = ID_PATIENT},
	{ROW(read_report, "patient_name", JSONFIELD_TEXT, patient_name), .required = true, .max = 4096},
	{ROW(read_report, "owner", JSONFIELD_TEXT, owner), .required = true, .max = 200},
	{ROW(read_report, "made_by", JSONFIELD_TEXT, made_by), .required = true, .max = 200},
	{ROW(read_report, "made", JSONFIELD_TIME, made), .required = true},
	{ROW(read_report, "site", JSONFIELD_TEXT, site), .required = true, .max = LIMIT_SITE_NAME},
	{ROW(read_report, "region", JSONFIELD_TEXT, region), .required = true, .max = 200},
	{ROW(read_report, "origin", JSONFIELD_TEXT, origin), .required = true, .max = 200},
	{ROW(read_report, "fingerprint", JSONFIELD_HASH, fingerprint), .required = true},
	{ROW(read_report, "log_key", JSONFIELD_TEXT, log_key), .required = true, .max = 1024},
	{ROW(read_report, "tree_size", JSONFIELD_U64, size), .required = true},
	{ROW(read_report, "root", JSONFIELD_HASH, root), .required = true},
	{ROW(read_report, "people", JSONFIELD_OBJECT, people), .required = true, .many = PEOPLE_MAX,
	 .table = &person_table},
	{ROW(read_report, "entries", JSONFIELD_OBJECT, entries), .required = true, .many = ENTRIES_MAX,
	 .table = &entry_of_report},
};
static const struct jsonfield_table report_table = JSONFIELD_TABLE(struct read_report, report_rows);

static struct status take_entries(struct report *r, const struct read_report *from)
{
	const struct read_entry *items = from->entries.items;

	for (size_t i = 0; i < from->entries.count; i++) {
		struct bytes proof = {items[i].proof.items, items[i].proof.count * sizeof(struct hash)};
		TRY(report_add(r, &items[i].raw));
		struct report_entry *e = &r->entries[r->entry_count - 1];
		if (proof.len > 0)
			TRY(arena_copy(&r->memory, proof, &proof));
		e->proof = (const void *)proof.at;
		e->proof_count = items[i].proof.count;
	}
	return OK;
}

static struct status take_texts(struct report *r, const struct read_report *from)
{
	const struct {
		struct text from, *to;
	} texts[] = {{from->patient_name, &r->patient_name},
		     {from->owner, &r->owner},
		     {from->made_by, &r->made_by},
		     {from->site, &r->site},
		     {from->region, &r->region},
		     {from->origin, &r->origin},
		     {from->log_key, &r->log_key}};

	for (size_t i = 0; i < COUNT(texts); i++)
		TRY(arena_text(&r->memory, texts[i].from, texts[i].to));
	return OK;
}

static struct status take(struct report *r, const struct read_report *from)
{
	const struct read_person *people = from->people.items;

	if (!text_equal(from->format, TEXT(FORMAT)))
		return FAIL_AT(ST_CORRUPT, REPORT_JSON);
	r->patient = from->patient;
	r->fingerprint = from->fingerprint;
	r->made = from->made;
	r->head = (struct tree_head){from->size, from->root};
	for (size_t i = 0; i < from->people.count; i++)
		TRY(report_add_person(r, &people[i].id, people[i].login));
	TRY(take_texts(r, from));
	return take_entries(r, from);
}

struct status report_read_json(struct bytes json, struct report *out)
{
	AUTO(json_document) document = {0};
	AUTO(arena) arena = {.max = (size_t)1 << 30};
	AUTO(report) made = {.memory = {.max = (size_t)1 << 30}};
	const struct json_limits limits = {.bytes = REPORT_FILE_MAX, .depth = LIMIT_JSON_DEPTH};
	struct read_report read = {0};
	struct status s = json_parse(json, &limits, &document);

	if (ok(s))
		s = jsonfield_read(json_root(&document), &report_table, &arena, &read, NULL);
	if (ok(s))
		s = take(&made, &read);
	if (!ok(s))
		return s.code == ST_NO_MEMORY ? s : FAIL_AT(ST_CORRUPT, REPORT_JSON);
	*out = made;
	made = (struct report){0};
	return OK;
}
