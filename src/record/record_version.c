/* SPDX-License-Identifier: Apache-2.0 */
/* Versions of records, and their end. */
#include <string.h>

#include "chunked.h"
#include "hash.h"
#include "record_file.h"
#include "vocabulary.h"

#define SEALED_KEY_BYTES 72

/* ---- What came with a record statement ---- */

static struct status check_content(const struct statement_record *r, const struct vault_writer *w)
{
	if (r->size > chunked_sealed_len(LIMIT_RECORD_BYTES))
		return FAIL_AT(ST_TOO_BIG, "size");
	if (w == NULL)
		return r->size == 0 ? OK : FAIL_AT(ST_MISMATCH, "content");
	if (!w->finished || w->size != r->size || !hash_equal(&w->hash, &r->content_hash))
		return FAIL_AT(ST_MISMATCH, "content");
	return OK;
}

struct status record_version_check(const struct record_item *item)
{
	const struct statement_record *r = &item->parsed.record;
	struct hash hash;

	if (item->header.len == 0 || item->header.len > LIMIT_SEALED_HEADER)
		return FAIL_AT(ST_INVALID, "header");
	TRY(sha256(item->header, &hash));
	if (!hash_equal(&hash, &r->header_hash))
		return FAIL_AT(ST_MISMATCH, "header");
	if (item->key.len != SEALED_KEY_BYTES)
		return FAIL_AT(ST_INVALID, "key");
	if (item->content == NULL) { /* PROMISES#S2: nothing was signed but no bytes */
		TRY(sha256(bytes_of(NULL, 0), &hash));
		if (!hash_equal(&hash, &r->content_hash))
			return FAIL_AT(ST_MISMATCH, "content");
	}
	return check_content(r, item->content);
}

/* ---- Rows ---- */

/**
 * A record of another file is as good as none (PROMISES#K9), but its id is ${taken}.  The row stays closed: whose
 * record it is stands in a plain column, and opening proves that only where it is this file's.
 */
static struct status find_record(struct record_file *f, const struct record_id *id, struct record_kept *out,
				 bool *taken)
{
	AUTO(row) row = {0};
	struct patient_id patient;
	const struct status got = facts_whose(f->txn->view, id, &patient);

	*out = (struct record_kept){0};
	*taken = ok(got) && !uuid_equal(&patient.uuid, &f->patient.uuid);
	if (!ok(got) || *taken)
		return got.code == ST_NOT_FOUND ? OK : got;
	const struct status opened = record_row_record(f->txn->view, id, &row, out);
	return opened.code == ST_NOT_FOUND ? OK : opened;
}

/** The token that finds a source again stays with its record. */
static struct status take_token(struct record_file *f, const struct statement_record *r, bool first,
				struct record_kept *kept)
{
	struct hash token;

	if (r->token.len == 0)
		return OK;
	memcpy(token.bytes, r->token.at, sizeof token.bytes);
	if (!first)
		return hash_equal(&token, &kept->token) ? OK : FAIL_AT(ST_CONFLICT, "token");
	kept->token = token;
	return record_row_check_token(f->txn->view,
				      &(struct record_token){TABLE_RECORD, token, f->kept.owner, f->log->time});
}

/** A file has one identity record, which every reader's list shows. */
static struct status take_identity(struct record_file *f, const struct statement_record *r)
{
	if (r->kind != RECORD_IDENTITY)
		return OK;
	if (!uuid_is_zero(&f->kept.identity.uuid) && !uuid_equal(&f->kept.identity.uuid, &r->record.uuid))
		return FAIL_AT(ST_CONFLICT, "identity");
	f->kept.identity = r->record;
	f->kept.identity_version = r->version;
	f->changed = f->listed = true;
	return OK;
}

static struct status remove_upload(struct record_file *f, const struct vault_writer *w)
{
	const struct row_value key[] = {ROW_UUID(&w->id)};
	AUTO(row) row = {0};
	uint64_t counted;

	TRY(store_get(f->txn->view, TABLE_UPLOAD, key, &row));
	const struct user_id user = {row_uuid(&row, COLUMN_UPLOAD_USER)};
	if (!uuid_equal(&user.uuid, &f->change->actor.user.uuid))
		return FAIL_AT(ST_NOT_FOUND, "upload");
	TRY(quota_of_upload(&row, &counted));
	TRY(quota_free(f->txn, &user, counted));
	return store_remove(f->txn, TABLE_UPLOAD, key);
}

static void store_u32(uint8_t out[4], uint32_t v)
{
	for (int i = 0; i < 4; i++)
		out[i] = (uint8_t)(v >> (24 - 8 * i));
}

static struct status insert_version(struct record_file *f, const struct record_item *item)
{
	const struct statement_record *r = &item->parsed.record;
	const struct uuid no_object = uuid_new(f->log->time);
	struct row_big place;
	uint8_t epochs[8];
	struct row_big compartment;

	store_u32(epochs, r->identity_epoch);
	store_u32(epochs + 4, r->clinical_epoch);
	struct row row = {
		.table = TABLE_VERSION,
		.plain = {[COLUMN_VERSION_RECORD] = ROW_UUID(&r->record.uuid),
			  [COLUMN_VERSION_NUMBER] = ROW_NUMBER(r->version),
			  [COLUMN_VERSION_PATIENT] = ROW_UUID(&r->patient.uuid),
			  [COLUMN_VERSION_STATEMENT] = ROW_HASH(&item->parsed.name),
			  [COLUMN_VERSION_CREATED] = ROW_NUMBER(f->log->time),
			  [COLUMN_VERSION_OBJECT] = ROW_UUID(&no_object)},
		.secret = {[SECRET_VERSION_CONTENT_HASH] = hash_bytes(&r->content_hash),
			   [SECRET_VERSION_HEADER] = item->header,
			   [SECRET_VERSION_RECORD_KEY] = item->key,
			   [SECRET_VERSION_EPOCHS] = bytes_of(epochs, sizeof epochs),
			   [SECRET_VERSION_COMPARTMENT] = row_number_bytes(&compartment, r->compartment),
			   [SECRET_VERSION_PLACE] = row_number_bytes(&place, f->entered)},
	};
	if (item->content != NULL)
		TRY(vault_write_row(item->content, &row));
	return store_insert(f->txn, &row);
}

static struct status write_version(struct record_file *f, const struct permit_pass *pass,
				   const struct record_item *item, struct record_kept *kept)
{
	const struct statement_record *r = &item->parsed.record;

	TRY(permit_demand(pass, permit_write_action(r->compartment), &f->patient));
	TRY(take_token(f, r, r->version == 1, kept));
	TRY(take_identity(f, r));
	TRY(insert_version(f, item));
	/* First what the upload counted for its user goes, then the version counts for the file's owner. */
	if (item->upload && item->content != NULL)
		TRY(remove_upload(f, item->content));
	TRY(quota_charge(f->txn, &f->change->quotas, &f->kept.owner, quota_of_version(r->size), &f->change->met));
	TRY(record_row_put_record(f->txn, kept));
	if (r->kind == RECORD_IDENTITY)
		f->kept.identity_seq = kept->seq;
	return OK;
}

/** A record's state behind a statement about it, and the permission that its author had. */
struct judged {
	struct record_kept kept;
	bool taken; /* the id belongs to a record of another patient */
	const struct permit_pass *pass;
	struct permit_room room;
};

static struct status judge(struct record_file *f, const struct record_item *item, const struct record_id *record,
			   enum permit_action action, struct judged *out)
{
	if (!f->known)
		return FAIL_AT(ST_NOT_FOUND, "patient");
	TRY(find_record(f, record, &out->kept, &out->taken));
	f->change->head = out->kept.state.head;
	TRY(record_file_pass(f, action, &out->room, &out->pass));
	return patient_state_add_record(&f->state, &f->people, &out->kept.state, &item->parsed,
					record_file_place(f, item));
}

struct status record_version_apply(struct record_file *f, const struct record_item *item)
{
	const struct statement_record *r = &item->parsed.record;
	struct judged j;

	TRY(judge(f, item, &r->record, permit_write_action(r->compartment), &j));
	if (j.taken)
		return FAIL_AT(ST_CONFLICT, "record");
	TRY(record_file_enter(f, item));
	return write_version(f, j.pass, item, &j.kept);
}

/* ---- The end of a record ---- */

static struct status write_end(struct record_file *f, const struct permit_pass *pass, struct record_kept *kept)
{
	TRY(permit_demand(pass, PERMIT_RECORD_DELETE, &f->patient));
	if (uuid_equal(&f->kept.identity.uuid, &kept->state.record.uuid)) {
		f->kept.identity = (struct record_id){0};
		f->kept.identity_seq = f->kept.identity_version = 0;
		f->changed = f->listed = true;
	}
	return record_row_put_record(f->txn, kept);
}

struct status record_version_end(struct record_file *f, const struct record_item *item)
{
	struct judged j;

	TRY(judge(f, item, &item->parsed.record_end.record, PERMIT_RECORD_DELETE, &j));
	TRY(record_file_enter(f, item));
	return write_end(f, j.pass, &j.kept);
}

/* ---- Reading one version ---- */

static struct status load_version(struct store_view *view, const struct record_id *record, uint32_t number,
				  struct row *row)
{
	const struct row_value key[] = {ROW_UUID(&record->uuid), ROW_NUMBER(number)};
	const struct status got = store_get(view, TABLE_VERSION, key, row);

	if (got.code == ST_NOT_FOUND || got.code == ST_GONE)
		return FAIL_AT(ST_NOT_FOUND, "record");
	return got;
}

struct status record_version_open(struct store_view *view, const struct permit_facts *facts,
				  const struct record_state *record, uint32_t number, struct row *row)
{
	const struct permit_pass *pass;
	enum compartment compartment;
	struct permit_room room;

	TRY(load_version(view, &record->record, number, row));
	TRY(record_row_compartment(row, &compartment));
	/* His list leaves it out, so there is none for him. */
	const struct status may = permit_decide(facts, permit_read_action(compartment), &room, &pass);
	if (!ok(may))
		return may.code == ST_GONE ? may : FAIL_AT(ST_NOT_FOUND, "record");
	TRY(permit_demand(pass, permit_read_action(compartment), &record->patient));
	return record->ended ? FAIL_AT(ST_GONE, "record") : OK;
}
