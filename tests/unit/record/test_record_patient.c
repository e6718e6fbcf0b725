/* SPDX-License-Identifier: Apache-2.0 */
/* Patient files: grants, epochs, records, and who may fetch them. */
#include "recordpatient_fixture.h"

static void a_file_comes_with_grants_and_keys_in_one_change(void **state)
{
	AUTO(server) s = {0};

	(void)state;
	server_begin(&s);
	server_file(&s);
	assert_int_equal(s.leaves, 12);
	assert_int_equal(count_rows(&s, TABLE_PATIENT), 1);
	assert_int_equal(count_rows(&s, TABLE_ACCESS), 1);
	assert_int_equal(count_rows(&s, TABLE_EPOCH), 2);
	assert_int_equal(count_rows(&s, TABLE_WRAPPED_KEY), 4);
	assert_int_equal(count_rows(&s, TABLE_STATEMENT), 12);
	assert_int_equal(count_rows(&s, TABLE_OUTBOX), 12);
}

static void wrapped_keys_are_those_that_the_epoch_names(void **state)
{
	AUTO(server) s = {0};
	const struct actor *anna = &s.reader.w.anna;

	(void)state;
	server_begin(&s);
	server_file(&s);
	assert_ok(server_epoch(&s, anna, ID));
	s.keys[0][1][40] ^= 1;
	assert_fails(ST_MISMATCH, server_send(&s, anna));
	s.keys[0][1][40] ^= 1;
	s.count = 1;
	s.items[0].wrapped_count = 1;
	assert_fails(ST_INVALID, server_send(&s, anna));
	s.count = 1;
	s.items[0].wrapped_count = 2;
	s.wrapped[0][1].len--;
	assert_fails(ST_INVALID, server_send(&s, anna));
	s.count = 1;
	s.wrapped[0][1].len++;
	assert_ok(server_send(&s, anna));
}

static void keys_of_those_who_left_are_deleted(void **state)
{
	AUTO(server) s = {0};
	const struct actor *anna = &s.reader.w.anna;

	(void)state;
	server_begin(&s);
	server_file(&s);
	assert_int_equal(count_rows(&s, TABLE_WRAPPED_KEY), 4);
	assert_ok(server_revoke(&s, anna, &s.reader.w.ben));
	server_rekey(&s, anna);
	assert_ok(server_send(&s, anna));
	assert_int_equal(count_rows(&s, TABLE_WRAPPED_KEY), 2);
	assert_int_equal(count_rows(&s, TABLE_EPOCH), 4);
}

static void a_revocation_brings_the_next_epochs(void **state) /* PROMISES#B5 */
{
	AUTO(server) s = {0};
	const struct actor *anna = &s.reader.w.anna;

	(void)state;
	server_begin(&s);
	server_file(&s);
	assert_ok(server_revoke(&s, anna, &s.reader.w.ben));
	assert_fails(ST_CONFLICT, server_send(&s, anna));
	s.count = 1;
	assert_ok(server_epoch(&s, anna, ID));
	assert_fails(ST_CONFLICT, server_send(&s, anna)); /* one of two compartments */
	s.count = 2;
	assert_ok(server_epoch(&s, anna, CL));
	assert_ok(server_send(&s, anna));
	AUTO(store_snapshot) snapshot = {0};
	struct permit_room room;
	assert_ok(store_snapshot_new(&s.store, &snapshot));
	assert_null(server_pass(&s, snapshot.view, &s.reader.w.ben, PERMIT_PATIENT_SEE, &room));
}

static void so_does_a_narrower_grant(void **state)
{
	AUTO(server) s = {0};
	const struct actor *anna = &s.reader.w.anna;

	(void)state;
	server_begin(&s);
	server_file(&s);
	assert_ok(server_grant(&s, anna, &s.reader.w.ben, RIGHT_READ, 0));
	assert_fails(ST_CONFLICT, server_send(&s, anna));
	s.count = 1;
	assert_ok(server_epoch(&s, anna, ID)); /* clinical he keeps */
	assert_ok(server_send(&s, anna));
}

static void who_cannot_read_a_compartment_may_revoke_without_rekeying_it(void **state)
{
	AUTO(server) s = {0};
	const struct actor *anna = &s.reader.w.anna;
	const struct actor *ben = &s.reader.w.ben;

	(void)state;
	server_begin(&s);
	server_file(&s);
	assert_ok(server_grant(&s, anna, ben, RIGHT_SHARE | RIGHT_IDENTITY | RIGHT_READ, 0));
	assert_ok(server_send(&s, anna));
	assert_ok(server_grant(&s, ben, &s.reader.w.carl, RIGHT_READ, 0));
	assert_ok(server_send(&s, ben));
	assert_ok(server_epoch(&s, ben, CL));
	assert_ok(server_send(&s, ben));
	assert_ok(server_grant(&s, anna, ben, RIGHT_SHARE, 0));
	server_rekey(&s, anna);
	assert_ok(server_send(&s, anna));
	/* Ben no longer reads; he takes back what he gave.  Nothing is written until somebody re-keys. */
	assert_ok(server_revoke(&s, ben, &s.reader.w.carl));
	assert_ok(server_send(&s, ben));
	assert_fails(ST_CONFLICT, server_record(&s, anna, CL, NULL));
	assert_fails(ST_CONFLICT, server_send(&s, anna));
	assert_ok(server_epoch(&s, anna, CL));
	assert_ok(server_record(&s, anna, CL, NULL));
	assert_ok(server_send(&s, anna));
}

static void every_statement_leaves_one_leaf_that_names_it(void **state) /* PROMISES#K10 */
{
	AUTO(server) s = {0};
	const struct actor *anna = &s.reader.w.anna;
	static const enum leaf_kind kinds[] = {LEAF_STATEMENT, LEAF_STATEMENT, LEAF_STATEMENT, LEAF_WRITE, LEAF_DELETE};
	static const char *const words[] = {"grant", "epoch", "epoch", "record", "record-end"};

	(void)state;
	server_begin(&s);
	server_file(&s);
	assert_ok(server_grant(&s, anna, &s.reader.w.carl, 7, 0));
	server_rekey(&s, anna);
	assert_ok(server_record(&s, anna, CL, NULL));
	assert_ok(server_end_record(&s, anna));
	const uint64_t first = s.leaves;
	assert_ok(server_send(&s, anna));
	assert_int_equal(s.events, COUNT(kinds));
	for (size_t i = 0; i < COUNT(kinds); i++) {
		const struct event *e = &s.logged[i];
		assert_int_equal(e->kind, kinds[i]);
		assert_int_equal(e->result, LEAF_DONE);
		assert_int_equal(e->time, s.outcomes[i].time);
		assert_int_equal(s.outcomes[i].leaf, first + i);
		assert_true(hash_equal(&e->subject.statement, &s.outcomes[i].name));
		assert_true(uuid_equal(&e->actor.user.uuid, &anna->id.uuid));
		assert_int_equal(e->subject.kind, PIECE_PATIENT);
		assert_int_equal(e->subject.id.bytes[0], PATIENT);
		assert_int_equal(e->subject.version, i < 3 ? 0 : 1);
		assert_int_equal(e->subject.record.uuid.bytes[0], i < 3 ? 0 : RECORD);
		assert_true(text_equal(e->subject.detail, text_of(words[i])));
	}
	world_user(&s.reader.w, &s.reader.w.carl, PROFILE_ASSISTANT, 1, USER_ACTIVE);
	assert_ok(server_enter(&s, &s.reader.w.administrator, ""));
	assert_int_equal(s.events, 1);
	assert_int_equal(s.logged[0].subject.kind, PIECE_USER);
	assert_true(uuid_equal(&s.logged[0].subject.id, &s.reader.w.carl.id.uuid));
}

static void nothing_is_known_of_a_file_that_is_not_there(void **state)
{
	AUTO(server) s = {0};
	AUTO(store_snapshot) snapshot = {0};
	const struct patient_id nobody = {uuid_of(99)};
	struct permit_facts facts;

	(void)state;
	server_begin(&s);
	server_file(&s);
	struct statement d = world_draft(&s.reader.w, STATEMENT_GRANT, &s.reader.w.anna, NULL);
	d.grant = (struct statement_grant){nobody, RECIPIENT_USER, s.reader.w.ben.id.uuid, 1, 0};
	world_sign(&s.reader.w, &d, &s.reader.w.anna.sign);
	server_take(&s);
	assert_fails(ST_NOT_FOUND, server_send(&s, &s.reader.w.anna));
	assert_ok(store_snapshot_new(&s.store, &snapshot));
	assert_fails(ST_NOT_FOUND, facts_patient(snapshot.view, &s.reader.w.anna.id, &nobody, NOW, &facts));
}

/** The rig's keys, counted. */
static unsigned keys_asked;

static struct status count_key(void *context, enum row_scope scope, const struct uuid *patient, struct key *out)
{
	(void)context;
	keys_asked += scope == ROW_PATIENT;
	return rig_keys.key(rig_keys.context, scope, patient, out);
}

static struct status visible(struct server *s, const struct actor *a, const struct patient_id *patient, bool *exists)
{
	AUTO(store_snapshot) snapshot = {0};
	struct permit_facts facts;

	TRY(store_snapshot_new(&s->store, &snapshot));
	TRY(facts_user(snapshot.view, &a->id, s->reader.w.time, &facts));
	keys_asked = 0;
	return facts_visible(snapshot.view, patient, &facts, exists);
}

static void who_may_not_see_a_file_finds_none(void **state) /* PROMISES#K9 */
{
	AUTO(server) s = {.rig = rig_new()};
	const struct patient_id there = {uuid_of(PATIENT)}, nobody = {uuid_of(99)};
	struct world *w = &s.reader.w;
	bool exists;

	(void)state;
	s.rig.options.keys.key = count_key;
	server_begin_in(&s);
	server_file(&s);
	assert_ok(visible(&s, &w->anna, &there, &exists));
	assert_ok(visible(&s, &w->ben, &there, &exists));
	assert_true(exists && keys_asked > 0);
	/* A stranger's answer is found without a key, whatever there is. */
	assert_fails(ST_NOT_FOUND, visible(&s, &w->carl, &there, &exists));
	assert_true(exists);
	assert_int_equal(keys_asked, 0);
	assert_fails(ST_NOT_FOUND, visible(&s, &w->carl, &nobody, &exists));
	assert_false(exists);
	assert_int_equal(keys_asked, 0);
	assert_fails(ST_NOT_FOUND, visible(&s, &w->administrator, &there, &exists));
	assert_ok(server_revoke(&s, &w->anna, &w->ben));
	server_rekey(&s, &w->anna);
	assert_ok(server_send(&s, &w->anna));
	assert_fails(ST_NOT_FOUND, visible(&s, &w->ben, &there, &exists));
	assert_true(exists);
}

/** send_about(s, a, kind, patient): a statement that says little more than whose file it is about. */
static struct status send_about(struct server *s, const struct actor *a, enum statement_kind kind,
				const struct patient_id *patient)
{
	struct statement d = world_draft(&s->reader.w, kind, a, NULL);

	if (kind == STATEMENT_GRANT)
		d.grant = (struct statement_grant){*patient, RECIPIENT_USER, s->reader.w.ben.id.uuid, 1, 0};
	else if (kind == STATEMENT_REVOCATION)
		d.revocation = (struct statement_revocation){*patient, RECIPIENT_USER, s->reader.w.ben.id.uuid};
	else if (kind == STATEMENT_RECORD_END)
		d.record_end = (struct statement_record_end){*patient, {uuid_of(RECORD)}, 1, END_DELETED};
	else
		d.patient.patient = *patient;
	world_sign(&s->reader.w, &d, &a->sign);
	server_take(s);
	return server_send(s, a);
}

static void a_strangers_statement_finds_no_file(void **state) /* PROMISES#K9 */
{
	static const enum statement_kind kinds[] = {STATEMENT_GRANT, STATEMENT_REVOCATION, STATEMENT_RECORD_END};
	AUTO(server) s = {0};
	AUTO(store_snapshot) snapshot = {0};
	const struct patient_id there = {uuid_of(PATIENT)}, nobody = {uuid_of(99)};
	struct world *w = &s.reader.w;
	struct patient_id asked;
	bool exists, before;

	(void)state;
	server_begin(&s);
	server_file(&s);
	assert_ok(server_revoke(&s, &w->anna, &w->ben));
	server_rekey(&s, &w->anna);
	assert_ok(server_send(&s, &w->anna));
	const struct actor *const people[] = {&w->carl, &w->ben};
	for (size_t p = 0; p < COUNT(people); p++)
		for (size_t k = 0; k < COUNT(kinds); k++) {
			const struct status foreign = send_about(&s, people[p], kinds[k], &there);
			assert_ok(store_snapshot_new(&s.store, &snapshot));
			assert_ok(record_subject(snapshot.view, &s.change, &asked, &exists));
			assert_true(exists && uuid_equal(&asked.uuid, &there.uuid));
			const struct status unknown = send_about(&s, people[p], kinds[k], &nobody);
			assert_ok(record_subject(snapshot.view, &s.change, &asked, &exists));
			assert_false(exists);
			store_snapshot_clear(&snapshot);
			assert_int_equal(foreign.code, ST_NOT_FOUND);
			assert_int_equal(foreign.code, unknown.code);
			assert_string_equal(foreign.what, unknown.what);
		}
	/* Nor is a file made over hers. */
	assert_fails(ST_CONFLICT, send_about(&s, &w->ben, STATEMENT_PATIENT, &there));
	assert_ok(visible(&s, &w->anna, &there, &before));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_comes_with_grants_and_keys_in_one_change),
		TEST(wrapped_keys_are_those_that_the_epoch_names),
		TEST(keys_of_those_who_left_are_deleted),
		TEST(a_revocation_brings_the_next_epochs),
		TEST(so_does_a_narrower_grant),
		TEST(who_cannot_read_a_compartment_may_revoke_without_rekeying_it),
		TEST(every_statement_leaves_one_leaf_that_names_it),
		TEST(nothing_is_known_of_a_file_that_is_not_there),
		TEST(who_may_not_see_a_file_finds_none),
		TEST(a_strangers_statement_finds_no_file),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}
