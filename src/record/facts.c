/* SPDX-License-Identifier: Apache-2.0 */
#include "facts.h"

#include "record_row.h"
#include "userrow.h"

/* Logins of the people that one change asks for. */
#define LOGIN_BYTES (1u << 20)

static struct status take_name(void *context, const struct row *row)
{
	struct hash *name = context;

	*name = row_hash(row, COLUMN_STATEMENT_NAME);
	return OK;
}

struct status facts_fingerprint(struct store_view *view, struct hash *out)
{
	struct store_range range = {.index = INDEX_STATEMENT_SUBJECT, .prefix_count = 1, .limit = 1};
	struct hash subject;
	struct hash name = {{0}};

	TRY(statement_subject_site(&subject));
	range.prefix[0] = (struct row_value)ROW_HASH(&subject);
	TRY(store_scan(view, TABLE_STATEMENT, &range, take_name, &name));
	if (hash_is_zero(&name))
		return FAIL_AT(ST_NOT_FOUND, "site");
	*out = name;
	return OK;
}

void facts_of(const struct person *person, uint64_t time, struct permit_facts *out)
{
	*out = (struct permit_facts){
		.user = person->id,
		.profile = person->profile,
		.rights = person->rights,
		.state = person->state,
		.enrolled = person->enrolled,
		.time = time,
	};
}

struct status facts_user(struct store_view *view, const struct user_id *user, uint64_t time, struct permit_facts *out)
{
	AUTO(row) row = {0};
	struct person person;

	TRY(userrow_get(view, user, &row, &person));
	facts_of(&person, time, out);
	return OK;
}

static struct status grant_to(struct store_view *view, const struct patient_id *patient, const struct user_id *user,
			      struct authority_grant *out)
{
	const struct row_value key[] = {ROW_UUID(&patient->uuid), ROW_NUMBER(RECIPIENT_USER), ROW_UUID(&user->uuid)};
	AUTO(row) row = {0};
	struct record_access access;
	const struct status got = store_get(view, TABLE_ACCESS, key, &row);

	if (got.code == ST_NOT_FOUND)
		return OK;
	TRY(got);
	TRY(record_row_read_access(&row, &access));
	*out = access.grant;
	return OK;
}

struct status facts_patient(struct store_view *view, const struct user_id *user, const struct patient_id *patient,
			    uint64_t time, struct permit_facts *out)
{
	struct permit_facts f;

	TRY(facts_user(view, user, time, &f));
	TRY(facts_file(view, patient, &f));
	*out = f;
	return OK;
}

struct status facts_file(struct store_view *view, const struct patient_id *patient, struct permit_facts *facts)
{
	struct authority_grant grant = {0};
	struct record_patient file;

	TRY(record_row_patient(view, patient, &file));
	TRY(grant_to(view, patient, &facts->user, &grant));
	facts->patient = *patient;
	facts->owner = uuid_equal(&file.owner.uuid, &facts->user.uuid);
	facts->grant = grant;
	facts->end = file.end;
	return OK;
}

static struct status peek(struct store_view *view, enum table_id table, const struct row_value *key, struct row *row,
			  bool *found)
{
	const struct status got = store_peek(view, table, key, row);

	*found = ok(got);
	return got.code == ST_NOT_FOUND ? OK : got;
}

struct status facts_related(struct store_view *view, const struct user_id *user, const struct patient_id *patient,
			    struct facts_relation *out)
{
	const struct row_value file[] = {ROW_UUID(&patient->uuid)};
	const struct row_value access[] = {ROW_UUID(&patient->uuid), ROW_NUMBER(RECIPIENT_USER), ROW_UUID(&user->uuid)};
	AUTO(row) row = {0};
	bool exists, given;

	/* Both are asked for whatever the first one says. */
	TRY(peek(view, TABLE_PATIENT, file, &row, &exists));
	const struct uuid owner = exists ? row_uuid(&row, COLUMN_PATIENT_OWNER) : (struct uuid){{0}};
	TRY(peek(view, TABLE_ACCESS, access, &row, &given));
	*out = (struct facts_relation){exists, exists && (given || uuid_equal(&owner, &user->uuid))};
	return OK;
}

static struct status see(struct store_view *view, const struct patient_id *patient, struct permit_facts *facts)
{
	const struct permit_pass *pass;
	struct permit_room room;

	TRY(facts_file(view, patient, facts));
	return permit_decide(facts, PERMIT_PATIENT_PROVE, &room, &pass);
}

struct status facts_visible(struct store_view *view, const struct patient_id *patient, struct permit_facts *facts,
			    bool *exists)
{
	struct facts_relation relation;

	TRY(facts_related(view, &facts->user, patient, &relation));
	*exists = relation.exists;
	if (!relation.related)
		return FAIL_AT(ST_NOT_FOUND, "patient");
	const struct status seen = see(view, patient, facts);
	return seen.code == ST_DENIED ? FAIL_AT(ST_NOT_FOUND, "patient") : seen;
}

struct status facts_whose(struct store_view *view, const struct record_id *record, struct patient_id *patient)
{
	const struct row_value key[] = {ROW_UUID(&record->uuid)};
	AUTO(row) row = {0};
	bool found;

	TRY(peek(view, TABLE_RECORD, key, &row, &found));
	if (!found)
		return FAIL_AT(ST_NOT_FOUND, "record");
	patient->uuid = row_uuid(&row, COLUMN_RECORD_PATIENT);
	return OK;
}

struct status facts_owner(struct store_view *view, const struct patient_id *patient, struct user_id *out)
{
	struct record_patient file;

	TRY(record_row_patient(view, patient, &file));
	*out = file.owner;
	return OK;
}

struct status facts_record(struct store_view *view, const struct record_id *record, struct record_state *out)
{
	AUTO(row) row = {0};
	struct record_kept kept;

	TRY(record_row_record(view, record, &row, &kept));
	*out = kept.state;
	return OK;
}

uint32_t facts_power(const struct permit_facts *f)
{
	const struct person person = {.profile = f->profile, .rights = f->rights, .state = f->state};

	return authority_ended(&f->end, f->time) ? 0 : authority_power(&person, f->owner, &f->grant, f->time);
}

/* ---- People ---- */

static struct status find(void *context, const struct user_id *id, uint64_t position, struct person *out)
{
	struct facts_people *p = context;
	AUTO(row) row = {0};
	struct person person;

	(void)position; /* rows know only now */
	if (!p->known || !uuid_equal(&p->last.id.uuid, &id->uuid)) {
		TRY(userrow_get(p->view, id, &row, &person));
		TRY(arena_text(&p->logins, person.login, &person.login));
		p->last = person;
		p->known = true;
	}
	*out = p->last;
	return OK;
}

struct people facts_people(struct facts_people *p, struct store_view *view)
{
	*p = (struct facts_people){.view = view, .logins = {.max = LOGIN_BYTES}};
	return (struct people){find, p};
}

void facts_people_changed(struct facts_people *p)
{
	p->known = false;
}

void facts_people_clear(struct facts_people *p)
{
	arena_clear(&p->logins);
}

/* ---- One patient file ---- */

static struct status load_grant(void *context, const struct row *row)
{
	struct record_access a;

	TRY(record_row_read_access(row, &a));
	return a.grant.exists ? patient_state_load_grant(context, a.kind, &a.recipient, &a.grant) : OK;
}

/** The newest epoch's statement of one compartment, if there is one. */
static struct status load_epoch(struct store_view *view, uint64_t place, struct patient_state *out)
{
	AUTO(row) row = {0};
	struct record_stored stored;
	struct statement s;

	if (place == 0)
		return OK;
	if (!ok(record_row_statement_at(view, place, &row, &stored)) || !ok(statement_parse(stored.bytes, &s)))
		return FAIL_AT(ST_CORRUPT, "epoch");
	return patient_state_load_epoch(out, &s);
}

static struct status load(struct store_view *view, const struct hash *fingerprint, const struct record_patient *file,
			  struct patient_state *out)
{
	struct store_range grants = {.index = TABLE_NONE, .prefix_count = 1, .prefix = {ROW_UUID(&file->id.uuid)}};

	patient_state_load(out, fingerprint, &file->id, &file->owner, &file->head);
	if (file->end.exists)
		TRY(patient_state_load_end(out, &file->end));
	TRY(record_row_scan(view, TABLE_ACCESS, &grants, load_grant, out));
	TRY(load_epoch(view, file->identity_epoch, out));
	return load_epoch(view, file->clinical_epoch, out);
}

struct status facts_state(struct store_view *view, const struct hash *fingerprint, const struct record_patient *file,
			  struct patient_state *out)
{
	AUTO(patient_state) loaded = {0};

	TRY(load(view, fingerprint, file, &loaded));
	*out = loaded;
	loaded = (struct patient_state){0};
	return OK;
}
