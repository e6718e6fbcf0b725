/* SPDX-License-Identifier: Apache-2.0 */
#include "recordview.h"

#include "hash.h"
#include "proof.h"

#include <stdlib.h>
#include <string.h>

#define FIELD(field, kind, member, ...) \
	{ \
		.name = (field), .type = (kind), .offset = offsetof(struct recordview_row, member), __VA_ARGS__ \
	}
static const struct jsonfield rows_of_row[] = {
	FIELD("seq", JSONFIELD_U64, seq, .required = true),
	FIELD("record", JSONFIELD_ID, record, .required = true, .id = ID_RECORD),
	FIELD("version", JSONFIELD_U32, version, .required = true, .min = 1),
	FIELD("statement", JSONFIELD_BASE64, statement, .required = true, .max = LIMIT_STATEMENT_BYTES),
	FIELD("leaf", JSONFIELD_U64, leaf, .required = true),
	FIELD("time", JSONFIELD_U64, time, .required = true),
	FIELD("header", JSONFIELD_BASE64, header, .required = true, .max = LIMIT_SEALED_HEADER),
	FIELD("key", JSONFIELD_BASE64, key, .required = true, .min = SEALED_KEY_LEN, .max = SEALED_KEY_LEN),
	FIELD("size", JSONFIELD_U64, size, .required = true),
	FIELD("end", JSONFIELD_OBJECT, end, .table = &placed_table),
};
const struct jsonfield_table recordview_table = JSONFIELD_TABLE(struct recordview_row, rows_of_row);

#define ITEMS \
	{ \
		.name = "items", .type = JSONFIELD_OBJECT, .offset = offsetof(struct recordview_page, items), \
		.required = true, .many = 65536, .table = &recordview_table \
	}
static const struct jsonfield rows_of_page[] = {
	ITEMS,
	{.name = "next", .type = JSONFIELD_U64, .offset = offsetof(struct recordview_page, next), .required = true},
	{.name = "more", .type = JSONFIELD_BOOL, .offset = offsetof(struct recordview_page, more), .required = true},
};
const struct jsonfield_table recordview_page_table = JSONFIELD_TABLE(struct recordview_page, rows_of_page);
static const struct jsonfield rows_of_history[] = {ITEMS};
const struct jsonfield_table recordview_history_table = JSONFIELD_TABLE(struct recordview_page, rows_of_history);

/**
 * The state that a version says it builds on.  That the chain really has it, and whose
 * version it was, is shown by the history; here it is the author's right to write at
 * this place that counts.
 */
static struct record_state claimed_before(const struct statement *s)
{
	const struct statement_record *r = &s->record;

	if (r->version == 1)
		return (struct record_state){0};
	return (struct record_state){
		.patient = r->patient,
		.record = r->record,
		.head = s->head.previous,
		.version = r->version - 1,
		.kind = r->kind,
		.status = r->status == RECORD_AMENDED || r->status == RECORD_IN_ERROR ? RECORD_FINAL : RECORD_DRAFT,
		.author = s->head.author,
	};
}

static struct status check_end(struct patientfile *f, const struct recordview_row *row, struct record_state *state,
			       struct recordview *out)
{
	struct people people = site_people(f->site);
	struct statement end;

	if (row->end.statement.at == NULL)
		return OK;
	if (!ok(statement_parse(row->end.statement, &end)) || end.kind != STATEMENT_RECORD_END ||
	    !uuid_equal(&end.record_end.record.uuid, &row->record.uuid))
		return FAIL_AT(ST_CORRUPT, "record end");
	/* The end names the last version; with that one it is decided. */
	state->ended = out->ended = true;
	out->end_author = end.head.author;
	out->end_name = end.name;
	out->end_time = row->end.time;
	if (end.record_end.version != row->version)
		return end.record_end.version > row->version ? OK : FAIL_AT(ST_CORRUPT, "record end");
	state->ended = false;
	if (!ok(patient_state_add_record(&f->state, &people, state, &end, placed_place(&row->end))))
		return FAIL_AT(ST_CORRUPT, "record end");
	out->end_proven = true;
	return OK;
}

static struct status check_row(struct patientfile *f, const struct recordview_row *row, struct recordview *out)
{
	struct people people = site_people(f->site);
	struct hash header;

	if (!ok(statement_parse(row->statement, &out->statement)) || out->statement.kind != STATEMENT_RECORD)
		return FAIL_AT(ST_CORRUPT, "record");
	const struct statement_record *r = &out->statement.record;
	struct record_state state = claimed_before(&out->statement);
	if (!uuid_equal(&r->record.uuid, &row->record.uuid) || r->version != row->version || r->size != row->size ||
	    !ok(patient_state_add_record(&f->state, &people, &state, &out->statement,
					 (struct place){.position = row->leaf, .time = row->time})))
		return FAIL_AT(ST_CORRUPT, "record");
	TRY(sha256(row->header, &header));
	if (!hash_equal(&header, &r->header_hash))
		return FAIL_AT(ST_CORRUPT, "record header");
	TRY(check_end(f, row, &state, out));
	out->place = (struct record_place){.fingerprint = f->state.fingerprint,
					   .patient = r->patient,
					   .record = r->record,
					   .version = r->version,
					   .compartment = r->compartment};
	out->header = row->header;
	out->leaf = row->leaf;
	out->time = row->time;
	memcpy(out->key.bytes, row->key.at, SEALED_KEY_LEN);
	struct patientfile_epochs epochs = {r->compartment, r->identity_epoch, r->clinical_epoch};
	struct status s = patientfile_keys(f, &epochs, &out->identity, &out->clinical);
	return s.code == ST_DENIED ? OK : s;
}

/** Statements and ends together, as the proof wants them. */
static struct status check_places(struct patientfile *f, const struct recordview_row *rows, size_t count)
{
	struct placed *items = calloc(2 * count, sizeof *items);
	struct pin pin;
	size_t used = 0;

	if (items == NULL)
		return FAIL(ST_NO_MEMORY);
	for (size_t i = 0; i < count; i++) {
		items[used++] = (struct placed){rows[i].statement, rows[i].leaf, rows[i].time};
		if (rows[i].end.statement.at != NULL)
			items[used++] = rows[i].end;
	}
	struct status s = pins_get(f->site, PIN_PATIENT, &f->id.uuid, &pin);
	if (ok(s))
		s = proof_check(f->site, items, used, &pin);
	free(items);
	return s;
}

struct status recordview_check(struct patientfile *f, const struct recordview_row *rows, size_t count,
			       struct recordview *out)
{
	if (count == 0)
		return OK;
	TRY(check_places(f, rows, count));
	for (size_t i = 0; i < count; i++) {
		out[i] = (struct recordview){0};
		TRY(check_row(f, &rows[i], &out[i]));
	}
	return OK;
}

bool recordview_readable(const struct recordview *v)
{
	return (v->place.compartment == COMPARTMENT_CLINICAL || v->identity.value != 0) &&
	       (v->place.compartment == COMPARTMENT_IDENTITY || v->clinical.value != 0);
}

struct status recordview_headers(struct patientfile *f, const struct recordview *views, size_t count,
				 struct buffer *plain, struct text *out)
{
	struct keyholder_header *items = calloc(count == 0 ? 1 : count, sizeof *items);
	size_t asked = 0;

	if (items == NULL)
		return FAIL(ST_NO_MEMORY);
	for (size_t i = 0; i < count; i++) {
		if (!recordview_readable(&views[i]))
			continue;
		items[asked++] = (struct keyholder_header){
			.record = {views[i].place, views[i].statement.head.author, views[i].identity,
				   views[i].clinical},
			.sealed_key = views[i].key,
			.in = views[i].header,
		};
	}
	struct status s = asked > 0 ? keyholder_header_open(f->site->options.keys, items, asked, plain) : OK;
	for (size_t i = 0, next = 0; ok(s) && i < count; i++) {
		out[i] = (struct text){0};
		if (!recordview_readable(&views[i]))
			continue;
		s = ok(items[next].status) ? OK : FAIL_AT(ST_CORRUPT, "record header");
		if (ok(s))
			out[i] = (struct text){(const char *)plain->bytes + items[next].at, items[next].len};
		next++;
	}
	free(items);
	return s;
}
