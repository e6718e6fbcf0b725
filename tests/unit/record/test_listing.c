/* SPDX-License-Identifier: Apache-2.0 */
#include "listing_fixture.h"

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

static struct seen patients_of(struct server *s, const struct actor *a, struct page *page)
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
	struct page page = {.since = 0, .limit = 10};

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
	page = (struct page){.since = 0, .limit = 10};
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
	struct page page = {.since = 0, .limit = 10};

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
	struct page page = {.since = 0, .limit = 10};

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
	struct page page[] = {{.limit = 10}, {.limit = 10}};

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
		struct page page = {.since = 0, .limit = limit, .more = true};
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
	struct page page = {.since = 0, .limit = 5, .more = true};
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
	page = (struct page){.since = 0, .limit = 1, .more = true};
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
	struct page page = {.since = 0, .limit = 10};

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
	page = (struct page){.since = 0, .limit = 10};
	assert_false(patients_of(&s, &w->anna, &page).patient.has_identity);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(files_come_with_what_opens_their_identity),
		TEST(what_rights_do_not_cover_is_left_out),
		TEST(the_end_of_an_access_is_told),
		TEST(a_deletion_is_told_when_it_is_signed_and_when_it_counts),
		TEST(own_and_shared_files_come_in_one_order),
		TEST(files_whose_key_was_destroyed_are_passed_over),
		TEST(the_newest_identity_and_epochs_are_shown),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}
