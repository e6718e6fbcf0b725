/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Grants, epochs and ends are kept as they came, with their positions, so that the
 * same state answers for every position of the past.
 *
 * Invariants
 * 1. Changes, epochs and ends are in ascending order of position; one at position p
 *    counts for what stands above p.
 * 2. A statement that is refused leaves nothing behind but room.
 */
#include "patient_state.h"

#include <stdlib.h>

#include "patient_changes.h"

void patient_state_clear(struct patient_state *p)
{
	arena_clear(&p->arena);
	free(p->changes);
	free(p->epochs);
	free(p->ends);
	*p = (struct patient_state){0};
}

/** More room for an array of ${count} elements; ${array} is unchanged after a failure. */
static struct status make_room(void **array, size_t *capacity, size_t count, size_t size, size_t most)
{
	if (count >= most)
		return FAIL_AT(ST_TOO_BIG, "patient");
	if (count < *capacity)
		return OK;
	const size_t wanted = *capacity == 0 ? 8 : *capacity * 2;
	void *moved = reallocarray(*array, wanted, size);
	if (moved == NULL)
		return FAIL(ST_NO_MEMORY);
	*array = moved;
	*capacity = wanted;
	return OK;
}

static struct status keep_change(struct patient_state *p, const struct patient_change *change)
{
	void *changes = p->changes;
	struct status done =
		make_room(&changes, &p->change_capacity, p->change_count, sizeof *change, PATIENT_STATE_CHANGES);

	p->changes = changes;
	TRY(done);
	p->changes[p->change_count++] = *change;
	return OK;
}

static struct status keep_end(struct patient_state *p, const struct patient_end *end)
{
	void *ends = p->ends;
	struct status done = make_room(&ends, &p->end_capacity, p->end_count, sizeof *end, PATIENT_STATE_CHANGES);

	p->ends = ends;
	TRY(done);
	p->ends[p->end_count++] = *end;
	return OK;
}

static struct status keep_epoch(struct patient_state *p, const struct statement *s, uint64_t position)
{
	void *epochs = p->epochs;
	struct epoch_view view = {
		.compartment = s->epoch.compartment,
		.number = s->epoch.number,
		.position = position,
		.statement = s->name,
		.commitment = s->epoch.commitment,
	};
	struct status done = make_room(&epochs, &p->epoch_capacity, p->epoch_count, sizeof(struct patient_epoch),
				       PATIENT_STATE_CHANGES);

	p->epochs = epochs;
	TRY(done);
	if (p->arena.max == 0)
		p->arena.max = PATIENT_STATE_BYTES;
	TRY(arena_copy(&p->arena, s->epoch.previous_sealed, &view.previous_sealed));
	TRY(arena_copy(&p->arena, s->epoch.recipients, &view.recipients));
	p->epochs[p->epoch_count++] = (struct patient_epoch){view};
	return OK;
}

/* ---- Questions ---- */

struct authority_grant patient_state_grant(const struct patient_state *p, enum recipient_kind kind,
					   const struct uuid *id, uint64_t position)
{
	for (size_t i = p->change_count; i-- > 0;) {
		const struct patient_change *c = &p->changes[i];
		if (c->position < position && c->kind == kind && uuid_equal(&c->id, id))
			return c->grant;
	}
	return (struct authority_grant){0};
}

struct authority_end patient_state_end(const struct patient_state *p, uint64_t position)
{
	for (size_t i = p->end_count; i-- > 0;)
		if (p->ends[i].position < position)
			return p->ends[i].end;
	return (struct authority_end){0};
}

static bool is_owner(const struct patient_state *p, const struct user_id *user)
{
	return uuid_equal(&p->owner.uuid, &user->uuid);
}

struct status patient_state_power(const struct patient_state *p, const struct people *people,
				  const struct user_id *user, struct place place, uint32_t *out)
{
	const struct authority_grant grant = patient_state_grant(p, RECIPIENT_USER, &user->uuid, place.position);
	const struct authority_end end = patient_state_end(p, place.position);
	struct person person;
	struct status found = people->find(people->context, user, place.position, &person);

	if (found.code == ST_NOT_FOUND) {
		*out = 0;
		return OK;
	}
	TRY(found);
	*out = authority_ended(&end, place.time) ? 0 : authority_power(&person, is_owner(p, user), &grant, place.time);
	return OK;
}

struct status patient_state_epoch(const struct patient_state *p, enum compartment compartment, uint64_t position,
				  struct epoch_view *out)
{
	for (size_t i = p->epoch_count; i-- > 0;) {
		const struct epoch_view *e = &p->epochs[i].view;
		if (e->position < position && e->compartment == compartment) {
			*out = *e;
			return OK;
		}
	}
	return FAIL_AT(ST_NOT_FOUND, "epoch");
}

struct status patient_state_epoch_number(const struct patient_state *p, enum compartment compartment, uint32_t number,
					 struct epoch_view *out)
{
	for (size_t i = p->epoch_count; i-- > 0;) {
		const struct epoch_view *e = &p->epochs[i].view;
		if (e->number == number && e->compartment == compartment) {
			*out = *e;
			return OK;
		}
	}
	return FAIL_AT(ST_NOT_FOUND, "epoch");
}

/* ---- Facts ---- */

static struct status find_person(const struct people *people, const struct user_id *id, uint64_t position, bool *known,
				 struct person *out)
{
	struct status found = people->find(people->context, id, position, out);

	*known = ok(found);
	return found.code == ST_NOT_FOUND ? OK : found;
}

static struct status gather(const struct patient_state *p, const struct people *people, const struct statement *s,
			    struct place place, struct authority_facts *f)
{
	f->fingerprint = p->fingerprint;
	f->position = place.position;
	f->time = place.time;
	f->patient_known = !uuid_is_zero(&p->owner.uuid);
	f->owner = p->owner;
	f->end = patient_state_end(p, place.position);
	f->author_grant = patient_state_grant(p, RECIPIENT_USER, &s->head.author.uuid, place.position);
	return find_person(people, &s->head.author, place.position, &f->author_known, &f->author);
}

/** The signature is checked last of the facts; the decision then says in which order things lack. */
static struct status decide(struct authority_facts *f, const struct statement *s, struct place place)
{
	struct p256_public signed_by;

	f->signature_fits =
		ok(authority_key(f, s, &signed_by)) && (place.verified || ok(statement_verify(s, &signed_by)));
	return authority_decide(f, s);
}

static struct status gather_recipient(const struct patient_state *p, const struct people *people,
				      enum recipient_kind kind, const struct uuid *id, struct place place,
				      struct authority_facts *f)
{
	const struct user_id user = {*id};

	f->head = p->head;
	f->recipient_grant = patient_state_grant(p, kind, id, place.position);
	if (kind != RECIPIENT_USER)
		return OK;
	return find_person(people, &user, place.position, &f->recipient_known, &f->recipient);
}

static struct status gather_epoch(const struct patient_state *p, const struct people *people,
				  const struct statement_epoch *e, struct place place, struct buffer *expected,
				  struct authority_facts *f)
{
	struct epoch_view last;

	f->has_epoch = ok(patient_state_epoch(p, e->compartment, place.position, &last));
	if (f->has_epoch) {
		f->epoch = last.number;
		f->head = last.statement;
	}
	if (f->patient_known)
		TRY(patient_state_recipients(p, people, e->compartment, place, expected));
	f->expected = buffer_bytes(expected);
	return OK;
}

static struct status gather_kind(const struct patient_state *p, const struct people *people, const struct statement *s,
				 struct place place, struct buffer *expected, struct authority_facts *f)
{
	if (s->kind == STATEMENT_EPOCH)
		return gather_epoch(p, people, &s->epoch, place, expected, f);
	if (s->kind == STATEMENT_GRANT)
		return gather_recipient(p, people, s->grant.recipient_kind, &s->grant.recipient, place, f);
	if (s->kind == STATEMENT_REVOCATION)
		return gather_recipient(p, people, s->revocation.recipient_kind, &s->revocation.recipient, place, f);
	if (s->kind == STATEMENT_PATIENT_END || s->kind == STATEMENT_PATIENT_KEEP) {
		f->head = p->head;
		return OK;
	}
	return s->kind == STATEMENT_PATIENT ? OK : FAIL_AT(ST_DENIED, "kind");
}

/* ---- Statements ---- */

static struct authority_end end_by(const struct statement *s, uint64_t time)
{
	if (s->kind == STATEMENT_PATIENT_KEEP)
		return (struct authority_end){0};
	return (struct authority_end){true, s->name, s->head.author, time, time + s->patient_end.delay};
}

static struct status take(struct patient_state *p, const struct statement *s, uint64_t position, uint64_t time)
{
	struct patient_change change = {.position = position};

	if (s->kind == STATEMENT_EPOCH)
		return keep_epoch(p, s, position);
	if (s->kind == STATEMENT_GRANT) {
		change.kind = s->grant.recipient_kind;
		change.id = s->grant.recipient;
		change.grant = (struct authority_grant){true, s->grant.permissions, s->grant.until, s->head.author};
		TRY(keep_change(p, &change));
	} else if (s->kind == STATEMENT_REVOCATION) {
		change.kind = s->revocation.recipient_kind;
		change.id = s->revocation.recipient;
		TRY(keep_change(p, &change));
	} else if (s->kind == STATEMENT_PATIENT_END || s->kind == STATEMENT_PATIENT_KEEP) {
		TRY(keep_end(p, &(struct patient_end){position, end_by(s, time)}));
	} else {
		p->patient = s->patient.patient;
		p->owner = s->head.author;
	}
	p->head = s->name;
	return OK;
}

static bool is_of(const struct patient_state *p, const struct statement *s)
{
	struct patient_id patient;

	if (!statement_patient_of(s, &patient))
		return false;
	return uuid_is_zero(&p->owner.uuid) || uuid_equal(&patient.uuid, &p->patient.uuid);
}

struct status patient_state_add(struct patient_state *p, const struct people *people, const struct statement *s,
				struct place place)
{
	AUTO(buffer) expected = {.max = LIMIT_STATEMENT_BYTES};
	struct authority_facts f = {0};

	if (!is_of(p, s))
		return FAIL_AT(ST_CONFLICT, "patient");
	if (place.position < p->size)
		return FAIL_AT(ST_CONFLICT, "position");
	TRY(gather(p, people, s, place, &f));
	TRY(gather_kind(p, people, s, place, &expected, &f));
	TRY(decide(&f, s, place));
	const bool counted =
		f.recipient_grant.exists && (f.recipient_grant.until == 0 || place.time < f.recipient_grant.until);
	if (s->kind == STATEMENT_GRANT && !counted)
		TRY(patient_state_has_room(p, people, place));
	/* What is not in the log yet counts at once for what follows it now. */
	if (place.position == POSITION_NOW)
		return take(p, s, 0, place.time);
	TRY(take(p, s, place.position, place.time));
	p->size = place.position + 1;
	return OK;
}

static struct status gather_usable(const struct patient_state *p, const struct people *people,
				   enum compartment compartment, struct place place, bool *usable, uint32_t *number)
{
	struct epoch_view last;
	bool must_rekey = true;

	if (ok(patient_state_epoch(p, compartment, place.position, &last))) {
		*number = last.number;
		TRY(patient_state_must_rekey(p, people, compartment, place, &must_rekey));
	}
	*usable = !must_rekey;
	return OK;
}

static struct status gather_record(const struct patient_state *p, const struct people *people,
				   const struct record_state *record, const struct statement *s, struct place place,
				   struct authority_facts *f)
{
	f->head = record->head;
	f->record_known = record->version != 0;
	f->record_ended = record->ended;
	f->record_patient = record->patient;
	f->record_version = record->version;
	f->record_kind = record->kind;
	f->record_status = record->status;
	f->record_author = record->author;
	if (s->kind != STATEMENT_RECORD || !f->patient_known)
		return OK;
	if (s->record.compartment != COMPARTMENT_CLINICAL)
		TRY(gather_usable(p, people, COMPARTMENT_IDENTITY, place, &f->has_identity_epoch, &f->identity_epoch));
	if (s->record.compartment != COMPARTMENT_IDENTITY)
		TRY(gather_usable(p, people, COMPARTMENT_CLINICAL, place, &f->has_clinical_epoch, &f->clinical_epoch));
	return OK;
}

static void move_on(struct record_state *record, const struct statement *s)
{
	record->head = s->name;
	if (s->kind == STATEMENT_RECORD_END) {
		record->ended = true;
		return;
	}
	record->patient = s->record.patient;
	record->record = s->record.record;
	record->version = s->record.version;
	record->kind = s->record.kind;
	record->status = s->record.status;
	record->author = s->head.author;
}

struct status patient_state_add_record(const struct patient_state *p, const struct people *people,
				       struct record_state *record, const struct statement *s, struct place place)
{
	struct authority_facts f = {0};

	if (s->kind != STATEMENT_RECORD && s->kind != STATEMENT_RECORD_END)
		return FAIL_AT(ST_DENIED, "kind");
	if (!is_of(p, s))
		return FAIL_AT(ST_CONFLICT, "patient");
	const struct record_id *named = s->kind == STATEMENT_RECORD ? &s->record.record : &s->record_end.record;
	if (record->version != 0 && !uuid_equal(&record->record.uuid, &named->uuid))
		return FAIL_AT(ST_CONFLICT, "record");
	TRY(gather(p, people, s, place, &f));
	TRY(gather_record(p, people, record, s, place, &f));
	TRY(decide(&f, s, place));
	move_on(record, s);
	return OK;
}

/* ---- Loading ---- */

void patient_state_load(struct patient_state *p, const struct hash *fingerprint, const struct patient_id *patient,
			const struct user_id *owner, const struct hash *head)
{
	p->fingerprint = *fingerprint;
	p->patient = *patient;
	p->owner = *owner;
	p->head = *head;
}

struct status patient_state_load_grant(struct patient_state *p, enum recipient_kind kind, const struct uuid *id,
				       const struct authority_grant *grant)
{
	const struct patient_change change = {.kind = kind, .id = *id, .grant = *grant};

	return keep_change(p, &change);
}

struct status patient_state_load_end(struct patient_state *p, const struct authority_end *end)
{
	return keep_end(p, &(struct patient_end){.end = *end});
}

struct status patient_state_load_epoch(struct patient_state *p, const struct statement *s)
{
	return keep_epoch(p, s, 0);
}
