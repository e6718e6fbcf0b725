/* SPDX-License-Identifier: Apache-2.0 */
#include "patientpage.h"

#include "hash.h"

#include <stdlib.h>
#include <string.h>

struct page_wrapped {
	struct text compartment;
	uint32_t number;
	struct bytes wrapped;
};
static const struct jsonfield wrapped_rows[] = {
	{.name = "compartment",
	 .type = JSONFIELD_TEXT,
	 .offset = offsetof(struct page_wrapped, compartment),
	 .required = true,
	 .max = 16},
	{.name = "number", .type = JSONFIELD_U32, .offset = offsetof(struct page_wrapped, number), .required = true},
	{.name = "wrapped",
	 .type = JSONFIELD_BASE64,
	 .offset = offsetof(struct page_wrapped, wrapped),
	 .required = true,
	 .min = WRAPPED_KEY_LEN,
	 .max = WRAPPED_KEY_LEN},
};
static const struct jsonfield_table wrapped_table = JSONFIELD_TABLE(struct page_wrapped, wrapped_rows);

#define ROW(member) .offset = offsetof(struct patientpage_row, member)
static const struct jsonfield row_rows[] = {
	{.name = "seq", .type = JSONFIELD_U64, ROW(seq), .required = true},
	{.name = "patient", .type = JSONFIELD_ID, ROW(patient), .required = true, .id = ID_PATIENT},
	{.name = "owner", .type = JSONFIELD_ID, ROW(owner), .id = ID_USER},
	{.name = "permissions", .type = JSONFIELD_ANY, ROW(permissions), .required = true},
	{.name = "ended", .type = JSONFIELD_BOOL, ROW(ended)},
	{.name = "statements",
	 .type = JSONFIELD_OBJECT,
	 ROW(statements),
	 .required = true,
	 .many = 16,
	 .table = &placed_table},
	{.name = "wrapped",
	 .type = JSONFIELD_OBJECT,
	 ROW(wrapped),
	 .required = true,
	 .many = 16,
	 .table = &wrapped_table},
	{.name = "identity", .type = JSONFIELD_OBJECT, ROW(identity), .table = &recordview_table},
};
static const struct jsonfield_table row_table = JSONFIELD_TABLE(struct patientpage_row, row_rows);
static const struct jsonfield page_rows[] = {
	{.name = "items",
	 .type = JSONFIELD_OBJECT,
	 .offset = offsetof(struct patientpage, items),
	 .required = true,
	 .many = LIMIT_PAGE,
	 .table = &row_table},
	{.name = "next", .type = JSONFIELD_U64, .offset = offsetof(struct patientpage, next), .required = true},
	{.name = "more", .type = JSONFIELD_BOOL, .offset = offsetof(struct patientpage, more), .required = true},
};
const struct jsonfield_table patientpage_table = JSONFIELD_TABLE(struct patientpage, page_rows);

/** What is known of one row on the way to its demographics. */
struct progress {
	struct statement record; /* views into the row */
	size_t wrapped;          /* index of its item in the batch; SIZE_MAX: none */
	bool slow;               /* somebody else's authority matters: prove the whole file */
};

/** The whole page on its way. */
struct opening {
	struct site *site;
	const struct patientpage_row *rows;
	struct progress *steps;
	struct keyholder_wrapped *wrapped;
	struct keyholder_header *headers;
	size_t count, wrapped_count, header_count;
	struct p256_verifier verifier; /* of the author seen last: mostly one owner */
	struct hash verifier_of;
};
static void opening_clear(struct opening *o)
{
	free(o->steps);
	free(o->wrapped);
	free(o->headers);
	p256_verifier_clear(&o->verifier);
}

/** The signature of ${s} under the key that its head names, which must be its author's at that place. */
static struct status check_author(struct opening *o, const struct statement *s, uint64_t leaf)
{
	struct person author;

	if (!ok(directory_state_find(&o->site->directory, &s->head.author, leaf, &author)) ||
	    !hash_equal(&author.key_hash, &s->head.author_key))
		return FAIL_AT(ST_CORRUPT, "author");
	if (!hash_equal(&o->verifier_of, &author.key_hash)) {
		p256_verifier_clear(&o->verifier);
		o->verifier_of = (struct hash){0};
		TRY(p256_verifier_new(&author.sign_key, &o->verifier));
		o->verifier_of = author.key_hash;
	}
	return ok(statement_verify_with(s, &o->verifier)) ? OK : FAIL_AT(ST_CORRUPT, "signature");
}

/** The newest identity epoch among the statements, and that the owner signed file and epoch. */
static struct status check_statements(struct opening *o, const struct patientpage_row *row, struct progress *step,
				      struct statement *epoch, bool *found)
{
	const struct placed *items = row->statements.items;
	struct user_id owner = {0};

	*found = false;
	for (size_t i = 0; i < row->statements.count; i++) {
		struct statement s;
		if (!ok(statement_parse(items[i].statement, &s)))
			return FAIL_AT(ST_CORRUPT, "statement");
		bool file = s.kind == STATEMENT_PATIENT && uuid_equal(&s.patient.patient.uuid, &row->patient.uuid);
		bool keys = s.kind == STATEMENT_EPOCH && uuid_equal(&s.epoch.holder, &row->patient.uuid) &&
			    s.epoch.compartment == COMPARTMENT_IDENTITY;
		if (!file && !keys)
			continue;
		TRY(check_author(o, &s, items[i].leaf));
		if (file)
			owner = s.head.author;
		if (keys) {
			*epoch = s;
			*found = true;
		}
	}
	if (uuid_is_zero(&owner.uuid) || !uuid_equal(&owner.uuid, &row->owner.uuid))
		return FAIL_AT(ST_CORRUPT, "owner");
	step->slow = *found && !uuid_equal(&epoch->head.author.uuid, &owner.uuid);
	return OK;
}

/** Queue the wrapped identity key, if there is one for this person. */
static void queue_key(struct opening *o, const struct patientpage_row *row, const struct statement *epoch,
		      struct progress *step)
{
	const struct keyholder_person *self = &o->site->options.keys->person;
	const struct page_wrapped *held = row->wrapped.items;
	size_t count = statement_recipient_count(epoch->epoch.recipients);
	struct recipient r;
	bool named = false;

	for (size_t i = 0; i < count && !named; i++) {
		statement_recipient(epoch->epoch.recipients, i, &r);
		named = r.kind == RECIPIENT_USER && uuid_equal(&r.id, &self->user.uuid) &&
			hash_equal(&r.key_hash, &self->key_hash);
	}
	if (!named)
		return;
	for (size_t i = 0; i < row->wrapped.count; i++) {
		if (!text_equal(held[i].compartment, TEXT("identity")) || held[i].number != epoch->epoch.number)
			continue;
		struct keyholder_wrapped *item = &o->wrapped[o->wrapped_count];
		*item = (struct keyholder_wrapped){
			.place = {.fingerprint = o->site->directory.fingerprint,
				  .holder_kind = HOLDER_PATIENT,
				  .holder = row->patient.uuid,
				  .compartment = COMPARTMENT_IDENTITY,
				  .number = epoch->epoch.number},
			.claim = {.wrapped_hash = r.wrapped_hash, .commitment = epoch->epoch.commitment},
		};
		memcpy(item->wrapped.bytes, held[i].wrapped.at, WRAPPED_KEY_LEN);
		step->wrapped = o->wrapped_count++;
		return;
	}
}

static struct status check_row(struct opening *o, size_t index)
{
	const struct patientpage_row *row = &o->rows[index];
	struct progress *step = &o->steps[index];
	struct statement epoch;
	struct hash header;
	bool found;

	step->wrapped = SIZE_MAX;
	if (row->ended)
		return OK;
	TRY(check_statements(o, row, step, &epoch, &found));
	if (!found || row->identity.statement.at == NULL)
		return OK;
	struct statement *s = &step->record;
	if (!ok(statement_parse(row->identity.statement, s)) || s->kind != STATEMENT_RECORD ||
	    s->record.kind != RECORD_IDENTITY || s->record.version != row->identity.version ||
	    !uuid_equal(&s->record.patient.uuid, &row->patient.uuid) ||
	    !uuid_equal(&s->record.record.uuid, &row->identity.record.uuid))
		return FAIL_AT(ST_CORRUPT, "identity");
	TRY(check_author(o, s, row->identity.leaf));
	TRY(sha256(row->identity.header, &header));
	if (!hash_equal(&header, &s->record.header_hash))
		return FAIL_AT(ST_CORRUPT, "identity");
	step->slow |=
		!uuid_equal(&s->head.author.uuid, &row->owner.uuid) || s->record.identity_epoch != epoch.epoch.number;
	if (!step->slow)
		queue_key(o, row, &epoch, step);
	return OK;
}

static struct status open_headers(struct opening *o, struct buffer *plain)
{
	if (o->wrapped_count == 0)
		return OK;
	TRY(keyholder_epoch_open(o->site->options.keys, o->wrapped, o->wrapped_count));
	for (size_t i = 0; i < o->count; i++) {
		const struct progress *step = &o->steps[i];
		if (step->wrapped == SIZE_MAX)
			continue;
		const struct keyholder_wrapped *key = &o->wrapped[step->wrapped];
		if (!ok(key->status))
			return FAIL_AT(ST_CORRUPT, "wrapped key");
		struct keyholder_header *item = &o->headers[o->header_count++];
		*item = (struct keyholder_header){
			.record = {.place = {.fingerprint = o->site->directory.fingerprint,
					     .patient = o->rows[i].patient,
					     .record = o->rows[i].identity.record,
					     .version = o->rows[i].identity.version,
					     .compartment = COMPARTMENT_IDENTITY},
				   .author = step->record.head.author,
				   .identity = key->key},
			.in = o->rows[i].identity.header,
		};
		memcpy(item->sealed_key.bytes, o->rows[i].identity.key.at, SEALED_KEY_LEN);
	}
	struct status s = keyholder_header_open(o->site->options.keys, o->headers, o->header_count, plain);
	for (size_t i = 0; i < o->wrapped_count; i++)
		(void)ok(keyholder_epoch_drop(o->site->options.keys, &o->wrapped[i].key, 1));
	return s;
}

/** The whole file is proven, and its identity record opened the long way. */
static struct status open_slowly(struct site *site, const struct patientpage_row *row, struct buffer *plain, size_t *at,
				 size_t *len)
{
	AUTO(patientfile) file = {0};
	AUTO(buffer) one = {.max = LIMIT_SEALED_HEADER, .wipe = true};
	struct recordview view;
	struct text json;

	TRY(patientfile_open(site, &row->patient, &file));
	TRY(recordview_check(&file, &row->identity, 1, &view));
	TRY(recordview_headers(&file, &view, 1, &one, &json));
	*at = plain->len;
	*len = json.len;
	return buffer_put(plain, text_bytes(json));
}

static uint32_t permissions_of(struct json list)
{
	uint32_t all = 0, one;
	struct text word;

	for (size_t i = 0; i < json_count(list); i++)
		if (ok(json_text(json_element(list, i), &word)) && ok(vocabulary_value(VOCABULARY_RIGHT, word, &one)))
			all |= one;
	return all;
}

static struct status finish(struct opening *o, struct buffer *plain, struct patientlist_item *out)
{
	size_t next = 0;

	for (size_t i = 0; i < o->count; i++) {
		const struct patientpage_row *row = &o->rows[i];
		const struct progress *step = &o->steps[i];
		size_t at = 0, len = 0;

		if (step->slow && row->identity.statement.at != NULL) {
			TRY(open_slowly(o->site, row, plain, &at, &len));
		} else if (step->wrapped != SIZE_MAX) {
			if (!ok(o->headers[next].status))
				return FAIL_AT(ST_CORRUPT, "identity");
			at = o->headers[next].at;
			len = o->headers[next++].len;
		}
		out[i] = (struct patientlist_item){
			.seq = row->seq,
			.patient = row->patient,
			.owner = row->owner,
			.permissions = permissions_of(row->permissions),
			/* An offset until the buffer stops moving. */
			.demographics = {(const char *)(uintptr_t)at, len},
		};
		if (row->identity.statement.at == NULL)
			continue;
		out[i].identity = row->identity.record;
		out[i].version = row->identity.version;
		out[i].statement = step->record.name;
	}
	for (size_t i = 0; i < o->count; i++)
		out[i].demographics.at = (const char *)plain->bytes + (uintptr_t)out[i].demographics.at;
	return OK;
}

struct status patientpage_open(struct site *site, const struct patientpage_row *rows, size_t count,
			       struct buffer *plain, struct patientlist_item *out)
{
	AUTO(opening) o = {.site = site, .rows = rows, .count = count};

	if (count == 0)
		return OK;
	o.steps = calloc(count, sizeof *o.steps);
	o.wrapped = calloc(count, sizeof *o.wrapped);
	o.headers = calloc(count, sizeof *o.headers);
	if (o.steps == NULL || o.wrapped == NULL || o.headers == NULL)
		return FAIL(ST_NO_MEMORY);
	for (size_t i = 0; i < count; i++)
		TRY(check_row(&o, i));
	TRY(open_headers(&o, plain));
	return finish(&o, plain, out);
}
