/* SPDX-License-Identifier: Apache-2.0 */
#include "record_file.h"

#include <stdlib.h>

#include "limits.h"

void record_file_begin(struct record_file *f, struct store_txn *txn, const struct record_log *log,
		       struct record_change *change)
{
	*f = (struct record_file){.txn = txn, .log = log, .change = change};
	f->people = facts_people(&f->rows, txn->view);
}

void record_file_clear(struct record_file *f)
{
	patient_state_clear(&f->state);
	facts_people_clear(&f->rows);
}

struct status record_file_open(struct record_file *f, const struct patient_id *patient)
{
	struct facts_relation relation;

	if (uuid_equal(&f->patient.uuid, &patient->uuid))
		return OK;
	TRY(record_file_close(f));
	TRY(facts_related(f->txn->view, &f->change->actor.user, patient, &relation));
	const struct status got = relation.related ? record_row_patient(f->txn->view, patient, &f->kept)
						   : FAIL_AT(ST_NOT_FOUND, "patient");
	if (got.code == ST_NOT_FOUND) {
		f->kept = (struct record_patient){.id = *patient};
		f->state.fingerprint = f->change->fingerprint;
	} else {
		TRY(got);
		TRY(facts_state(f->txn->view, &f->change->fingerprint, &f->kept, &f->state));
	}
	f->taken = relation.exists;
	f->known = ok(got);
	f->patient = *patient;
	return OK;
}

/* ---- Closing ---- */

/** PROMISES#B5: whoever takes a reader away and holds the key himself, brings the next one. */
static struct status check_rekey(struct record_file *f, enum compartment compartment)
{
	const struct place place = {POSITION_NOW, f->log->time, true};
	const struct user_id *author = &f->change->actor.user;
	uint32_t power = 0;
	bool must = false;

	TRY(patient_state_must_rekey(&f->state, &f->people, compartment, place, &must));
	if (!must)
		return OK;
	TRY(patient_state_power(&f->state, &f->people, author, place, &power));
	if (!uuid_equal(&f->kept.owner.uuid, &author->uuid) && (power & authority_compartment_rights(compartment)) == 0)
		return OK;
	return FAIL_AT(ST_CONFLICT, "rekey");
}

struct accesses {
	struct record_access *list;
	size_t count, capacity;
};

static struct status keep_access(void *context, const struct row *row)
{
	struct accesses *all = context;

	if (all->count == all->capacity) {
		const size_t wanted = all->capacity == 0 ? 8 : all->capacity * 2;
		struct record_access *moved = reallocarray(all->list, wanted, sizeof *moved);
		if (moved == NULL)
			return FAIL(ST_NO_MEMORY);
		all->list = moved;
		all->capacity = wanted;
	}
	TRY(record_row_read_access(row, &all->list[all->count]));
	all->count += all->list[all->count].grant.exists ? 1 : 0;
	return OK;
}

/** Each recipient follows the sequence of his own row: a new number lets all of them see the change. */
static struct status touch_accesses(struct record_file *f)
{
	struct store_range range = {.index = TABLE_NONE, .prefix_count = 1, .prefix = {ROW_UUID(&f->patient.uuid)}};
	struct accesses all = {0};
	struct status done = record_row_scan(f->txn->view, TABLE_ACCESS, &range, keep_access, &all);

	for (size_t i = 0; ok(done) && i < all.count; i++)
		done = record_row_put_access(f->txn, &all.list[i]);
	free(all.list);
	return done;
}

struct status record_file_close(struct record_file *f)
{
	if (f->access) {
		TRY(check_rekey(f, COMPARTMENT_IDENTITY));
		TRY(check_rekey(f, COMPARTMENT_CLINICAL));
	}
	if (f->changed) {
		f->kept.head = f->state.head;
		TRY(record_row_put_patient(f->txn, &f->kept));
	}
	if (f->listed)
		TRY(touch_accesses(f));
	patient_state_clear(&f->state);
	f->patient = (struct patient_id){0};
	f->taken = f->known = f->changed = f->listed = f->access = false;
	return OK;
}

/* ---- Deciding ---- */

static struct status gather(struct record_file *f, struct permit_facts *out)
{
	const struct user_id *user = &f->change->actor.user;
	struct person person;

	TRY(f->people.find(f->people.context, user, POSITION_NOW, &person));
	facts_of(&person, f->log->time, out);
	if (uuid_is_zero(&f->patient.uuid))
		return OK;
	/* What earlier statements of this change did counts already. */
	out->patient = f->patient;
	out->owner = uuid_equal(&f->state.owner.uuid, &user->uuid);
	out->grant = patient_state_grant(&f->state, RECIPIENT_USER, &user->uuid, POSITION_NOW);
	out->end = patient_state_end(&f->state, POSITION_NOW);
	return OK;
}

struct status record_file_pass(struct record_file *f, enum permit_action action, struct permit_room *room,
			       const struct permit_pass **pass)
{
	const struct permit_pass *seen;
	struct permit_facts facts;

	TRY(gather(f, &facts));
	const struct status decided = permit_decide(&facts, action, room, pass);
	/* Whoever may not even see the file is told no more than that there is none (PROMISES#K9). */
	if (decided.code == ST_DENIED && permit_action_on_patient(action) &&
	    !ok(permit_decide(&facts, PERMIT_PATIENT_PROVE, room, &seen)))
		return FAIL_AT(ST_NOT_FOUND, "patient");
	return decided;
}

struct status record_subject(struct store_view *view, const struct record_change *change, struct patient_id *asked,
			     bool *exists)
{
	struct facts_relation relation;

	*asked = (struct patient_id){0};
	*exists = false;
	if (change->failed >= change->count || !statement_patient_of(&change->items[change->failed].parsed, asked))
		return OK;
	TRY(facts_related(view, &change->actor.user, asked, &relation));
	*exists = relation.exists;
	return OK;
}

struct place record_file_place(const struct record_file *f, const struct record_item *item)
{
	return (struct place){POSITION_NOW, f->log->time, item->verified};
}

/* ---- Entering ---- */

/** Which act, and of a decision which verdict: who reads the log need not open the statement. */
static struct text detail_of(const struct record_file *f, const struct statement *s)
{
	static const char *const details[][3] = {
		[ACT_FACTOR_RESET] = {"request: factor-reset", "approve: factor-reset", "refuse: factor-reset"},
		[ACT_PATIENT_DELETE] = {"request: patient-delete", "approve: patient-delete", "refuse: patient-delete"},
	};

	return text_of(details[f->act][s->kind == STATEMENT_REQUEST ? 0 : s->decision.verdict]);
}

static struct event event_of(const struct record_file *f, const struct statement *s)
{
	struct event e = {
		.kind = LEAF_STATEMENT,
		.result = LEAF_DONE,
		.time = f->log->time,
		.actor = f->change->actor,
		.subject = {.statement = s->name, .detail = statement_word(s->kind)},
	};
	struct patient_id patient;

	if (statement_patient_of(s, &patient)) {
		e.subject.kind = PIECE_PATIENT;
		e.subject.id = patient.uuid;
	} else {
		e.subject.kind = s->kind == STATEMENT_SITE || s->kind == STATEMENT_REVIEW ? PIECE_SITE : PIECE_USER;
	}
	if (s->kind == STATEMENT_RECORD) {
		e.kind = LEAF_WRITE;
		e.subject.record = s->record.record;
		e.subject.version = s->record.version;
	} else if (s->kind == STATEMENT_RECORD_END) {
		e.kind = LEAF_DELETE;
		e.subject.record = s->record_end.record;
		e.subject.version = s->record_end.version;
	} else if (s->kind == STATEMENT_PATIENT_END) {
		e.kind = LEAF_DELETE;
	} else if (s->kind == STATEMENT_INVITATION) {
		e.subject.id = s->invitation.user.uuid;
	} else if (s->kind == STATEMENT_KEY) {
		e.subject.id = s->key.user.uuid;
	} else if (s->kind == STATEMENT_USER) {
		e.subject.id = s->user.user.uuid;
	} else if (s->kind == STATEMENT_CONDUCT) {
		e.kind = LEAF_SIGN_IN;
		e.subject.id = s->head.author.uuid;
	} else if (s->kind == STATEMENT_REQUEST || s->kind == STATEMENT_DECISION) {
		e.subject.id = f->concerned.uuid;
		e.subject.detail = detail_of(f, s);
	}
	return e;
}

struct status record_file_enter(struct record_file *f, const struct record_item *item)
{
	const struct statement *s = &item->parsed;
	const struct event event = event_of(f, s);
	struct patient_id patient = {0};
	struct row_big time;
	struct hash subject;
	uint64_t leaf;

	TRY(statement_subject(s, &subject));
	TRY(f->log->add(f->log->context, f->txn, &event, &leaf));
	(void)statement_patient_of(s, &patient);
	struct row row = {
		.table = TABLE_STATEMENT,
		.plain = {[COLUMN_STATEMENT_NAME] = ROW_HASH(&s->name),
			  [COLUMN_STATEMENT_SUBJECT] = ROW_HASH(&subject),
			  [COLUMN_STATEMENT_KIND] = ROW_NUMBER(s->kind),
			  [COLUMN_STATEMENT_LEAF] = ROW_NUMBER(leaf),
			  [COLUMN_STATEMENT_PATIENT] = ROW_UUID(&patient.uuid)},
		.secret = {[SECRET_STATEMENT_BYTES] = item->statement,
			   [SECRET_STATEMENT_TIME] = row_number_bytes(&time, f->log->time)},
	};
	TRY(store_insert(f->txn, &row));
	f->entered = row_number(&row, COLUMN_STATEMENT_SEQ);
	*f->outcome = (struct record_outcome){.name = s->name, .leaf = leaf, .time = f->log->time};
	return OK;
}
