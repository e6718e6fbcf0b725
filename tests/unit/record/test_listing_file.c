/* SPDX-License-Identifier: Apache-2.0 */
/* What is listed of one patient file: records, histories, its own statements. */
#include "listing_fixture.h"

#define BOTH COMPARTMENT_BOTH

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

static size_t records_of(struct server *s, const struct actor *a, uint32_t kind, struct page *page)
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
		struct page page = {.since = 0, .limit = 10};
		assert_ok(server_grant(&s, &w->anna, &w->ben, cells[i].permissions, 0));
		server_rekey(&s, &w->anna);
		assert_ok(server_send(&s, &w->anna));
		assert_int_equal(records_of(&s, &w->ben, 0, &page), cells[i].records);
		page = (struct page){.since = 0, .limit = 10};
		assert_int_equal(records_of(&s, &w->anna, 0, &page), 3);
		page = (struct page){.since = 0, .limit = 10};
		assert_int_equal(records_of(&s, &w->anna, RECORD_IDENTITY, &page), 1);
	}
}

static void records_come_page_by_page(void **state)
{
	AUTO(server) s = {0};
	struct page page = {.since = 0, .limit = 2, .more = true};
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

int main(void)
{
	const struct CMUnitTest tests[] = {
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
