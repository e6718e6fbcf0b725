/* SPDX-License-Identifier: Apache-2.0 */
#include "patientpage.h"

#include "crew.h"
#include "hash.h"
#include "wrapped.h"

#include <stdlib.h>
#include <string.h>

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

/* Rows that are given to the holder of the keys together: some are being checked while these are opened. */
#define TOGETHER 256

/** What is known of one row on the way to its demographics. */
struct progress {
	struct statement record, epoch; /* views into the row */
	bool sealed;                    /* both are there: a key may open it */
	bool slow;                      /* somebody else's authority matters: prove the whole file */
	uint64_t ends;                  /* ms: its owner's deletion counts from then on; 0: none */
	bool over;                      /* and that time has come */
	size_t wrapped;                 /* index of its item in the batch; SIZE_MAX: none */
};

/** The author whom a worker saw last: mostly one owner. */
struct author {
	struct p256_verifier verifier;
	struct hash key_hash;
};

/** The whole page on its way. */
struct opening {
	struct site *site;
	const struct patientpage_row *rows;
	size_t count;
	uint64_t now; /* ms, by our clock */
	struct progress *steps;
	struct author authors[CREW_MAX + 1]; /* one a worker */
	struct crew *crew;
	/* Of the rows that are opened together. */
	struct keyholder_wrapped wrapped[TOGETHER];
	struct keyholder_header headers[TOGETHER];
	size_t wrapped_count;
};
static void opening_free(struct opening *o)
{
	crew_clear(o->crew);
	for (size_t i = 0; i < COUNT(o->authors); i++)
		p256_verifier_clear(&o->authors[i].verifier);
	free(o->steps);
	free(o);
}

/* ---- Checking: on any thread ---- */

/** The signature of ${s} under the key that its head names, which must be its author's at that place. */
static struct status check_author(const struct opening *o, struct author *known, const struct statement *s,
				  uint64_t leaf)
{
	struct person author;

	if (!ok(directory_state_find(&o->site->directory, &s->head.author, leaf, &author)) ||
	    !hash_equal(&author.key_hash, &s->head.author_key))
		return FAIL_AT(ST_CORRUPT, "author");
	if (!hash_equal(&known->key_hash, &author.key_hash)) {
		p256_verifier_clear(&known->verifier);
		known->key_hash = (struct hash){0};
		TRY(p256_verifier_new(&author.sign_key, &known->verifier));
		known->key_hash = author.key_hash;
	}
	return ok(statement_verify_with(s, &known->verifier)) ? OK : FAIL_AT(ST_CORRUPT, "signature");
}

/** When a deletion among the statements counts; that its author is the owner is seen with the rest. */
static struct status check_end(const struct placed *item, const struct statement *s, struct progress *step)
{
	if (s->patient_end.delay < AUTHORITY_END_MS || s->patient_end.delay > AUTHORITY_END_MAX_MS ||
	    item->time > UINT64_MAX - s->patient_end.delay)
		return FAIL_AT(ST_CORRUPT, "deletion");
	step->ends = item->time + s->patient_end.delay;
	return OK;
}

/** The newest identity epoch among the statements, and that the owner signed file, epoch and end. */
static struct status check_statements(const struct opening *o, struct author *known, const struct patientpage_row *row,
				      struct progress *step)
{
	const struct placed *items = row->statements.items;
	struct user_id owner = {0};
	struct user_id deleter = {0};

	for (size_t i = 0; i < row->statements.count; i++) {
		struct statement s;
		if (!ok(statement_parse(items[i].statement, &s)))
			return FAIL_AT(ST_CORRUPT, "statement");
		bool file = s.kind == STATEMENT_PATIENT && uuid_equal(&s.patient.patient.uuid, &row->patient.uuid);
		bool keys = s.kind == STATEMENT_EPOCH && uuid_equal(&s.epoch.holder, &row->patient.uuid) &&
			    s.epoch.compartment == COMPARTMENT_IDENTITY;
		bool end =
			s.kind == STATEMENT_PATIENT_END && uuid_equal(&s.patient_end.patient.uuid, &row->patient.uuid);
		if (!file && !keys && !end)
			continue;
		TRY(check_author(o, known, &s, items[i].leaf));
		if (file)
			owner = s.head.author;
		if (end) {
			TRY(check_end(&items[i], &s, step));
			deleter = s.head.author;
		}
		if (keys) {
			step->epoch = s;
			step->sealed = true;
		}
	}
	if (uuid_is_zero(&owner.uuid) || !uuid_equal(&owner.uuid, &row->owner.uuid))
		return FAIL_AT(ST_CORRUPT, "owner");
	if (step->ends != 0 && !uuid_equal(&deleter.uuid, &owner.uuid))
		return FAIL_AT(ST_CORRUPT, "deletion");
	step->slow = step->sealed && !uuid_equal(&step->epoch.head.author.uuid, &owner.uuid);
	return OK;
}

static struct status check_row(void *context, size_t worker, size_t index)
{
	struct opening *o = context;
	const struct patientpage_row *row = &o->rows[index];
	struct progress *step = &o->steps[index];
	struct author *known = &o->authors[worker];
	struct statement *s = &step->record;
	struct hash header;

	if (row->ended)
		return OK;
	TRY(check_statements(o, known, row, step));
	/* What has ended by our clock is not opened, even if the server's is behind. */
	step->over = step->ends != 0 && o->now >= step->ends;
	step->slow = step->slow && !step->over;
	step->sealed = step->sealed && !step->over && row->identity.statement.at != NULL;
	if (!step->sealed)
		return OK;
	if (!ok(statement_parse(row->identity.statement, s)) || s->kind != STATEMENT_RECORD ||
	    s->record.kind != RECORD_IDENTITY || s->record.version != row->identity.version ||
	    !uuid_equal(&s->record.patient.uuid, &row->patient.uuid) ||
	    !uuid_equal(&s->record.record.uuid, &row->identity.record.uuid))
		return FAIL_AT(ST_CORRUPT, "identity");
	TRY(check_author(o, known, s, row->identity.leaf));
	TRY(sha256(row->identity.header, &header));
	if (!hash_equal(&header, &s->record.header_hash))
		return FAIL_AT(ST_CORRUPT, "identity");
	step->slow |= !uuid_equal(&s->head.author.uuid, &row->owner.uuid) ||
		      s->record.identity_epoch != step->epoch.epoch.number;
	return OK;
}

/* ---- Opening: on the thread that has the keys ---- */

/** Queue the wrapped identity key, if there is one for this person. */
static void queue_key(struct opening *o, const struct patientpage_row *row, struct progress *step)
{
	const struct statement_epoch *epoch = &step->epoch.epoch;
	const struct epoch_place place = {.fingerprint = o->site->directory.fingerprint,
					  .holder_kind = HOLDER_PATIENT,
					  .holder = row->patient.uuid,
					  .compartment = COMPARTMENT_IDENTITY,
					  .number = epoch->number};
	struct keyholder_wrapped *item = &o->wrapped[o->wrapped_count];
	struct recipient r;

	if (!step->sealed || step->slow || !wrapped_recipient(epoch->recipients, &o->site->options.keys->person, &r))
		return;
	*item = (struct keyholder_wrapped){
		.claim = {.wrapped_hash = r.wrapped_hash, .commitment = epoch->commitment},
	};
	if (wrapped_find(row->wrapped, &place, item))
		step->wrapped = o->wrapped_count++;
}

static struct keyholder_header header_of(const struct opening *o, size_t index, struct epoch_handle key)
{
	const struct patientpage_row *row = &o->rows[index];
	struct keyholder_header item = {
		.record = {.place = {.fingerprint = o->site->directory.fingerprint,
				     .patient = row->patient,
				     .record = row->identity.record,
				     .version = row->identity.version,
				     .compartment = COMPARTMENT_IDENTITY},
			   .author = o->steps[index].record.head.author,
			   .identity = key},
		.in = row->identity.header,
	};

	memcpy(item.sealed_key.bytes, row->identity.key.at, SEALED_KEY_LEN);
	return item;
}

/** The handles of this batch go, whatever became of it. */
static struct status open_headers(struct opening *o, size_t first, size_t end, struct buffer *plain)
{
	struct keyholder *keys = o->site->options.keys;
	struct epoch_handle handles[TOGETHER];

	for (size_t i = 0; i < o->wrapped_count; i++)
		handles[i] = o->wrapped[i].key;
	for (size_t i = first; i < end; i++)
		if (o->steps[i].wrapped != SIZE_MAX)
			o->headers[o->steps[i].wrapped] = header_of(o, i, handles[o->steps[i].wrapped]);
	struct status s = keyholder_header_open(keys, o->headers, o->wrapped_count, plain);
	struct status dropped = keyholder_epoch_drop(keys, handles, o->wrapped_count);
	return ok(s) ? dropped : s;
}

static struct status open_together(struct opening *o, size_t first, size_t end, struct buffer *plain)
{
	o->wrapped_count = 0;
	for (size_t i = first; i < end; i++) {
		o->steps[i].wrapped = SIZE_MAX;
		queue_key(o, &o->rows[i], &o->steps[i]);
	}
	if (o->wrapped_count == 0)
		return OK;
	TRY(keyholder_epoch_open(o->site->options.keys, o->wrapped, o->wrapped_count));
	TRY(open_headers(o, first, end, plain));
	for (size_t i = 0; i < o->wrapped_count; i++)
		if (!ok(o->wrapped[i].status))
			return FAIL_AT(ST_CORRUPT, "wrapped key");
		else if (!ok(o->headers[i].status))
			return FAIL_AT(ST_CORRUPT, "identity");
	return OK;
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

static struct patientpage_item item_of(const struct opening *o, size_t index)
{
	const struct patientpage_row *row = &o->rows[index];
	const struct progress *step = &o->steps[index];
	struct patientpage_item out = {
		.item = {.seq = row->seq,
			 .patient = row->patient,
			 .owner = row->owner,
			 .permissions = permissions_of(row->permissions),
			 .ends = step->ends},
		.slow = step->slow && row->identity.statement.at != NULL,
	};

	if (step->wrapped != SIZE_MAX) {
		out.at = o->headers[step->wrapped].at;
		out.len = o->headers[step->wrapped].len;
	}
	if (row->identity.statement.at != NULL && !step->over) {
		out.item.identity = row->identity.record;
		out.item.version = row->identity.version;
		out.item.statement = step->record.name;
	}
	return out;
}

static struct status open_all(struct opening *o, struct buffer *plain, struct patientpage_item *out)
{
	TRY(crew_start(&(struct crew_task){check_row, o, o->count}, &o->crew));
	for (size_t first = 0; first < o->count; first += TOGETHER) {
		size_t end = o->count - first < TOGETHER ? o->count : first + TOGETHER;

		TRY(crew_wait(o->crew, end));
		TRY(open_together(o, first, end, plain));
		for (size_t i = first; i < end; i++)
			out[i] = item_of(o, i);
	}
	return OK;
}

struct status patientpage_open(struct site *site, const struct patientpage_row *rows, size_t count,
			       struct buffer *plain, struct patientpage_item *out)
{
	if (count == 0)
		return OK;
	struct opening *o = calloc(1, sizeof *o);
	if (o == NULL)
		return FAIL(ST_NO_MEMORY);
	o->site = site;
	o->rows = rows;
	o->count = count;
	o->now = clock_wall(site->options.clock);
	o->steps = calloc(count, sizeof *o->steps);
	struct status s = o->steps != NULL ? open_all(o, plain, out) : FAIL(ST_NO_MEMORY);
	opening_free(o);
	return s;
}

struct status patientpage_prove(struct site *site, const struct patientpage_row *row, struct buffer *plain,
				struct patientpage_item *item)
{
	AUTO(patientfile) file = {0};
	AUTO(buffer) one = {.max = LIMIT_SEALED_HEADER, .wipe = true};
	struct recordview view;
	struct text json;

	TRY(patientfile_open(site, &row->patient, &file));
	TRY(recordview_check(&file, &row->identity, 1, &view));
	TRY(recordview_headers(&file, &view, 1, &one, &json));
	item->at = plain->len;
	item->len = json.len;
	return buffer_put(plain, text_bytes(json));
}
