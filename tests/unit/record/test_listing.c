/* SPDX-License-Identifier: Apache-2.0 */
#include "server.h"

#define ID   COMPARTMENT_IDENTITY
#define CL   COMPARTMENT_CLINICAL
#define BOTH COMPARTMENT_BOTH

/** What a visitor saw. */
struct seen {
	size_t users, statements, records, patients, wrapped, accesses, ended;
	struct directory_state *directory; /* replayed, if set */
	struct file *file;                 /* replayed, if set */
	uint64_t last_leaf;
	struct listing_patient patient; /* the last one; its views are dead */
	bool owner_first;
};

static struct status see_user(void *context, const struct listing_user *user)
{
	struct seen *seen = context;

	assert_int_equal(seen->statements, 0);
	assert_true(user->person->login.len > 0 && user->seq > 0);
	seen->users++;
	return OK;
}

static struct status see_statement(void *context, const struct listing_statement *s)
{
	struct seen *seen = context;

	assert_true(seen->statements == 0 || s->leaf > seen->last_leaf);
	seen->last_leaf = s->leaf;
	seen->statements++;
	if (seen->directory != NULL)
		assert_ok(directory_state_add(seen->directory, s->statement, s->leaf, s->time));
	return OK;
}

static void page_of_directory(struct server *s, const struct actor *a, struct listing_page *page, struct seen *seen)
{
	AUTO(store_snapshot) snapshot = {0};
	struct permit_room room;
	const struct listing_directory visit = {see_user, see_statement, seen};

	assert_ok(store_snapshot_new(&s->store, &snapshot));
	seen->statements = 0;
	const struct permit_pass *pass = server_pass(s, snapshot.view, a, PERMIT_USER_LIST, &room);
	assert_ok(listing_directory(snapshot.view, pass, page, &visit));
}

static void the_directory_replays_from_pages_of_any_length(void **state)
{
	AUTO(server) s = {0};

	(void)state;
	server_begin(&s);
	for (uint32_t limit = 1; limit <= 10; limit++) {
		AUTO(directory_state) replayed = {0};
		struct seen seen = {.directory = &replayed};
		struct listing_page page = {.since = 0, .limit = limit, .more = true};
		size_t statements = 0;
		struct person p;

		while (page.more) {
			page_of_directory(&s, &s.reader.w.carl, &page, &seen);
			statements += seen.statements;
			assert_true(seen.statements <= limit);
			page.since = page.next;
		}
		assert_int_equal(statements, 8);
		assert_true(seen.users >= 4);
		assert_ok(directory_state_find_login(&replayed, TEXT("ben"), &p));
		assert_true(p.enrolled && hash_equal(&p.key_hash, &s.reader.w.ben.key_hash));
		/* From there on nothing, until something changes. */
		seen.users = 0;
		page_of_directory(&s, &s.reader.w.carl, &page, &seen);
		assert_int_equal(seen.users + seen.statements, 0);
		assert_int_equal(page.next, page.since);
	}
}

static void the_directory_tells_what_changed_since(void **state)
{
	AUTO(server) s = {0};
	struct world *w = &s.reader.w;
	struct seen seen = {0};
	struct listing_page page = {.since = 0, .limit = 100};

	(void)state;
	server_begin(&s);
	page_of_directory(&s, &w->anna, &page, &seen);
	page.since = page.next;
	world_user(w, &w->ben, PROFILE_ASSISTANT, 3, USER_ACTIVE);
	assert_ok(server_enter(&s, &w->administrator, ""));
	seen = (struct seen){0};
	page_of_directory(&s, &w->anna, &page, &seen);
	assert_int_equal(seen.users, 1);
	assert_int_equal(seen.statements, 1);
	assert_int_equal(seen.last_leaf, 8);
	const struct listing_directory visit = {see_user, see_statement, &seen};
	assert_fails(ST_DENIED, listing_directory(NULL, NULL, &page, &visit));
}

static void an_invitation_comes_with_its_proof(void **state)
{
	AUTO(server) s = {0};
	AUTO(actor) eve = {0};
	AUTO(store_snapshot) snapshot = {0};
	AUTO(directory_state) replayed = {0};
	struct seen seen = {.directory = &replayed};
	const struct listing_directory visit = {see_user, see_statement, &seen};
	struct world *w = &s.reader.w;
	struct hash key_hash;
	struct person p;

	(void)state;
	server_begin(&s);
	actor_of(9, "eve", &eve);
	world_invitation(w, &eve, TEXT("eve"), PROFILE_CLINICIAN, 3);
	assert_ok(server_enter(&s, &w->administrator, ""));
	assert_ok(store_snapshot_new(&s.store, &snapshot));
	assert_ok(key_hash_invitation(&eve.invitation.public_key, &key_hash));
	assert_ok(listing_invitation(snapshot.view, &key_hash, &visit));
	assert_int_equal(seen.users, 1);
	assert_int_equal(seen.statements, 3); /* site, the administrator's key, the invitation: nothing of others */
	assert_ok(directory_state_find_login(&replayed, TEXT("eve"), &p));
	assert_false(p.enrolled);
	assert_ok(key_hash_invitation(&w->ben.invitation.public_key, &key_hash)); /* used */
	assert_fails(ST_NOT_FOUND, listing_invitation(snapshot.view, &key_hash, &visit));
}

static struct status see_record(void *context, const struct listing_record *r)
{
	struct seen *seen = context;

	assert_int_equal(r->header.len, sizeof server_header);
	assert_int_equal(r->key.len, 72);
	assert_true(r->statement.statement.len > 0);
	seen->records++;
	seen->ended += r->end.statement.len > 0 ? 1 : 0;
	return OK;
}

static struct status see_patient(void *context, const struct listing_patient *p)
{
	struct seen *seen = context;

	seen->patients++;
	seen->ended += p->ended ? 1 : 0;
	seen->patient = *p;
	for (size_t i = 0; i < p->statement_count; i++)
		assert_true(p->statements[i].statement.len > 0);
	for (size_t i = 0; i < p->wrapped_count; i++)
		assert_int_equal(p->wrapped[i].wrapped.len, WRAPPED);
	return OK;
}

static struct seen patients_of(struct server *s, const struct actor *a, struct listing_page *page)
{
	AUTO(store_snapshot) snapshot = {0};
	struct permit_room room;
	struct seen seen = {0};

	assert_ok(store_snapshot_new(&s->store, &snapshot));
	const struct permit_pass *pass = server_pass(s, snapshot.view, a, PERMIT_PATIENT_LIST, &room);
	assert_ok(listing_patients(snapshot.view, pass, s->reader.w.time, page, see_patient, &seen));
	return seen;
}

static void files_come_with_what_opens_their_identity(void **state)
{
	AUTO(server) s = {0};
	const struct world *w = &s.reader.w;
	struct listing_page page = {.since = 0, .limit = 10};

	(void)state;
	server_begin(&s);
	server_file(&s);
	assert_ok(server_record(&s, &w->anna, ID, NULL));
	assert_ok(server_send(&s, &w->anna));
	struct seen seen = patients_of(&s, &w->anna, &page);
	assert_int_equal(seen.patients, 1);
	assert_int_equal(seen.patient.power, RIGHTS_ALL);
	assert_int_equal(seen.patient.statement_count, 3);
	assert_int_equal(seen.patient.wrapped_count, 2);
	assert_true(seen.patient.has_identity);
	assert_false(page.more);
	page = (struct listing_page){.since = 0, .limit = 10};
	seen = patients_of(&s, &w->ben, &page);
	assert_int_equal(seen.patients, 1);
	assert_int_equal(seen.patient.power, 7);
	assert_int_equal(seen.patient.statement_count, 4);
	assert_int_equal(seen.patient.wrapped_count, 2);
	page.since = page.next;
	assert_int_equal(patients_of(&s, &w->ben, &page).patients, 0);
	page.since = 0;
	assert_int_equal(patients_of(&s, &w->carl, &page).patients, 0);
}

static void what_rights_do_not_cover_is_left_out(void **state)
{
	AUTO(server) s = {0};
	struct world *w = &s.reader.w;
	struct listing_page page = {.since = 0, .limit = 10};

	(void)state;
	server_begin(&s);
	server_file(&s);
	assert_ok(server_record(&s, &w->anna, ID, NULL));
	assert_ok(server_send(&s, &w->anna));
	/* The administrator takes ben's right to identity; his wrapped key is still there, but not for him. */
	world_user(w, &w->ben, PROFILE_CLINICIAN, RIGHT_READ, USER_ACTIVE);
	assert_ok(server_enter(&s, &w->administrator, ""));
	const struct seen seen = patients_of(&s, &w->ben, &page);
	assert_int_equal(seen.patients, 1);
	assert_int_equal(seen.patient.power, RIGHT_READ);
	assert_int_equal(seen.patient.wrapped_count, 1);
	assert_int_equal(seen.patient.wrapped[0].compartment, CL);
	assert_false(seen.patient.has_identity);
}

static void the_end_of_an_access_is_told(void **state)
{
	AUTO(server) s = {0};
	const struct world *w = &s.reader.w;
	struct listing_page page = {.since = 0, .limit = 10};

	(void)state;
	server_begin(&s);
	server_file(&s);
	(void)patients_of(&s, &w->ben, &page);
	page.since = page.next;
	assert_ok(server_revoke(&s, &w->anna, &w->ben));
	server_rekey(&s, &w->anna);
	assert_ok(server_send(&s, &w->anna));
	const struct seen seen = patients_of(&s, &w->ben, &page);
	assert_int_equal(seen.patients, 1);
	assert_int_equal(seen.ended, 1);
	assert_int_equal(seen.patient.statement_count + seen.patient.wrapped_count, 0);
}

static void a_deletion_is_told_when_it_is_signed_and_when_it_counts(void **state)
{
	AUTO(server) s = {0};
	const struct world *w = &s.reader.w;
	const struct actor *const both[] = {&w->anna, &w->ben};
	struct listing_page page[] = {{.limit = 10}, {.limit = 10}};

	(void)state;
	server_begin(&s);
	server_file(&s);
	for (size_t i = 0; i < COUNT(both); i++) {
		(void)patients_of(&s, both[i], &page[i]);
		page[i].since = page[i].next;
	}
	assert_ok(server_delete(&s, &w->anna));
	assert_ok(server_send(&s, &w->anna));
	for (size_t i = 0; i < COUNT(both); i++) {
		const struct seen seen = patients_of(&s, both[i], &page[i]);
		assert_int_equal(seen.patients, 1);
		assert_int_equal(seen.ended, 0);
		assert_int_equal(seen.patient.statement_count, 4 + i);
		assert_int_equal(seen.patient.wrapped_count, 2);
	}
	s.reader.w.time += 7 * DAY;
	for (size_t i = 0; i < COUNT(both); i++) {
		const struct seen seen = patients_of(&s, both[i], &page[i]);
		assert_int_equal(seen.patients, 1);
		assert_int_equal(seen.ended, 1);
		assert_int_equal(seen.patient.statement_count + seen.patient.wrapped_count, 0);
	}
}

/** One file each for ${count} patients of anna's; every third is shared with ben. */
static void many_files(struct server *s, uint8_t count)
{
	struct world *w = &s->reader.w;

	for (uint8_t i = 0; i < count; i++) {
		const struct patient_id patient = {uuid_of((uint8_t)(100 + i))};
		const struct actor *author = i % 2 == 0 ? &w->anna : &w->ben;
		const struct actor *other = i % 2 == 0 ? &w->ben : &w->anna;
		struct statement d = world_draft(w, STATEMENT_PATIENT, author, NULL);

		d.patient.patient = patient;
		world_sign(w, &d, &author->sign);
		server_take(s);
		struct hash head = w->last.name;
		if (i % 3 == 0) {
			d = world_draft(w, STATEMENT_GRANT, author, &head);
			d.grant = (struct statement_grant){patient, RECIPIENT_USER, other->id.uuid, 3, 0};
			world_sign(w, &d, &author->sign);
			server_take(s);
		}
		assert_ok(server_send(s, author));
	}
}

static void own_and_shared_files_come_in_one_order(void **state)
{
	AUTO(server) s = {0};

	(void)state;
	server_begin(&s);
	many_files(&s, 18); /* 9 are anna's, of ben's 9 every third (3, 9, 15) is shared with her */
	for (uint32_t limit = 1; limit <= 13; limit++) {
		struct listing_page page = {.since = 0, .limit = limit, .more = true};
		size_t count = 0;

		while (page.more) {
			const struct seen seen = patients_of(&s, &s.reader.w.anna, &page);
			assert_true(seen.patients <= limit);
			count += seen.patients;
			assert_true(page.next > page.since || seen.patients == 0);
			page.since = page.next;
		}
		assert_int_equal(count, 12);
	}
}

static void files_whose_key_was_destroyed_are_passed_over(void **state)
{
	AUTO(server) s = {0};
	struct listing_page page = {.since = 0, .limit = 5, .more = true};
	const struct uuid destroyed = uuid_of(100);
	size_t own = 0, shared = 0;

	(void)state;
	server_begin(&s);
	many_files(&s, 6); /* 100, 102, 104 are anna's; 100 is shared with ben, 103 with her */
	rig_destroy(&destroyed);
	while (page.more) {
		own += patients_of(&s, &s.reader.w.anna, &page).patients;
		page.since = page.next;
	}
	page = (struct listing_page){.since = 0, .limit = 1, .more = true};
	while (page.more) {
		shared += patients_of(&s, &s.reader.w.ben, &page).patients;
		page.since = page.next;
	}
	rig_destroy(&(struct uuid){0});
	assert_int_equal(own, 3);
	assert_int_equal(shared, 3);
}

static void the_newest_identity_and_epochs_are_shown(void **state)
{
	AUTO(server) s = {0};
	const struct world *w = &s.reader.w;
	struct listing_page page = {.since = 0, .limit = 10};

	(void)state;
	server_begin(&s);
	server_file(&s);
	assert_ok(server_record(&s, &w->anna, ID, NULL));
	assert_ok(server_record(&s, &w->anna, ID, NULL));
	server_rekey(&s, &w->anna);
	assert_ok(server_send(&s, &w->anna));
	struct seen seen = patients_of(&s, &w->anna, &page);
	assert_true(seen.patient.has_identity);
	assert_int_equal(seen.patient.identity.version, 2);
	assert_true(seen.patient.identity.seq > 0);
	assert_int_equal(seen.patient.wrapped[0].number, 1);
	assert_int_equal(seen.patient.statement_count, 3);
	/* Its end is the end of what the list shows of it. */
	assert_ok(server_end_record(&s, &w->anna));
	assert_ok(server_send(&s, &w->anna));
	page = (struct listing_page){.since = 0, .limit = 10};
	assert_false(patients_of(&s, &w->anna, &page).patient.has_identity);
}

static size_t records_of(struct server *s, const struct actor *a, uint32_t kind, struct listing_page *page)
{
	AUTO(store_snapshot) snapshot = {0};
	const struct listing_which which = {kind, s->reader.w.time};
	struct permit_room room;
	struct seen seen = {0};

	assert_ok(store_snapshot_new(&s->store, &snapshot));
	const struct permit_pass *pass = server_pass(s, snapshot.view, a, PERMIT_PATIENT_SEE, &room);
	assert_ok(listing_records(snapshot.view, pass, &which, page, see_record, &seen));
	return seen.records;
}

/** A record of its own under each compartment. */
static void three_records(struct server *s)
{
	for (unsigned c = ID; c <= BOTH; c++) {
		s->reader.record = (struct record_state){0};
		struct statement d = server_record_draft(s, &s->reader.w.anna, (enum compartment)c, NULL);
		d.record.record.uuid = uuid_of((uint8_t)(60 + c));
		server_take_record(s, &d, &s->reader.w.anna, NULL);
		assert_ok(server_send(s, &s->reader.w.anna));
	}
}

static void records_go_to_those_who_may_read_their_compartment(void **state)
{
	AUTO(server) s = {0};
	const struct world *w = &s.reader.w;
	static const struct {
		uint32_t permissions;
		size_t records;
	} cells[] = {{RIGHT_IDENTITY, 1}, {RIGHT_READ, 1}, {3, 3}, {RIGHT_WRITE | RIGHT_SHARE, 0}, {7, 3}};

	(void)state;
	server_begin(&s);
	server_file(&s);
	three_records(&s);
	for (size_t i = 0; i < COUNT(cells); i++) {
		struct listing_page page = {.since = 0, .limit = 10};
		assert_ok(server_grant(&s, &w->anna, &w->ben, cells[i].permissions, 0));
		server_rekey(&s, &w->anna);
		assert_ok(server_send(&s, &w->anna));
		assert_int_equal(records_of(&s, &w->ben, 0, &page), cells[i].records);
		page = (struct listing_page){.since = 0, .limit = 10};
		assert_int_equal(records_of(&s, &w->anna, 0, &page), 3);
		page = (struct listing_page){.since = 0, .limit = 10};
		assert_int_equal(records_of(&s, &w->anna, RECORD_IDENTITY, &page), 1);
	}
}

static void records_come_page_by_page(void **state)
{
	AUTO(server) s = {0};
	struct listing_page page = {.since = 0, .limit = 2, .more = true};
	size_t count = 0;

	(void)state;
	server_begin(&s);
	server_file(&s);
	three_records(&s);
	while (page.more) {
		count += records_of(&s, &s.reader.w.anna, 0, &page);
		page.since = page.next;
	}
	assert_int_equal(count, 3);
}

static void a_history_has_every_version_and_the_end(void **state)
{
	AUTO(server) s = {0};
	AUTO(store_snapshot) snapshot = {0};
	const struct record_id record = {uuid_of(RECORD)};
	struct permit_room room;
	struct seen seen = {0};

	(void)state;
	server_begin(&s);
	server_file(&s);
	for (int i = 0; i < 3; i++)
		assert_ok(server_record(&s, &s.reader.w.ben, CL, NULL));
	assert_ok(server_send(&s, &s.reader.w.ben));
	assert_ok(server_end_record(&s, &s.reader.w.anna));
	assert_ok(server_send(&s, &s.reader.w.anna));
	assert_ok(store_snapshot_new(&s.store, &snapshot));
	const struct permit_pass *pass = server_pass(&s, snapshot.view, &s.reader.w.anna, PERMIT_PATIENT_SEE, &room);
	assert_ok(listing_history(snapshot.view, pass, &record, NOW, see_record, &seen));
	assert_int_equal(seen.records, 3);
	assert_int_equal(seen.ended, 3);
	const struct record_id nobody = {uuid_of(99)};
	assert_fails(ST_NOT_FOUND, listing_history(snapshot.view, pass, &nobody, NOW, see_record, &seen));
	const struct permit_pass *other = server_pass(&s, snapshot.view, &s.reader.w.anna, PERMIT_SHARE, &room);
	assert_fails(ST_DENIED, listing_history(snapshot.view, other, &record, NOW, see_record, &seen));
}

static struct status replay(void *context, const struct listing_statement *shown)
{
	struct seen *seen = context;
	struct file *f = seen->file;
	struct statement s;

	TRY(see_statement(context, shown));
	TRY(statement_parse(shown->statement, &s));
	return patient_state_add(&f->p, &f->people, &s, (struct place){shown->leaf, shown->time, false});
}

static struct status see_wrapped(void *context, const struct listing_wrapped *w)
{
	struct seen *seen = context;

	assert_int_equal(w->wrapped.len, WRAPPED);
	seen->wrapped++;
	return OK;
}

static struct status see_access(void *context, const struct listing_access *a)
{
	struct seen *seen = context;

	if (seen->accesses++ == 0)
		seen->owner_first = a->owner;
	return OK;
}

static void a_file_replays_from_what_the_server_gives(void **state) /* PROMISES#B3 */
{
	AUTO(server) s = {0};
	AUTO(store_snapshot) snapshot = {0};
	AUTO(patient_state) before = {0};
	struct permit_room room;
	struct seen seen = {.file = &s.reader};
	const struct listing_file visit = {replay, see_wrapped, see_access, &seen};

	(void)state;
	server_begin(&s);
	server_file(&s);
	assert_ok(server_record(&s, &s.reader.w.anna, CL, NULL)); /* not among them */
	assert_ok(server_send(&s, &s.reader.w.anna));
	before = s.reader.p;
	s.reader.p = (struct patient_state){.fingerprint = s.fingerprint};
	assert_ok(store_snapshot_new(&s.store, &snapshot));
	const struct permit_pass *pass = server_pass(&s, snapshot.view, &s.reader.w.ben, PERMIT_PATIENT_PROVE, &room);
	assert_ok(listing_file(snapshot.view, pass, NOW, &visit));
	assert_int_equal(seen.statements, 4);
	assert_int_equal(seen.wrapped, 2);
	assert_int_equal(seen.accesses, 2);
	assert_true(seen.owner_first);
	assert_true(hash_equal(&s.reader.p.head, &before.head));
	assert_int_equal(s.reader.p.epoch_count, before.epoch_count);
}

static struct status open_file(struct server *s)
{
	AUTO(store_snapshot) snapshot = {0};
	AUTO(patient_state) replayed = {.fingerprint = s->fingerprint};
	struct permit_room room;
	struct seen seen = {.file = &s->reader};
	const struct listing_file visit = {replay, see_wrapped, see_access, &seen};

	patient_state_clear(&s->reader.p);
	s->reader.p = (struct patient_state){.fingerprint = s->fingerprint};
	assert_ok(store_snapshot_new(&s->store, &snapshot));
	const struct permit_pass *pass = server_pass(s, snapshot.view, &s->reader.w.anna, PERMIT_PATIENT_PROVE, &room);
	return listing_file(snapshot.view, pass, NOW, &visit);
}

/** Without the row of clinical epoch ${number}, and without an audit leaf: as damage does it. */
static void lose_epoch(struct server *s, uint64_t number)
{
	AUTO(store_txn) txn = {0};
	const struct uuid patient = uuid_of(PATIENT);
	const struct row_value key[] = {ROW_NUMBER(HOLDER_PATIENT), ROW_UUID(&patient), ROW_NUMBER(CL),
					ROW_NUMBER(number)};

	assert_ok(store_begin(&s->store, &txn));
	assert_ok(store_remove(&txn, TABLE_EPOCH, key));
	assert_ok(store_txn_audit(&txn, BYTES_LITERAL("lost"), NULL));
	assert_ok(store_commit(&txn));
}

static void a_file_whose_epochs_are_not_whole_is_not_opened(void **state)
{
	(void)state;
	for (uint64_t lost = 0; lost < 3; lost++) {
		AUTO(server) s = {0};

		server_begin(&s);
		server_file(&s);
		server_rekey(&s, &s.reader.w.anna);
		assert_ok(server_send(&s, &s.reader.w.anna));
		server_rekey(&s, &s.reader.w.anna);
		assert_ok(server_send(&s, &s.reader.w.anna));
		assert_ok(open_file(&s));
		lose_epoch(&s, lost);
		assert_fails(ST_CORRUPT, open_file(&s));
	}
}

static void a_deleted_file_gives_its_proof_and_no_key(void **state)
{
	AUTO(server) s = {0};
	AUTO(store_snapshot) snapshot = {0};
	AUTO(patient_state) before = {0};
	struct permit_room room;
	struct seen seen = {.file = &s.reader};
	const struct listing_file visit = {replay, see_wrapped, see_access, &seen};

	(void)state;
	server_begin(&s);
	server_file(&s);
	assert_ok(server_delete(&s, &s.reader.w.anna));
	assert_ok(server_send(&s, &s.reader.w.anna));
	s.reader.w.time += 7 * DAY;
	before = s.reader.p;
	s.reader.p = (struct patient_state){.fingerprint = s.fingerprint};
	assert_ok(store_snapshot_new(&s.store, &snapshot));
	const struct permit_pass *pass = server_pass(&s, snapshot.view, &s.reader.w.ben, PERMIT_PATIENT_PROVE, &room);
	assert_ok(listing_file(snapshot.view, pass, s.reader.w.time, &visit));
	assert_int_equal(seen.statements, 5);
	assert_int_equal(seen.wrapped, 0);
	const struct authority_end end = patient_state_end(&s.reader.p, POSITION_NOW);
	assert_true(authority_ended(&end, s.reader.w.time));
	assert_null(server_pass(&s, snapshot.view, &s.reader.w.anna, PERMIT_PATIENT_SEE, &room));
}

static void a_token_finds_its_owners_source(void **state)
{
	AUTO(server) s = {0};
	AUTO(store_snapshot) snapshot = {0};
	static const uint8_t token[32] = {5};
	struct listing_sought wanted = {.time = NOW};
	struct patient_id patient;
	struct record_id record;
	struct permit_room room;

	(void)state;
	memcpy(wanted.token.bytes, token, 32);
	server_begin(&s);
	server_file(&s);
	struct statement d = server_record_draft(&s, &s.reader.w.anna, BOTH, NULL);
	d.record.token = BYTES_OF(token);
	server_take_record(&s, &d, &s.reader.w.anna, NULL);
	assert_ok(server_send(&s, &s.reader.w.anna));
	assert_ok(store_snapshot_new(&s.store, &snapshot));
	const struct permit_pass *pass = server_pass(&s, snapshot.view, &s.reader.w.anna, PERMIT_PATIENT_LIST, &room);
	assert_ok(listing_token(snapshot.view, pass, &wanted, &patient, &record));
	assert_int_equal(patient.uuid.bytes[0], PATIENT);
	assert_int_equal(record.uuid.bytes[0], RECORD);
	pass = server_pass(&s, snapshot.view, &s.reader.w.ben, PERMIT_PATIENT_LIST, &room);
	assert_fails(ST_NOT_FOUND, listing_token(snapshot.view, pass, &wanted, &patient, &record));
}

static int setup(void **state)
{
	(void)state;
	return ok(secret_setup()) && ok(crypto_setup()) ? 0 : 1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_directory_replays_from_pages_of_any_length),
		TEST(the_directory_tells_what_changed_since),
		TEST(an_invitation_comes_with_its_proof),
		TEST(files_come_with_what_opens_their_identity),
		TEST(what_rights_do_not_cover_is_left_out),
		TEST(the_end_of_an_access_is_told),
		TEST(a_deletion_is_told_when_it_is_signed_and_when_it_counts),
		TEST(own_and_shared_files_come_in_one_order),
		TEST(files_whose_key_was_destroyed_are_passed_over),
		TEST(the_newest_identity_and_epochs_are_shown),
		TEST(records_go_to_those_who_may_read_their_compartment),
		TEST(records_come_page_by_page),
		TEST(a_history_has_every_version_and_the_end),
		TEST(a_file_replays_from_what_the_server_gives),
		TEST(a_file_whose_epochs_are_not_whole_is_not_opened),
		TEST(a_deleted_file_gives_its_proof_and_no_key),
		TEST(a_token_finds_its_owners_source),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}
