/* SPDX-License-Identifier: Apache-2.0 */
#include "file.h"

#define ID   COMPARTMENT_IDENTITY
#define CL   COMPARTMENT_CLINICAL
#define BOTH COMPARTMENT_BOTH

static void the_owner_writes_and_a_stranger_does_not(void **state)
{
	AUTO(file) f = {0};

	(void)state;
	file_begin(&f);
	assert_true(uuid_equal(&f.p.owner.uuid, &f.w.anna.id.uuid));
	assert_fails(ST_DENIED, file_record(&f, &f.w.ben, BOTH));
	assert_fails(ST_DENIED, file_record(&f, &f.w.administrator, BOTH));
	assert_ok(file_record(&f, &f.w.anna, BOTH));
	assert_int_equal(f.record.version, 1);
	assert_ok(file_record(&f, &f.w.anna, BOTH));
	assert_int_equal(f.record.version, 2);
	assert_fails(ST_DENIED, file_end(&f, &f.w.ben));
	assert_ok(file_end(&f, &f.w.anna));
	assert_true(f.record.ended);
	assert_fails(ST_GONE, file_record(&f, &f.w.anna, BOTH));
}

static void a_grantee_with_write_writes(void **state)
{
	AUTO(file) f = {0};
	uint32_t power = 0;

	(void)state;
	file_begin(&f);
	assert_ok(file_grant(&f, &f.w.anna, &f.w.carl, 7, 0));
	assert_true(file_lacks(&f, ID) && file_lacks(&f, CL));
	assert_false(file_must_rekey(&f, ID));
	file_rekey(&f, &f.w.anna);
	assert_false(file_lacks(&f, ID) || file_lacks(&f, CL));
	assert_ok(patient_state_power(&f.p, &f.people, &f.w.carl.id, file_place(&f), &power));
	assert_int_equal(power, 7);
	assert_ok(file_record(&f, &f.w.carl, BOTH));
	assert_fails(ST_DENIED, file_end(&f, &f.w.carl));
	assert_ok(patient_state_power(&f.p, &f.people, &f.w.ben.id, file_place(&f), &power));
	assert_int_equal(power, 0);
}

static void compartments_go_to_those_with_their_right(void **state)
{
	AUTO(file) f = {0};
	struct epoch_view e;

	(void)state;
	file_begin(&f);
	assert_ok(file_grant(&f, &f.w.anna, &f.w.ben, RIGHT_READ, 0));
	assert_ok(file_grant(&f, &f.w.anna, &f.w.carl, RIGHT_IDENTITY, 0));
	file_rekey(&f, &f.w.anna);
	assert_ok(patient_state_epoch(&f.p, ID, POSITION_NOW, &e));
	assert_int_equal(statement_recipient_count(e.recipients), 2);
	assert_int_equal(e.recipients.at[1], 2);                             /* anna */
	assert_int_equal(e.recipients.at[STATEMENT_RECIPIENT_BYTES + 1], 4); /* carl */
	assert_ok(patient_state_epoch(&f.p, CL, POSITION_NOW, &e));
	assert_int_equal(statement_recipient_count(e.recipients), 2);
	assert_int_equal(e.recipients.at[STATEMENT_RECIPIENT_BYTES + 1], 3); /* ben */
	assert_int_equal(e.number, 1);
	assert_ok(patient_state_epoch_number(&f.p, CL, 0, &e));
	assert_int_equal(statement_recipient_count(e.recipients), 1);
	assert_fails(ST_NOT_FOUND, patient_state_epoch_number(&f.p, CL, 2, &e));
	/* Ben re-keys what he reads, and only that. */
	assert_fails(ST_DENIED, file_epoch(&f, &f.w.ben, ID));
	assert_ok(file_epoch(&f, &f.w.ben, CL));
}

static void after_a_revocation_nothing_is_written_under_the_old_key(void **state) /* PROMISES#B5 */
{
	AUTO(file) f = {0};

	(void)state;
	file_begin(&f);
	assert_ok(file_grant(&f, &f.w.anna, &f.w.ben, 7, 0));
	file_rekey(&f, &f.w.anna);
	assert_ok(file_record(&f, &f.w.ben, BOTH));
	assert_ok(file_revoke(&f, &f.w.anna, &f.w.ben));
	assert_true(file_must_rekey(&f, ID) && file_must_rekey(&f, CL));
	assert_fails(ST_CONFLICT, file_record(&f, &f.w.anna, BOTH));
	assert_ok(file_epoch(&f, &f.w.anna, CL));
	assert_fails(ST_CONFLICT, file_record(&f, &f.w.anna, BOTH));
	assert_ok(file_epoch(&f, &f.w.anna, ID));
	assert_ok(file_record(&f, &f.w.anna, BOTH));
	assert_fails(ST_DENIED, file_record(&f, &f.w.ben, BOTH));
	assert_fails(ST_DENIED, file_epoch(&f, &f.w.ben, CL));
}

static void a_revocation_of_who_could_read_one_compartment_asks_for_that_one(void **state)
{
	AUTO(file) f = {0};

	(void)state;
	file_begin(&f);
	assert_ok(file_grant(&f, &f.w.anna, &f.w.ben, RIGHT_READ, 0));
	file_rekey(&f, &f.w.anna);
	assert_ok(file_revoke(&f, &f.w.anna, &f.w.ben));
	assert_true(file_must_rekey(&f, CL));
	assert_false(file_must_rekey(&f, ID));
	assert_ok(file_record(&f, &f.w.anna, ID));
}

static void who_expired_was_disabled_or_narrowed_no_longer_holds_a_usable_key(void **state)
{
	AUTO(file) f = {0};

	(void)state;
	file_begin(&f);
	assert_ok(file_grant(&f, &f.w.anna, &f.w.ben, 7, f.w.time + DAY));
	assert_ok(file_grant(&f, &f.w.anna, &f.w.carl, 7, 0));
	file_rekey(&f, &f.w.anna);
	assert_ok(file_record(&f, &f.w.ben, BOTH));
	f.w.time += DAY - 1;
	assert_ok(file_record(&f, &f.w.ben, BOTH));
	f.w.time += 1;
	assert_fails(ST_DENIED, file_record(&f, &f.w.ben, BOTH));
	assert_true(file_must_rekey(&f, CL));
	file_rekey(&f, &f.w.carl);
	assert_ok(file_record(&f, &f.w.carl, BOTH));
	/* A narrower grant takes the identity away. */
	assert_ok(file_grant(&f, &f.w.anna, &f.w.carl, 6, 0));
	assert_true(file_must_rekey(&f, ID));
	assert_false(file_must_rekey(&f, CL));
	file_rekey(&f, &f.w.anna);
	/* Disabling takes all. */
	world_user(&f.w, &f.w.carl, PROFILE_ASSISTANT, 7, USER_DISABLED);
	assert_ok(world_enter(&f.w));
	assert_true(file_must_rekey(&f, CL));
	assert_fails(ST_CONFLICT, file_record(&f, &f.w.anna, CL));
	file_rekey(&f, &f.w.anna);
	assert_ok(file_record(&f, &f.w.anna, CL));
}

static void a_replaced_key_asks_for_a_new_epoch(void **state)
{
	AUTO(file) f = {0};
	AUTO(actor) next = {0};

	(void)state;
	file_begin(&f);
	actor_of(2, "anna again", &next);
	struct statement s = world_draft(&f.w, STATEMENT_KEY, &f.w.anna, &f.w.anna.head);
	s.key.user = f.w.anna.id;
	s.key.hpke_key = next.hpke.public_key;
	s.key.sign_key = next.sign.public_key;
	world_sign(&f.w, &s, &f.w.anna.sign);
	assert_ok(world_enter(&f.w));
	assert_true(file_must_rekey(&f, ID) && file_must_rekey(&f, CL));
	assert_fails(ST_DENIED, file_epoch(&f, &f.w.anna, ID)); /* under the old key */
	file_rekey(&f, &next);
	assert_ok(file_record(&f, &next, BOTH));
}

static void the_past_is_judged_by_the_past(void **state)
{
	AUTO(file) f = {0};
	struct record_state fresh = {0};
	AUTO(buffer) kept = {.max = LIMIT_STATEMENT_BYTES};
	struct statement old;

	(void)state;
	file_begin(&f);
	assert_ok(file_grant(&f, &f.w.anna, &f.w.ben, 7, 0));
	file_rekey(&f, &f.w.anna);
	const struct place then = file_place(&f);
	assert_ok(file_record(&f, &f.w.ben, BOTH));
	assert_ok(buffer_put(&kept, f.w.last.bytes));
	assert_ok(statement_parse(buffer_bytes(&kept), &old));
	assert_ok(file_revoke(&f, &f.w.anna, &f.w.ben));
	file_rekey(&f, &f.w.anna);
	world_user(&f.w, &f.w.ben, PROFILE_CLINICIAN, 0, USER_DISABLED);
	assert_ok(world_enter(&f.w));
	/* At its own position it counts, also after everything changed; a later position it cannot claim, nor an
	 * earlier. */
	assert_ok(patient_state_add_record(&f.p, &f.people, &fresh, &old, then));
	fresh = (struct record_state){0};
	assert_fails(ST_DENIED, patient_state_add_record(&f.p, &f.people, &fresh, &old, file_place(&f)));
	for (uint64_t position = 0; position < then.position; position++) {
		const struct place earlier = {position, then.time, false};
		assert_false(ok(patient_state_add_record(&f.p, &f.people, &fresh, &old, earlier)));
	}
	assert_int_equal(fresh.version, 0);
}

static void only_a_clinician_opens_a_file_and_nobody_opens_it_twice(void **state)
{
	AUTO(file) f = {0};
	AUTO(patient_state) other = {0};

	(void)state;
	file_begin(&f);
	assert_fails(ST_CONFLICT, file_patient(&f, &f.w.ben));
	other.fingerprint = f.w.directory.fingerprint;
	struct statement s = world_draft(&f.w, STATEMENT_PATIENT, &f.w.carl, NULL);
	s.patient.patient.uuid = uuid_of(51);
	world_sign(&f.w, &s, &f.w.carl.sign);
	assert_fails(ST_DENIED, patient_state_add(&other, &f.people, &f.w.last, file_place(&f)));
	assert_true(uuid_is_zero(&other.owner.uuid));
}

static void nothing_counts_before_the_patient_statement(void **state)
{
	AUTO(file) f = {0};
	AUTO(patient_state) empty = {0};
	struct record_state record = {0};

	(void)state;
	file_begin(&f);
	empty.fingerprint = f.w.directory.fingerprint;
	assert_ok(file_grant(&f, &f.w.anna, &f.w.ben, 7, 0));
	assert_fails(ST_NOT_FOUND, patient_state_add(&empty, &f.people, &f.w.last, file_place(&f)));
	file_rekey(&f, &f.w.anna);
	assert_fails(ST_NOT_FOUND, patient_state_add(&empty, &f.people, &f.w.last, file_place(&f)));
	assert_ok(file_record(&f, &f.w.anna, BOTH));
	assert_fails(ST_NOT_FOUND, patient_state_add_record(&empty, &f.people, &record, &f.w.last, file_place(&f)));
}

static void positions_only_grow(void **state)
{
	AUTO(file) f = {0};
	struct statement s;

	(void)state;
	file_begin(&f);
	s = world_draft(&f.w, STATEMENT_GRANT, &f.w.anna, &f.p.head);
	s.grant = (struct statement_grant){{uuid_of(PATIENT)}, RECIPIENT_USER, f.w.ben.id.uuid, 1, 0};
	world_sign(&f.w, &s, &f.w.anna.sign);
	const struct place back = {f.p.size - 1, NOW, false};
	assert_fails(ST_CONFLICT, patient_state_add(&f.p, &f.people, &f.w.last, back));
}

static void a_state_loaded_from_rows_decides_like_a_replayed_one(void **state)
{
	AUTO(file) f = {0};
	AUTO(patient_state) loaded = {0};
	struct buffer epochs[2] = {{.max = LIMIT_STATEMENT_BYTES}, {.max = LIMIT_STATEMENT_BYTES}};
	struct statement s;

	(void)state;
	file_begin(&f);
	assert_ok(file_grant(&f, &f.w.anna, &f.w.ben, 7, 0));
	for (unsigned c = ID; c <= CL; c++) {
		assert_ok(file_epoch(&f, &f.w.anna, (enum compartment)c));
		assert_ok(buffer_put(&epochs[c - 1], f.w.last.bytes));
	}
	patient_state_load(&loaded, &f.p.fingerprint, &f.p.patient, &f.p.owner, &f.p.head);
	const struct authority_grant grant = patient_state_grant(&f.p, RECIPIENT_USER, &f.w.ben.id.uuid, POSITION_NOW);
	assert_ok(patient_state_load_grant(&loaded, RECIPIENT_USER, &f.w.ben.id.uuid, &grant));
	for (unsigned c = ID; c <= CL; c++) {
		assert_ok(statement_parse(buffer_bytes(&epochs[c - 1]), &s));
		assert_ok(patient_state_load_epoch(&loaded, &s));
	}
	patient_state_clear(&f.p);
	f.p = loaded;
	loaded = (struct patient_state){0};
	f.now = true;
	assert_ok(file_record(&f, &f.w.ben, BOTH));
	assert_fails(ST_DENIED, file_record(&f, &f.w.carl, BOTH));
	/* A change set: what it does first counts for what it does next. */
	assert_ok(file_revoke(&f, &f.w.anna, &f.w.ben));
	assert_fails(ST_DENIED, file_record(&f, &f.w.ben, BOTH));
	assert_fails(ST_CONFLICT, file_record(&f, &f.w.anna, BOTH));
	file_rekey(&f, &f.w.anna);
	assert_ok(file_record(&f, &f.w.anna, BOTH));
	for (unsigned c = 0; c < 2; c++)
		buffer_clear(&epochs[c]);
}

static void a_hundred_recipients_come_in_order(void **state)
{
	AUTO(file) f = {0};
	AUTO(actor) many = {0};
	AUTO(buffer) rows = {.max = LIMIT_STATEMENT_BYTES};
	char login[32];

	(void)state;
	file_begin(&f);
	actor_of(9, "many", &many);
	for (unsigned i = 0; i < 100; i++) {
		many.id.uuid.bytes[0] = (uint8_t)(i * 37);
		many.head = (struct hash){{0}};
		snprintf(login, sizeof login, "user%u", i);
		world_enrol(&f.w, &many, login, PROFILE_CLINICIAN, 3);
		assert_ok(file_grant(&f, &f.w.anna, &many, 3, 0));
	}
	assert_ok(patient_state_recipients(&f.p, &f.people, CL, file_place(&f), &rows));
	assert_int_equal(statement_recipient_count(buffer_bytes(&rows)), 101);
	file_rekey(&f, &f.w.anna);
	assert_false(file_lacks(&f, ID) || file_must_rekey(&f, ID));
}

/** Everybody is an enrolled clinician whose keys are the owner's. */
static struct status find_anybody(void *context, const struct user_id *id, uint64_t position, struct person *out)
{
	const struct person *like = context;

	(void)position;
	*out = *like;
	out->id = *id;
	return OK;
}

static void nobody_is_granted_what_no_epoch_could_name(void **state)
{
	AUTO(file) f = {0};
	struct person like;
	const struct people anybody = {find_anybody, &like};
	struct uuid id = uuid_of(0);
	const struct authority_grant grant = {true, RIGHT_READ, 0, {uuid_of(2)}};

	(void)state;
	file_begin(&f);
	assert_ok(directory_state_find(&f.w.directory, &f.w.anna.id, POSITION_NOW, &like));
	for (unsigned i = 0; i < LIMIT_EPOCH_RECIPIENTS - 2; i++) {
		id.bytes[1] = (uint8_t)(i >> 8);
		id.bytes[2] = (uint8_t)i;
		assert_ok(patient_state_load_grant(&f.p, RECIPIENT_USER, &id, &grant));
	}
	f.now = true;
	f.people = anybody;
	assert_ok(file_grant(&f, &f.w.anna, &f.w.ben, RIGHT_READ, 0)); /* the thousandth with the owner */
	assert_fails(ST_TOO_BIG, file_grant(&f, &f.w.anna, &f.w.carl, RIGHT_READ, 0));
	assert_ok(file_grant(&f, &f.w.anna, &f.w.ben, RIGHT_READ | RIGHT_EXPORT, 0)); /* who is there may change */
	assert_ok(file_epoch(&f, &f.w.anna, CL));
	assert_ok(file_revoke(&f, &f.w.anna, &f.w.ben));
	assert_ok(file_grant(&f, &f.w.anna, &f.w.carl, RIGHT_READ, 0));
}

/** Every kind of statement about the file, by its owner. */
static void expect_each(struct file *f, enum status_code code)
{
	const struct authority_end end = patient_state_end(&f->p, POSITION_NOW);

	assert_int_equal(file_record(f, &f->w.anna, BOTH).code, code);
	assert_int_equal(file_epoch(f, &f->w.anna, ID).code, code);
	assert_int_equal(file_epoch(f, &f->w.anna, CL).code, code);
	assert_int_equal(file_grant(f, &f->w.anna, &f->w.carl, 1, 0).code, code);
	assert_int_equal(file_revoke(f, &f->w.anna, &f->w.carl).code, code);
	if (code != ST_OK) {
		assert_int_equal(file_end(f, &f->w.anna).code, code);
		assert_int_equal(file_delete(f, &f->w.anna, AUTHORITY_END_MS).code, code);
		assert_int_equal(file_keep(f, &f->w.anna, &end.name).code, code);
	}
}

static void a_deleted_file_works_until_its_end_and_not_a_moment_longer(void **state)
{
	AUTO(file) f = {0};
	uint32_t power = 0;

	(void)state;
	for (unsigned now = 0; now < 2; now++) {
		file_clear(&f);
		file_begin(&f);
		assert_ok(file_grant(&f, &f.w.anna, &f.w.ben, 7, 0));
		file_rekey(&f, &f.w.anna);
		f.now = now != 0; /* as a reader, as the server */
		assert_ok(file_delete(&f, &f.w.anna, AUTHORITY_END_MS));
		const struct authority_end end = patient_state_end(&f.p, POSITION_NOW);
		assert_true(end.exists && uuid_equal(&end.by.uuid, &f.w.anna.id.uuid));
		assert_int_equal(end.time, NOW);
		assert_int_equal(end.ends, NOW + 7 * DAY);
		expect_each(&f, ST_OK);
		assert_fails(ST_CONFLICT, file_delete(&f, &f.w.anna, AUTHORITY_END_MS));
		f.w.time = end.ends - 1;
		expect_each(&f, ST_OK);
		assert_ok(patient_state_power(&f.p, &f.people, &f.w.ben.id, file_place(&f), &power));
		assert_int_equal(power, 7);
		f.w.time = end.ends;
		expect_each(&f, ST_GONE);
		assert_ok(patient_state_power(&f.p, &f.people, &f.w.ben.id, file_place(&f), &power));
		assert_int_equal(power, 0);
		f.w.time = end.ends + 1000 * DAY;
		expect_each(&f, ST_GONE);
	}
}

static void a_deletion_withdrawn_in_time_leaves_the_file_as_it_was(void **state)
{
	AUTO(file) f = {0};

	(void)state;
	file_begin(&f);
	assert_ok(file_delete(&f, &f.w.anna, AUTHORITY_END_MS));
	struct authority_end end = patient_state_end(&f.p, POSITION_NOW);
	const uint64_t then = f.w.position;
	f.w.time = end.ends - 1;
	assert_ok(file_keep(&f, &f.w.anna, &end.name));
	assert_false(patient_state_end(&f.p, POSITION_NOW).exists);
	assert_true(patient_state_end(&f.p, then).exists);
	assert_fails(ST_CONFLICT, file_keep(&f, &f.w.anna, &end.name));
	f.w.time = end.ends;
	expect_each(&f, ST_OK);
	/* The next one counts from its own leaf. */
	assert_ok(file_delete(&f, &f.w.anna, AUTHORITY_END_MS));
	end = patient_state_end(&f.p, POSITION_NOW);
	assert_int_equal(end.ends, f.w.time + 7 * DAY);
	f.w.time = end.ends;
	expect_each(&f, ST_GONE);
}

static void what_was_written_before_the_end_counts_for_ever(void **state)
{
	AUTO(file) f = {0};
	AUTO(buffer) kept = {.max = LIMIT_STATEMENT_BYTES};
	struct record_state fresh = {0};
	struct statement old;

	(void)state;
	file_begin(&f);
	assert_ok(file_delete(&f, &f.w.anna, AUTHORITY_END_MS));
	const struct authority_end end = patient_state_end(&f.p, POSITION_NOW);
	f.w.time = end.ends - 1;
	const struct place then = file_place(&f);
	assert_ok(file_record(&f, &f.w.anna, BOTH));
	assert_ok(buffer_put(&kept, f.w.last.bytes));
	assert_ok(statement_parse(buffer_bytes(&kept), &old));
	f.w.time = end.ends + DAY;
	assert_ok(patient_state_add_record(&f.p, &f.people, &fresh, &old, then));
	fresh = (struct record_state){0};
	assert_fails(ST_GONE, patient_state_add_record(&f.p, &f.people, &fresh, &old,
						       (struct place){then.position, end.ends, false}));
}

static void a_loaded_end_counts_like_a_replayed_one(void **state)
{
	AUTO(file) f = {0};
	AUTO(patient_state) loaded = {0};

	(void)state;
	file_begin(&f);
	assert_ok(file_delete(&f, &f.w.anna, AUTHORITY_END_MS));
	const struct authority_end end = patient_state_end(&f.p, POSITION_NOW);
	patient_state_load(&loaded, &f.p.fingerprint, &f.p.patient, &f.p.owner, &f.p.head);
	assert_ok(patient_state_load_end(&loaded, &end));
	patient_state_clear(&f.p);
	f.p = loaded;
	loaded = (struct patient_state){0};
	f.now = true;
	assert_ok(file_grant(&f, &f.w.anna, &f.w.ben, 1, 0));
	f.w.time = end.ends;
	assert_fails(ST_GONE, file_revoke(&f, &f.w.anna, &f.w.ben));
	f.w.time = end.ends - 1;
	assert_ok(file_keep(&f, &f.w.anna, &end.name));
	f.w.time = end.ends;
	assert_ok(file_revoke(&f, &f.w.anna, &f.w.ben));
}

static int setup(void **state)
{
	(void)state;
	return ok(secret_setup()) && ok(crypto_setup()) ? 0 : 1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_owner_writes_and_a_stranger_does_not),
		TEST(a_grantee_with_write_writes),
		TEST(compartments_go_to_those_with_their_right),
		TEST(after_a_revocation_nothing_is_written_under_the_old_key),
		TEST(a_revocation_of_who_could_read_one_compartment_asks_for_that_one),
		TEST(who_expired_was_disabled_or_narrowed_no_longer_holds_a_usable_key),
		TEST(a_replaced_key_asks_for_a_new_epoch),
		TEST(the_past_is_judged_by_the_past),
		TEST(only_a_clinician_opens_a_file_and_nobody_opens_it_twice),
		TEST(nothing_counts_before_the_patient_statement),
		TEST(positions_only_grow),
		TEST(a_state_loaded_from_rows_decides_like_a_replayed_one),
		TEST(a_deleted_file_works_until_its_end_and_not_a_moment_longer),
		TEST(a_deletion_withdrawn_in_time_leaves_the_file_as_it_was),
		TEST(what_was_written_before_the_end_counts_for_ever),
		TEST(a_loaded_end_counts_like_a_replayed_one),
		TEST(a_hundred_recipients_come_in_order),
		TEST(nobody_is_granted_what_no_epoch_could_name),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}
