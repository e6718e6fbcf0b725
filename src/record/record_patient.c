/* SPDX-License-Identifier: Apache-2.0 */
/* Patient files and their end, grants, epochs and their wrapped keys. */
#include <string.h>

#include "approval.h"
#include "hash.h"
#include "record_file.h"

#define WRAPPED_KEY_BYTES 114
#define WRAPPED_KEY_SUITE 1

/* ---- Patient, grant, revocation, end ---- */

static enum permit_action action_of(enum statement_kind kind)
{
	if (kind == STATEMENT_PATIENT)
		return PERMIT_PATIENT_CREATE;
	if (kind == STATEMENT_PATIENT_END)
		return PERMIT_PATIENT_DELETE;
	if (kind == STATEMENT_PATIENT_KEEP)
		return PERMIT_PATIENT_KEEP;
	return kind == STATEMENT_GRANT ? PERMIT_SHARE : PERMIT_UNSHARE;
}

static struct status write_patient(struct record_file *f, const struct permit_pass *pass, const struct statement *s)
{
	TRY(permit_demand(pass, PERMIT_PATIENT_CREATE, NULL));
	f->kept.owner = s->head.author;
	f->kept.head = s->name;
	f->kept.first = f->entered;
	if (s->patient.token.len != 0)
		memcpy(f->kept.token.bytes, s->patient.token.at, sizeof f->kept.token.bytes);
	TRY(record_row_check_token(f->txn->view,
				   &(struct record_token){TABLE_PATIENT, f->kept.token, f->kept.owner, f->log->time}));
	f->known = true;
	return record_row_put_patient(f->txn, &f->kept);
}

static struct status write_access(struct record_file *f, const struct permit_pass *pass, const struct statement *s)
{
	const bool grant = s->kind == STATEMENT_GRANT;
	struct record_access a = {.patient = f->patient, .statement = s->name};

	TRY(permit_demand(pass, action_of(s->kind), &f->patient));
	a.kind = grant ? s->grant.recipient_kind : s->revocation.recipient_kind;
	a.recipient = grant ? s->grant.recipient : s->revocation.recipient;
	a.grant = patient_state_grant(&f->state, a.kind, &a.recipient, POSITION_NOW);
	f->access = f->changed = true;
	return record_row_put_access(f->txn, &a);
}

/** Where the site wants a second person: he approved it, for this author, and it is used up. */
static struct status use_approval(struct record_file *f, const struct statement *s)
{
	const struct approval_wanted wanted = {ACT_PATIENT_DELETE, f->patient, s->head.author, f->log->time};
	struct approval approval;
	const struct status got = approval_find(f->txn->view, &wanted, &approval);

	if (got.code == ST_NOT_FOUND)
		return FAIL_AT(ST_DENIED, RECORD_WANTS_APPROVAL);
	TRY(got);
	return approval_done(f->txn, f->log, &f->change->actor, &approval);
}

/** Everybody who may see the file sees its end coming, or withdrawn, in his list. */
static struct status write_end(struct record_file *f, const struct permit_pass *pass, const struct statement *s)
{
	TRY(permit_demand(pass, action_of(s->kind), &f->patient));
	if (s->kind == STATEMENT_PATIENT_END && f->change->second_person)
		TRY(use_approval(f, s));
	f->kept.end = patient_state_end(&f->state, POSITION_NOW);
	f->changed = f->listed = true;
	return OK;
}

struct status record_patient_apply(struct record_file *f, const struct record_item *item)
{
	const struct statement *s = &item->parsed;
	const struct permit_pass *pass;
	struct permit_room room;

	f->change->head = f->state.head;
	if (s->kind != STATEMENT_PATIENT && !f->known)
		return FAIL_AT(ST_NOT_FOUND, "patient");
	if (s->kind == STATEMENT_PATIENT && f->taken && !f->known)
		return FAIL_AT(ST_CONFLICT, "patient");
	TRY(record_file_pass(f, action_of(s->kind), &room, &pass));
	TRY(patient_state_add(&f->state, &f->people, s, record_file_place(f, item)));
	TRY(record_file_enter(f, item));
	if (s->kind == STATEMENT_PATIENT_END || s->kind == STATEMENT_PATIENT_KEEP)
		return write_end(f, pass, s);
	return s->kind == STATEMENT_PATIENT ? write_patient(f, pass, s) : write_access(f, pass, s);
}

/* ---- Epochs ---- */

struct status record_patient_check(const struct record_item *item)
{
	const struct bytes recipients = item->parsed.epoch.recipients;
	struct recipient row;
	struct hash hash;

	if (item->wrapped_count != statement_recipient_count(recipients))
		return FAIL_AT(ST_INVALID, "wrapped");
	for (size_t i = 0; i < item->wrapped_count; i++) {
		const struct bytes wrapped = item->wrapped[i];
		if (wrapped.len != WRAPPED_KEY_BYTES || wrapped.at[0] != WRAPPED_KEY_SUITE)
			return FAIL_AT(ST_INVALID, "wrapped");
		statement_recipient(recipients, i, &row);
		TRY(sha256(wrapped, &hash));
		if (!hash_equal(&hash, &row.wrapped_hash))
			return FAIL_AT(ST_MISMATCH, "wrapped");
	}
	return OK;
}

/** Recipients of earlier epochs that are none of the new one. */
struct leavers {
	struct bytes recipients; /* of the new one */
	struct buffer keys;      /* kind (1), id (16) of each who is to go */
};
static void leavers_clear(struct leavers *l)
{
	buffer_clear(&l->keys);
}

static bool is_recipient(struct bytes recipients, enum recipient_kind kind, const struct uuid *id)
{
	const struct recipient wanted = {.kind = kind, .id = *id};
	struct recipient row;
	size_t low = 0;
	size_t high = statement_recipient_count(recipients);

	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		statement_recipient(recipients, middle, &row);
		const int order = statement_recipient_order(&wanted, &row);
		if (order == 0)
			return true;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

static struct status note_leaver(void *context, const struct row *row)
{
	struct leavers *l = context;
	const uint64_t kind = row_number(row, COLUMN_WRAPPED_KEY_RECIPIENT_KIND);
	const struct uuid id = row_uuid(row, COLUMN_WRAPPED_KEY_RECIPIENT);

	if (is_recipient(l->recipients, (enum recipient_kind)kind, &id))
		return OK;
	TRY(buffer_put_u8(&l->keys, (uint8_t)kind));
	return buffer_put(&l->keys, uuid_bytes(&id));
}

/** DESIGN section 4: one wrapped key per recipient and compartment; those of past epochs go. */
static struct status remove_leavers(struct record_file *f, const struct statement_epoch *e)
{
	AUTO(leavers) l = {.recipients = e->recipients, .keys = {.max = LIMIT_STATEMENT_BYTES}};
	struct store_range range = {
		.index = TABLE_NONE,
		.prefix_count = 3,
		.prefix = {ROW_NUMBER(e->holder_kind), ROW_UUID(&e->holder), ROW_NUMBER(e->compartment)},
	};

	TRY(record_row_scan(f->txn->view, TABLE_WRAPPED_KEY, &range, note_leaver, &l));
	for (size_t at = 0; at < l.keys.len; at += 17) {
		const struct row_value key[] = {ROW_NUMBER(e->holder_kind), ROW_UUID(&e->holder),
						ROW_NUMBER(e->compartment), ROW_NUMBER(l.keys.bytes[at]),
						ROW_BYTES(bytes_of(l.keys.bytes + at + 1, 16))};
		TRY(store_remove(f->txn, TABLE_WRAPPED_KEY, key));
	}
	return OK;
}

static struct status write_wrapped(struct record_file *f, const struct statement_epoch *e, const struct bytes *wrapped)
{
	for (size_t i = 0; i < statement_recipient_count(e->recipients); i++) {
		struct recipient to;
		statement_recipient(e->recipients, i, &to);
		struct row row = {
			.table = TABLE_WRAPPED_KEY,
			.plain = {[COLUMN_WRAPPED_KEY_HOLDER_KIND] = ROW_NUMBER(e->holder_kind),
				  [COLUMN_WRAPPED_KEY_HOLDER] = ROW_UUID(&e->holder),
				  [COLUMN_WRAPPED_KEY_COMPARTMENT] = ROW_NUMBER(e->compartment),
				  [COLUMN_WRAPPED_KEY_RECIPIENT_KIND] = ROW_NUMBER(to.kind),
				  [COLUMN_WRAPPED_KEY_RECIPIENT] = ROW_UUID(&to.id),
				  [COLUMN_WRAPPED_KEY_EPOCH] = ROW_NUMBER(e->number)},
			.secret = {[SECRET_WRAPPED_KEY_BYTES] = wrapped[i]},
		};
		TRY(store_put(f->txn, &row));
	}
	return OK;
}

static struct status write_epoch(struct record_file *f, const struct permit_pass *pass, const struct record_item *item)
{
	const struct statement_epoch *e = &item->parsed.epoch;
	const bool identity = e->compartment == COMPARTMENT_IDENTITY;
	struct row row = {
		.table = TABLE_EPOCH,
		.plain = {[COLUMN_EPOCH_HOLDER_KIND] = ROW_NUMBER(e->holder_kind),
			  [COLUMN_EPOCH_HOLDER] = ROW_UUID(&e->holder),
			  [COLUMN_EPOCH_COMPARTMENT] = ROW_NUMBER(e->compartment),
			  [COLUMN_EPOCH_NUMBER] = ROW_NUMBER(e->number),
			  [COLUMN_EPOCH_STATEMENT] = ROW_HASH(&item->parsed.name)},
	};

	TRY(permit_demand(pass, identity ? PERMIT_REKEY_IDENTITY : PERMIT_REKEY_CLINICAL, &f->patient));
	TRY(store_insert(f->txn, &row));
	TRY(remove_leavers(f, e));
	TRY(write_wrapped(f, e, item->wrapped));
	*record_row_epoch(&f->kept, e->compartment) = f->entered;
	f->changed = f->listed = true;
	return OK;
}

struct status record_patient_epoch(struct record_file *f, const struct record_item *item)
{
	const struct statement *s = &item->parsed;
	const bool identity = s->epoch.compartment == COMPARTMENT_IDENTITY;
	const struct permit_pass *pass;
	struct permit_room room;
	struct epoch_view last;

	if (s->epoch.holder_kind != HOLDER_PATIENT)
		return FAIL_AT(ST_INVALID, "holder_kind");
	if (!f->known)
		return FAIL_AT(ST_NOT_FOUND, "patient");
	f->change->head = (struct hash){{0}};
	if (ok(patient_state_epoch(&f->state, s->epoch.compartment, POSITION_NOW, &last)))
		f->change->head = last.statement;
	TRY(record_file_pass(f, identity ? PERMIT_REKEY_IDENTITY : PERMIT_REKEY_CLINICAL, &room, &pass));
	TRY(patient_state_add(&f->state, &f->people, s, record_file_place(f, item)));
	TRY(record_file_enter(f, item));
	return write_epoch(f, pass, item);
}
