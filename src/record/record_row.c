/* SPDX-License-Identifier: Apache-2.0 */
#include "record_row.h"

#include <string.h>

#include "limits.h"
#include "reader.h"
#include "vocabulary.h"

/* State of a patient file: its first byte; after PATIENT_ENDS its end: time, ends (8 each), statement, author. */
#define PATIENT_ACTIVE    1
#define PATIENT_ENDS      2
#define PATIENT_ENDS_SIZE (1 + 8 + 8 + 32 + 16)

/* ---- Scans ---- */

struct pages {
	struct store_range *range;
	store_visit *visit;
	void *context;
	size_t rows;
};

static struct status visit_page(void *context, const struct row *row)
{
	struct pages *p = context;

	p->rows++;
	store_after(row, p->range);
	if (row->state == ROW_ERASED)
		return OK;
	if (row->state == ROW_DAMAGED)
		return FAIL_AT(ST_CORRUPT, tables[row->table].name);
	return p->visit(p->context, row);
}

struct status record_row_scan(struct store_view *view, enum table_id table, struct store_range *range,
			      store_visit *visit, void *context)
{
	struct pages p = {.range = range, .visit = visit, .context = context};

	range->tolerant = true;
	range->limit = LIMIT_PAGE;
	do {
		p.rows = 0;
		TRY(store_scan(view, table, range, visit_page, &p));
	} while (p.rows == LIMIT_PAGE);
	return OK;
}

/* ---- Statements ---- */

static struct status keep_first(void *context, const struct row *row)
{
	struct hash *name = context;

	*name = row_hash(row, COLUMN_STATEMENT_NAME);
	return OK;
}

struct status record_row_newest(struct store_view *view, const struct hash *subject, struct row *row,
				struct record_stored *out)
{
	const struct store_range last = {.index = INDEX_STATEMENT_SUBJECT,
					 .prefix_count = 1,
					 .prefix = {ROW_HASH(subject)},
					 .down = true,
					 .limit = 1};
	struct hash name = {{0}};

	TRY(store_scan(view, TABLE_STATEMENT, &last, keep_first, &name));
	if (hash_is_zero(&name))
		return FAIL_AT(ST_NOT_FOUND, "statement");
	return record_row_statement(view, &name, row, out);
}

static struct status read_stored(const struct row *row, struct record_stored *out)
{
	out->bytes = row->secret[SECRET_STATEMENT_BYTES];
	out->leaf = row_number(row, COLUMN_STATEMENT_LEAF);
	out->seq = row_number(row, COLUMN_STATEMENT_SEQ);
	return row_secret_number(row, SECRET_STATEMENT_TIME, &out->time);
}

struct status record_row_statement(struct store_view *view, const struct hash *name, struct row *row,
				   struct record_stored *out)
{
	const struct row_value key[] = {ROW_HASH(name)};

	TRY(store_find(view, TABLE_STATEMENT, INDEX_STATEMENT_NAME, key, row));
	return read_stored(row, out);
}

struct status record_row_statement_at(struct store_view *view, uint64_t seq, struct row *row, struct record_stored *out)
{
	const struct row_value key[] = {ROW_NUMBER(seq)};

	if (!ok(store_get(view, TABLE_STATEMENT, key, row)))
		return FAIL_AT(ST_CORRUPT, "statement");
	return read_stored(row, out);
}

/* ---- Patient files ---- */

static struct status read_places(const struct row *row, struct record_patient *out)
{
	struct reader r = reader_of(row->secret[SECRET_PATIENT_PLACES]);
	uint64_t version;

	TRY(reader_u64(&r, &out->first));
	TRY(reader_u64(&r, &out->identity_epoch));
	TRY(reader_u64(&r, &out->clinical_epoch));
	TRY(reader_u64(&r, &out->identity_seq));
	TRY(reader_u64(&r, &version));
	out->identity_version = (uint32_t)version;
	return version > UINT32_MAX ? FAIL(ST_INVALID) : reader_done(&r);
}

struct places {
	uint8_t bytes[40];
};

static struct bytes put_places(const struct record_patient *p, struct places *out)
{
	const uint64_t numbers[] = {p->first, p->identity_epoch, p->clinical_epoch, p->identity_seq,
				    p->identity_version};

	for (size_t i = 0; i < COUNT(numbers); i++) {
		struct row_big big;
		memcpy(out->bytes + 8 * i, row_number_bytes(&big, numbers[i]).at, sizeof big.bytes);
	}
	return bytes_of(out->bytes, sizeof out->bytes);
}

static struct status read_end(struct bytes state, struct authority_end *out)
{
	struct reader r = reader_of(state);
	struct authority_end end = {.exists = true};
	uint8_t word;

	if (state.len == 1 && state.at[0] == PATIENT_ACTIVE)
		return OK;
	if (state.len != PATIENT_ENDS_SIZE || state.at[0] != PATIENT_ENDS)
		return FAIL_AT(ST_CORRUPT, "state");
	TRY(reader_u8(&r, &word));
	TRY(reader_u64(&r, &end.time));
	TRY(reader_u64(&r, &end.ends));
	TRY(reader_copy(&r, end.name.bytes, sizeof end.name.bytes));
	TRY(reader_copy(&r, end.by.uuid.bytes, sizeof end.by.uuid.bytes));
	*out = end;
	return OK;
}

static struct status put_end(const struct authority_end *end, struct buffer *out)
{
	if (!end->exists)
		return buffer_put_u8(out, PATIENT_ACTIVE);
	TRY(buffer_put_u8(out, PATIENT_ENDS));
	TRY(buffer_put_u64(out, end->time));
	TRY(buffer_put_u64(out, end->ends));
	TRY(buffer_put(out, hash_bytes(&end->name)));
	return buffer_put(out, uuid_bytes(&end->by.uuid));
}

struct status record_row_read_patient(const struct row *row, struct record_patient *out)
{
	struct record_patient p = {.seq = row_number(row, COLUMN_PATIENT_SEQ)};

	p.id.uuid = row_uuid(row, COLUMN_PATIENT_ID);
	p.owner.uuid = row_uuid(row, COLUMN_PATIENT_OWNER);
	p.token = row_hash(row, COLUMN_PATIENT_TOKEN);
	TRY(row_secret_copy(row, SECRET_PATIENT_HEAD, p.head.bytes, sizeof p.head.bytes));
	if (row->secret[SECRET_PATIENT_IDENTITY].len != 0)
		TRY(row_secret_copy(row, SECRET_PATIENT_IDENTITY, p.identity.uuid.bytes, 16));
	if (!ok(read_places(row, &p)))
		return FAIL_AT(ST_CORRUPT, "patient");
	TRY(read_end(row->secret[SECRET_PATIENT_STATE], &p.end));
	*out = p;
	return OK;
}

struct status record_row_patient(struct store_view *view, const struct patient_id *id, struct record_patient *out)
{
	const struct row_value key[] = {ROW_UUID(&id->uuid)};
	AUTO(row) row = {0};
	const struct status got = store_get(view, TABLE_PATIENT, key, &row);

	if (got.code == ST_NOT_FOUND || got.code == ST_GONE)
		return FAIL_AT(ST_NOT_FOUND, "patient");
	TRY(got);
	return record_row_read_patient(&row, out);
}

static struct bytes optional_hash(const struct hash *h)
{
	return hash_is_zero(h) ? bytes_of(h->bytes, 0) : hash_bytes(h);
}

struct status record_row_put_patient(struct store_txn *txn, const struct record_patient *p)
{
	AUTO(buffer) state = {.max = PATIENT_ENDS_SIZE};
	struct places places;

	TRY(put_end(&p->end, &state));
	struct row row = {
		.table = TABLE_PATIENT,
		.plain = {[COLUMN_PATIENT_ID] = ROW_UUID(&p->id.uuid),
			  [COLUMN_PATIENT_OWNER] = ROW_UUID(&p->owner.uuid),
			  [COLUMN_PATIENT_TOKEN] = ROW_BYTES(optional_hash(&p->token))},
		.secret = {[SECRET_PATIENT_HEAD] = hash_bytes(&p->head),
			   [SECRET_PATIENT_STATE] = buffer_bytes(&state),
			   [SECRET_PATIENT_PLACES] = put_places(p, &places)},
	};

	if (!uuid_is_zero(&p->identity.uuid))
		row.secret[SECRET_PATIENT_IDENTITY] = uuid_bytes(&p->identity.uuid);
	return store_put(txn, &row);
}

/* ---- Grants ---- */

struct status record_row_read_access(const struct row *row, struct record_access *out)
{
	struct record_access a = {.seq = row_number(row, COLUMN_ACCESS_SEQ)};
	uint64_t permissions;

	a.patient.uuid = row_uuid(row, COLUMN_ACCESS_PATIENT);
	a.kind = (enum recipient_kind)row_number(row, COLUMN_ACCESS_RECIPIENT_KIND);
	a.recipient = row_uuid(row, COLUMN_ACCESS_RECIPIENT);
	TRY(row_secret_number(row, SECRET_ACCESS_PERMISSIONS, &permissions));
	TRY(row_secret_number(row, SECRET_ACCESS_UNTIL, &a.grant.until));
	TRY(row_secret_copy(row, SECRET_ACCESS_STATEMENT, a.statement.bytes, sizeof a.statement.bytes));
	TRY(row_secret_copy(row, SECRET_ACCESS_BY, a.grant.by.uuid.bytes, 16));
	if (permissions > RIGHTS_ALL || !vocabulary_knows(VOCABULARY_RECIPIENT_KIND, a.kind))
		return FAIL_AT(ST_CORRUPT, "access");
	a.grant.permissions = (uint32_t)permissions;
	a.grant.exists = permissions != 0; /* no grant is for nothing */
	*out = a;
	return OK;
}

struct status record_row_put_access(struct store_txn *txn, const struct record_access *a)
{
	struct row_big permissions, until;
	struct row row = {
		.table = TABLE_ACCESS,
		.plain = {[COLUMN_ACCESS_PATIENT] = ROW_UUID(&a->patient.uuid),
			  [COLUMN_ACCESS_RECIPIENT_KIND] = ROW_NUMBER(a->kind),
			  [COLUMN_ACCESS_RECIPIENT] = ROW_UUID(&a->recipient)},
		.secret = {[SECRET_ACCESS_PERMISSIONS] =
				   row_number_bytes(&permissions, a->grant.exists ? a->grant.permissions : 0),
			   [SECRET_ACCESS_UNTIL] = row_number_bytes(&until, a->grant.until),
			   [SECRET_ACCESS_STATEMENT] = hash_bytes(&a->statement),
			   [SECRET_ACCESS_BY] = uuid_bytes(&a->grant.by.uuid)},
	};

	return store_put(txn, &row);
}

/* ---- Records ---- */

struct status record_row_read_record(const struct row *row, struct record_kept *out)
{
	struct record_kept r = {.seq = row_number(row, COLUMN_RECORD_SEQ)};
	uint8_t status[2];

	r.state.record.uuid = row_uuid(row, COLUMN_RECORD_ID);
	r.state.patient.uuid = row_uuid(row, COLUMN_RECORD_PATIENT);
	r.state.kind = (enum record_kind)row_number(row, COLUMN_RECORD_KIND);
	r.state.version = (uint32_t)row_number(row, COLUMN_RECORD_VERSIONS);
	r.token = row_hash(row, COLUMN_RECORD_TOKEN);
	TRY(row_secret_copy(row, SECRET_RECORD_STATUS, status, sizeof status));
	TRY(row_secret_copy(row, SECRET_RECORD_HEAD, r.state.head.bytes, sizeof r.state.head.bytes));
	TRY(row_secret_copy(row, SECRET_RECORD_AUTHOR, r.state.author.uuid.bytes, sizeof r.state.author.uuid.bytes));
	r.state.status = (enum record_status)status[0];
	r.state.ended = status[1] != 0;
	*out = r;
	return OK;
}

struct status record_row_record(struct store_view *view, const struct record_id *id, struct row *row,
				struct record_kept *out)
{
	const struct row_value key[] = {ROW_UUID(&id->uuid)};
	const struct status got = store_get(view, TABLE_RECORD, key, row);

	if (got.code == ST_NOT_FOUND || got.code == ST_GONE)
		return FAIL_AT(ST_NOT_FOUND, "record");
	TRY(got);
	return record_row_read_record(row, out);
}

struct status record_row_put_record(struct store_txn *txn, struct record_kept *r)
{
	const uint8_t status[2] = {(uint8_t)r->state.status, r->state.ended ? 1 : 0};
	struct row row = {
		.table = TABLE_RECORD,
		.plain = {[COLUMN_RECORD_ID] = ROW_UUID(&r->state.record.uuid),
			  [COLUMN_RECORD_PATIENT] = ROW_UUID(&r->state.patient.uuid),
			  [COLUMN_RECORD_KIND] = ROW_NUMBER(r->state.kind),
			  [COLUMN_RECORD_VERSIONS] = ROW_NUMBER(r->state.version),
			  [COLUMN_RECORD_TOKEN] = ROW_BYTES(optional_hash(&r->token))},
		.secret = {[SECRET_RECORD_STATUS] = bytes_of(status, sizeof status),
			   [SECRET_RECORD_HEAD] = hash_bytes(&r->state.head),
			   [SECRET_RECORD_AUTHOR] = uuid_bytes(&r->state.author.uuid)},
	};

	TRY(store_put(txn, &row));
	r->seq = row_number(&row, COLUMN_RECORD_SEQ);
	return OK;
}

struct status record_row_compartment(const struct row *version, enum compartment *out)
{
	uint64_t number;

	TRY(row_secret_number(version, SECRET_VERSION_COMPARTMENT, &number));
	if (number > UINT32_MAX || !vocabulary_knows(VOCABULARY_COMPARTMENT, (uint32_t)number))
		return FAIL_AT(ST_CORRUPT, tables[TABLE_VERSION].name);
	*out = (enum compartment)number;
	return OK;
}

/* ---- Import tokens ---- */

struct token_search {
	struct store_view *view;
	const struct record_token *wanted;
	bool found;
	struct patient_id patient;
	struct record_id record; /* zeros for a patient file */
};

static struct status compare_owner(void *context, const struct row *row)
{
	struct token_search *t = context;
	struct record_patient file;

	if (t->found)
		return OK;
	t->patient.uuid = row_uuid(row, row->table == TABLE_PATIENT ? COLUMN_PATIENT_ID : COLUMN_RECORD_PATIENT);
	if (row->table == TABLE_RECORD)
		t->record.uuid = row_uuid(row, COLUMN_RECORD_ID);
	const struct status got = record_row_patient(t->view, &t->patient, &file);
	if (got.code == ST_NOT_FOUND)
		return OK;
	TRY(got);
	t->found = uuid_equal(&file.owner.uuid, &t->wanted->owner.uuid) && !authority_ended(&file.end, t->wanted->time);
	return OK;
}

struct status record_row_find_token(struct store_view *view, const struct record_token *wanted,
				    struct patient_id *patient, struct record_id *record)
{
	struct token_search search = {.view = view, .wanted = wanted};
	struct store_range range = {
		.index = wanted->table == TABLE_PATIENT ? INDEX_PATIENT_TOKEN : INDEX_RECORD_TOKEN,
		.prefix_count = 1,
		.prefix = {ROW_HASH(&wanted->token)},
	};

	TRY(record_row_scan(view, wanted->table, &range, compare_owner, &search));
	if (!search.found)
		return FAIL_AT(ST_NOT_FOUND, "token");
	*patient = search.patient;
	*record = search.record;
	return OK;
}

struct status record_row_check_token(struct store_view *view, const struct record_token *wanted)
{
	struct patient_id patient;
	struct record_id record;

	if (hash_is_zero(&wanted->token))
		return OK;
	const struct status got = record_row_find_token(view, wanted, &patient, &record);
	if (ok(got))
		return FAIL_AT(ST_CONFLICT, "token");
	return got.code == ST_NOT_FOUND ? OK : got;
}
