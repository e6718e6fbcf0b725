/* SPDX-License-Identifier: Apache-2.0 */
/* What a database owner, or a genuine user without the right, might plant; readers refuse it (PROMISES#B3,
 * PROMISES#K9). */
#include "file.h"

#define CL   COMPARTMENT_CLINICAL
#define BOTH COMPARTMENT_BOTH

static void a_server_cannot_enrol_a_key_of_its_own(void **state)
{
	AUTO(world) w = {0};
	AUTO(actor) server = {0};

	(void)state;
	world_begin(&w);
	actor_of(2, "server", &server); /* claims to be anna */
	struct statement s = world_draft(&w, STATEMENT_KEY, &w.anna, &w.anna.head);
	s.key.user = w.anna.id;
	s.key.hpke_key = server.hpke.public_key;
	s.key.sign_key = server.sign.public_key;
	world_sign(&w, &s, &server.sign);
	assert_fails(ST_UNPROVEN, world_enter(&w));
	s.head.author_key = server.key_hash;
	world_sign(&w, &s, &server.sign);
	assert_fails(ST_DENIED, world_enter(&w));
	/* By an invitation that nobody made. */
	assert_ok(key_hash_invitation(&server.invitation.public_key, &s.head.author_key));
	s.key.invitation = hash_of(200);
	world_sign(&w, &s, &server.invitation);
	assert_fails(ST_DENIED, world_enter(&w));
	/* By the invitation that anna has used. */
	s.key.invitation = w.anna.invited;
	world_sign(&w, &s, &server.invitation);
	assert_fails(ST_DENIED, world_enter(&w));
}

static void a_server_cannot_take_an_open_invitation(void **state)
{
	AUTO(world) w = {0};
	AUTO(actor) eve = {0};
	AUTO(actor) server = {0};

	(void)state;
	world_begin(&w);
	actor_of(9, "eve", &eve);
	actor_of(9, "server", &server);
	world_invitation(&w, &eve, TEXT("eve"), PROFILE_CLINICIAN, 3);
	assert_ok(world_enter(&w));
	server.head = server.invited = w.last.name;
	world_key(&w, &server); /* signed by a one-time key that is not the invitation's */
	assert_fails(ST_DENIED, world_enter(&w));
	struct statement s = w.last;
	AUTO(world) hand = {0};
	assert_ok(key_hash_invitation(&eve.invitation.public_key, &s.head.author_key));
	world_sign(&hand, &s, &server.invitation);
	assert_fails(ST_UNPROVEN, directory_state_add(&w.directory, buffer_bytes(&hand.bytes), w.position, NOW));
}

static void a_server_cannot_invite_or_promote(void **state)
{
	AUTO(world) w = {0};
	AUTO(actor) server = {0};

	(void)state;
	world_begin(&w);
	actor_of(9, "server", &server);
	struct statement s = world_draft(&w, STATEMENT_USER, &w.administrator, &w.carl.head);
	s.user = (struct statement_user){w.carl.id, PROFILE_CLINICIAN, RIGHTS_ALL, USER_ACTIVE};
	world_sign(&w, &s, &server.sign);
	assert_fails(ST_UNPROVEN, world_enter(&w));
	s.head.author = w.carl.id; /* carl himself */
	s.head.author_key = w.carl.key_hash;
	world_sign(&w, &s, &w.carl.sign);
	assert_fails(ST_DENIED, world_enter(&w));
}

static void a_recipient_planted_in_an_epoch_is_noticed(void **state)
{
	AUTO(file) f = {0};
	AUTO(buffer) rows = {.max = LIMIT_STATEMENT_BYTES};

	(void)state;
	file_begin(&f);
	struct statement s = file_epoch_draft(&f, &f.w.anna, CL);
	const struct recipient ben = {RECIPIENT_USER, f.w.ben.id.uuid, f.w.ben.key_hash, hash_of(9)};
	assert_ok(buffer_put(&rows, s.epoch.recipients));
	assert_ok(statement_put_recipient(&rows, &ben));
	s.epoch.recipients = buffer_bytes(&rows);
	/* The server's own hand, then a genuine reader in league with it. */
	world_sign(&f.w, &s, &f.w.ben.sign);
	assert_fails(ST_UNPROVEN, file_enter(&f));
	world_sign(&f.w, &s, &f.w.anna.sign);
	assert_fails(ST_CONFLICT, file_enter(&f));
	/* The right person under another key is as bad. */
	s = file_epoch_draft(&f, &f.w.anna, CL);
	f.rows.bytes[20] ^= 1;
	world_sign(&f.w, &s, &f.w.anna.sign);
	assert_fails(ST_CONFLICT, file_enter(&f));
	/* So is leaving somebody out. */
	assert_ok(file_grant(&f, &f.w.anna, &f.w.ben, 3, 0));
	s = file_epoch_draft(&f, &f.w.anna, CL);
	s.epoch.recipients.len -= STATEMENT_RECIPIENT_BYTES;
	world_sign(&f.w, &s, &f.w.anna.sign);
	assert_fails(ST_CONFLICT, file_enter(&f));
	s.epoch.recipients.len += STATEMENT_RECIPIENT_BYTES;
	world_sign(&f.w, &s, &f.w.anna.sign);
	assert_ok(file_enter(&f));
}

static void lists_recovery_and_emergency_are_not_smuggled_in(void **state)
{
	AUTO(file) f = {0};

	(void)state;
	file_begin(&f);
	for (unsigned kind = RECIPIENT_LIST; kind <= RECIPIENT_EMERGENCY; kind++) {
		struct statement s = world_draft(&f.w, STATEMENT_GRANT, &f.w.anna, &f.p.head);
		s.grant =
			(struct statement_grant){{uuid_of(PATIENT)}, (enum recipient_kind)kind, f.w.ben.id.uuid, 1, 0};
		world_sign(&f.w, &s, &f.w.anna.sign);
		assert_fails(ST_INVALID, file_enter(&f));
	}
}

static void a_genuine_user_without_a_grant_writes_nothing(void **state)
{
	AUTO(file) f = {0};

	(void)state;
	file_begin(&f);
	const struct actor *const users[] = {&f.w.administrator, &f.w.ben, &f.w.carl};
	for (size_t i = 0; i < COUNT(users); i++) {
		assert_fails(ST_DENIED, file_record(&f, users[i], CL));
		assert_fails(ST_DENIED, file_grant(&f, users[i], &f.w.carl, 1, 0));
		assert_fails(ST_DENIED, file_epoch(&f, users[i], CL));
		assert_fails(ST_DENIED, file_revoke(&f, users[i], &f.w.carl));
	}
	assert_ok(file_grant(&f, &f.w.anna, &f.w.ben, 3, 0)); /* reading is not writing */
	file_rekey(&f, &f.w.anna);
	assert_fails(ST_DENIED, file_record(&f, &f.w.ben, CL));
}

static void the_owners_name_under_anothers_key_counts_for_nothing(void **state)
{
	AUTO(file) f = {0};

	(void)state;
	file_begin(&f);
	struct statement s = file_record_draft(&f, &f.w.anna, CL);
	world_sign(&f.w, &s, &f.w.ben.sign);
	assert_fails(ST_UNPROVEN, patient_state_add_record(&f.p, &f.people, &f.record, &f.w.last, file_place(&f)));
	s.head.author_key = f.w.ben.key_hash;
	world_sign(&f.w, &s, &f.w.ben.sign);
	assert_fails(ST_DENIED, patient_state_add_record(&f.p, &f.people, &f.record, &f.w.last, file_place(&f)));
}

static void a_signature_over_one_kind_does_not_carry_another(void **state)
{
	AUTO(file) f = {0};
	AUTO(buffer) forged = {.max = LIMIT_STATEMENT_BYTES};
	struct statement parsed;

	(void)state;
	file_begin(&f);
	assert_ok(file_grant(&f, &f.w.anna, &f.w.ben, 7, 0));
	file_rekey(&f, &f.w.anna);
	/* Anna signs the end of a sign-in; its signature is put under a grant and a revocation. */
	struct statement s = world_draft(&f.w, STATEMENT_SIGN_IN, &f.w.anna, NULL);
	world_sign(&f.w, &s, &f.w.anna.sign);
	const struct signature taken = f.w.last.signature;
	s = world_draft(&f.w, STATEMENT_REVOCATION, &f.w.anna, &f.p.head);
	s.revocation = (struct statement_revocation){{uuid_of(PATIENT)}, RECIPIENT_USER, f.w.ben.id.uuid};
	assert_ok(statement_encode(&s, &forged));
	assert_ok(buffer_put(&forged, BYTES_OF(taken)));
	assert_ok(statement_parse(buffer_bytes(&forged), &parsed));
	assert_fails(ST_UNPROVEN, patient_state_add(&f.p, &f.people, &parsed, file_place(&f)));
	/* A record is no statement of a patient file, a grant no statement of a record. */
	assert_ok(file_record(&f, &f.w.anna, CL));
	assert_fails(ST_DENIED, patient_state_add(&f.p, &f.people, &f.w.last, file_place(&f)));
	assert_ok(file_grant(&f, &f.w.anna, &f.w.carl, 1, 0));
	assert_fails(ST_DENIED, patient_state_add_record(&f.p, &f.people, &f.record, &f.w.last, file_place(&f)));
}

static void a_row_moved_to_another_patient_or_site_is_noticed(void **state)
{
	AUTO(file) f = {0};
	AUTO(file) g = {0};
	struct record_state record = {0};

	(void)state;
	file_begin(&f);
	file_begin(&g);
	assert_ok(file_record(&f, &f.w.anna, CL));
	g.p.patient.uuid = uuid_of(51); /* another file with the same owner and epochs */
	assert_fails(ST_CONFLICT, patient_state_add_record(&g.p, &g.people, &record, &f.w.last, file_place(&g)));
	g.p.patient.uuid = uuid_of(PATIENT);
	assert_ok(patient_state_add_record(&g.p, &g.people, &record, &f.w.last, file_place(&g)));
	record = (struct record_state){0};
	g.p.fingerprint = hash_of(77);
	assert_fails(ST_DENIED, patient_state_add_record(&g.p, &g.people, &record, &f.w.last, file_place(&g)));
}

static void an_old_version_does_not_come_again(void **state)
{
	AUTO(file) f = {0};
	AUTO(buffer) first = {.max = LIMIT_STATEMENT_BYTES};
	struct statement old;

	(void)state;
	file_begin(&f);
	assert_ok(file_record(&f, &f.w.anna, CL));
	assert_ok(buffer_put(&first, f.w.last.bytes));
	assert_ok(file_record(&f, &f.w.anna, CL));
	assert_ok(statement_parse(buffer_bytes(&first), &old));
	assert_fails(ST_CONFLICT, patient_state_add_record(&f.p, &f.people, &f.record, &old, file_place(&f)));
}

static void the_revoked_in_league_with_the_database_gains_nothing_new(void **state)
{
	AUTO(file) f = {0};

	(void)state;
	file_begin(&f);
	assert_ok(file_grant(&f, &f.w.anna, &f.w.ben, RIGHTS_ALL, 0));
	file_rekey(&f, &f.w.anna);
	assert_ok(file_record(&f, &f.w.ben, BOTH));
	assert_ok(file_revoke(&f, &f.w.anna, &f.w.ben));
	file_rekey(&f, &f.w.anna);
	assert_fails(ST_DENIED, file_record(&f, &f.w.ben, BOTH));
	assert_fails(ST_DENIED, file_grant(&f, &f.w.ben, &f.w.carl, 1, 0));
	assert_fails(ST_DENIED, file_epoch(&f, &f.w.ben, CL));
	assert_fails(ST_DENIED, file_end(&f, &f.w.ben));
}

static void nobody_but_the_owner_ends_a_file(void **state) /* PROMISES#B7 */
{
	AUTO(file) f = {0};

	(void)state;
	file_begin(&f);
	assert_ok(file_grant(&f, &f.w.anna, &f.w.ben, RIGHTS_ALL, 0)); /* everything but the file itself */
	file_rekey(&f, &f.w.anna);
	const struct actor *const users[] = {&f.w.administrator, &f.w.ben, &f.w.carl};
	for (size_t i = 0; i < COUNT(users); i++)
		assert_fails(ST_DENIED, file_delete(&f, users[i], AUTHORITY_END_MS));
	/* In her name under his key. */
	struct statement s = world_draft(&f.w, STATEMENT_PATIENT_END, &f.w.anna, &f.p.head);
	s.patient_end = (struct statement_patient_end){{uuid_of(PATIENT)}, AUTHORITY_END_MS};
	world_sign(&f.w, &s, &f.w.ben.sign);
	assert_fails(ST_UNPROVEN, file_enter(&f));
	assert_fails(ST_INVALID, file_delete(&f, &f.w.anna, 0));
	assert_ok(file_delete(&f, &f.w.anna, AUTHORITY_END_MS));
	const struct authority_end end = patient_state_end(&f.p, POSITION_NOW);
	for (size_t i = 0; i < COUNT(users); i++)
		assert_fails(ST_DENIED, file_keep(&f, users[i], &end.name));
}

static void the_end_of_one_file_ends_no_other(void **state)
{
	AUTO(file) f = {0};
	struct patient_id other = {uuid_of(51)};

	(void)state;
	file_begin(&f);
	assert_ok(file_delete(&f, &f.w.anna, AUTHORITY_END_MS));
	struct statement s = world_draft(&f.w, STATEMENT_PATIENT_END, &f.w.anna, &f.p.head);
	s.patient_end = (struct statement_patient_end){other, AUTHORITY_END_MS};
	world_sign(&f.w, &s, &f.w.anna.sign);
	assert_fails(ST_CONFLICT, file_enter(&f));
	/* Nor is it withdrawn by the name of another's. */
	const struct hash foreign = f.w.last.name;
	assert_fails(ST_CONFLICT, file_keep(&f, &f.w.anna, &foreign));
}

static void an_ended_file_is_not_resurrected(void **state)
{
	AUTO(file) f = {0};
	AUTO(buffer) grant = {.max = LIMIT_STATEMENT_BYTES};
	AUTO(buffer) keep = {.max = LIMIT_STATEMENT_BYTES};
	struct statement s;

	(void)state;
	file_begin(&f);
	assert_ok(file_grant(&f, &f.w.anna, &f.w.ben, 7, 0));
	assert_ok(buffer_put(&grant, f.w.last.bytes));
	assert_ok(file_delete(&f, &f.w.anna, AUTHORITY_END_MS));
	struct authority_end end = patient_state_end(&f.p, POSITION_NOW);
	assert_ok(file_keep(&f, &f.w.anna, &end.name));
	assert_ok(buffer_put(&keep, f.w.last.bytes));
	assert_ok(file_delete(&f, &f.w.anna, AUTHORITY_END_MS));
	end = patient_state_end(&f.p, POSITION_NOW);
	f.w.time = end.ends;
	/* By a withdrawal that comes too late, by that of an earlier end, by anything that was signed before. */
	assert_fails(ST_GONE, file_keep(&f, &f.w.anna, &end.name));
	assert_ok(statement_parse(buffer_bytes(&keep), &s));
	assert_fails(ST_GONE, patient_state_add(&f.p, &f.people, &s, file_place(&f)));
	assert_ok(statement_parse(buffer_bytes(&grant), &s));
	assert_fails(ST_GONE, patient_state_add(&f.p, &f.people, &s, file_place(&f)));
	assert_fails(ST_CONFLICT, file_patient(&f, &f.w.anna));
	/* Nor, before the end, by the earlier end's withdrawal. */
	f.w.time = end.ends - 1;
	assert_ok(statement_parse(buffer_bytes(&keep), &s));
	assert_fails(ST_CONFLICT, patient_state_add(&f.p, &f.people, &s, file_place(&f)));
}

static int setup(void **state)
{
	(void)state;
	return ok(secret_setup()) && ok(crypto_setup()) ? 0 : 1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_server_cannot_enrol_a_key_of_its_own),
		TEST(a_server_cannot_take_an_open_invitation),
		TEST(a_server_cannot_invite_or_promote),
		TEST(a_recipient_planted_in_an_epoch_is_noticed),
		TEST(lists_recovery_and_emergency_are_not_smuggled_in),
		TEST(a_genuine_user_without_a_grant_writes_nothing),
		TEST(the_owners_name_under_anothers_key_counts_for_nothing),
		TEST(a_signature_over_one_kind_does_not_carry_another),
		TEST(a_row_moved_to_another_patient_or_site_is_noticed),
		TEST(an_old_version_does_not_come_again),
		TEST(the_revoked_in_league_with_the_database_gains_nothing_new),
		TEST(nobody_but_the_owner_ends_a_file),
		TEST(the_end_of_one_file_ends_no_other),
		TEST(an_ended_file_is_not_resurrected),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}
