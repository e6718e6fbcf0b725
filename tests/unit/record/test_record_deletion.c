/* SPDX-License-Identifier: Apache-2.0 */
/* A patient file that is deleted, and kept after all. */
#include "recordpatient_fixture.h"

/** What the signed-in may do with the file's rows. */
static enum status_code decide(struct server *s, const struct actor *a, enum permit_action action)
{
	AUTO(store_snapshot) snapshot = {0};
	const struct patient_id patient = {uuid_of(PATIENT)};
	const struct permit_pass *pass;
	struct permit_facts facts;
	struct permit_room room;

	assert_ok(store_snapshot_new(&s->store, &snapshot));
	assert_ok(facts_patient(snapshot.view, &a->id, &patient, s->reader.w.time, &facts));
	return permit_decide(&facts, action, &room, &pass).code;
}

static void a_deleted_file_ends_after_its_delay(void **state)
{
	AUTO(server) s = {0};
	const struct actor *anna = &s.reader.w.anna;
	const struct actor *ben = &s.reader.w.ben;

	(void)state;
	server_begin(&s);
	server_file(&s);
	assert_ok(server_record(&s, ben, CL, NULL));
	assert_ok(server_send(&s, ben));
	assert_fails(ST_DENIED, server_delete(&s, ben));
	assert_fails(ST_DENIED, server_send(&s, ben));
	assert_ok(server_delete(&s, anna));
	assert_ok(server_send(&s, anna));
	assert_int_equal(s.logged[0].kind, LEAF_DELETE);
	assert_true(text_equal(s.logged[0].subject.detail, TEXT("patient-end")));
	assert_fails(ST_CONFLICT, server_delete(&s, anna));
	assert_fails(ST_CONFLICT, server_send(&s, anna));
	const uint64_t ends = patient_state_end(&s.reader.p, POSITION_NOW).ends;
	s.reader.w.time = ends - 1;
	assert_int_equal(decide(&s, ben, PERMIT_READ_CLINICAL), ST_OK);
	assert_ok(server_record(&s, ben, CL, NULL));
	assert_ok(server_send(&s, ben));
	s.reader.w.time = ends;
	assert_int_equal(decide(&s, ben, PERMIT_READ_CLINICAL), ST_GONE);
	assert_int_equal(decide(&s, anna, PERMIT_PATIENT_SEE), ST_GONE);
	assert_int_equal(decide(&s, anna, PERMIT_LOG_PATIENT), ST_OK);
	assert_int_equal(decide(&s, ben, PERMIT_PATIENT_PROVE), ST_OK);
	assert_int_equal(decide(&s, &s.reader.w.carl, PERMIT_PATIENT_PROVE), ST_DENIED);
	assert_fails(ST_GONE, server_record(&s, ben, CL, NULL));
	assert_fails(ST_GONE, server_send(&s, ben));
	assert_fails(ST_GONE, server_end_record(&s, anna));
	assert_fails(ST_GONE, server_send(&s, anna));
	assert_fails(ST_GONE, server_grant(&s, anna, &s.reader.w.carl, 1, 0));
	assert_fails(ST_GONE, server_send(&s, anna));
	assert_fails(ST_GONE, server_revoke(&s, anna, ben));
	assert_fails(ST_GONE, server_send(&s, anna));
	assert_fails(ST_GONE, server_epoch(&s, anna, CL));
	assert_fails(ST_GONE, server_send(&s, anna));
	assert_fails(ST_GONE, server_keep(&s, anna));
	assert_fails(ST_GONE, server_send(&s, anna));
}

static void a_withdrawn_deletion_leaves_no_trace_in_the_rows(void **state)
{
	AUTO(server) s = {0};
	const struct actor *anna = &s.reader.w.anna;

	(void)state;
	server_begin(&s);
	server_file(&s);
	/* Also in one change, and after the rows were written and read again. */
	assert_ok(server_delete(&s, anna));
	assert_ok(server_keep(&s, anna));
	assert_ok(server_delete(&s, anna));
	assert_ok(server_send(&s, anna));
	s.reader.w.time += 7 * DAY - 1;
	server_close(&s);
	server_open(&s);
	assert_fails(ST_DENIED, server_keep(&s, &s.reader.w.ben));
	assert_fails(ST_DENIED, server_send(&s, &s.reader.w.ben));
	assert_ok(server_keep(&s, anna));
	assert_ok(server_send(&s, anna));
	s.reader.w.time += DAY;
	assert_int_equal(decide(&s, anna, PERMIT_READ_CLINICAL), ST_OK);
	assert_ok(server_record(&s, anna, CL, NULL));
	assert_ok(server_send(&s, anna));
}

static void a_deleted_patient_is_imported_again(void **state)
{
	AUTO(server) s = {0};
	const struct actor *anna = &s.reader.w.anna;
	static const uint8_t token[32] = {5};

	(void)state;
	server_begin(&s);
	struct statement d = world_draft(&s.reader.w, STATEMENT_PATIENT, anna, NULL);
	d.patient.patient.uuid = uuid_of(PATIENT);
	d.patient.token = BYTES_OF(token);
	world_sign(&s.reader.w, &d, &anna->sign);
	server_take(&s);
	assert_ok(server_read(&s));
	assert_ok(server_delete(&s, anna));
	assert_ok(server_send(&s, anna));
	d.patient.patient.uuid = uuid_of(51);
	world_sign(&s.reader.w, &d, &anna->sign);
	server_take(&s);
	assert_fails(ST_CONFLICT, server_send(&s, anna));
	s.reader.w.time += 7 * DAY;
	server_take(&s);
	assert_ok(server_send(&s, anna));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_deleted_file_ends_after_its_delay),
		TEST(a_withdrawn_deletion_leaves_no_trace_in_the_rows),
		TEST(a_deleted_patient_is_imported_again),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}
