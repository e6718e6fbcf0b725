/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include <stdio.h>

static struct person now(const struct world *w, const struct actor *a)
{
	struct person p;

	assert_ok(directory_state_find(&w->directory, &a->id, POSITION_NOW, &p));
	return p;
}

static void the_site_statement_begins_everything(void **state)
{
	AUTO(world) w = {0};

	(void)state;
	world_begin(&w);
	assert_true(text_equal(w.directory.name, TEXT("Practice")));
	assert_true(text_equal(w.directory.region, TEXT("eu")));
	assert_true(text_equal(w.directory.origin, TEXT("https://localhost:8443")));
	assert_true(hash_equal(&w.directory.fingerprint, &w.administrator.invited));
	assert_int_equal(w.directory.size, 8);
	world_site(&w);
	assert_fails(ST_DENIED, world_enter(&w)); /* not at leaf 0 */
	AUTO(directory_state) late = {0};
	assert_fails(ST_DENIED, directory_state_add(&late, buffer_bytes(&w.bytes), 3, NOW));
	assert_ok(directory_state_add(&late, buffer_bytes(&w.bytes), 0, NOW));
	assert_fails(ST_CONFLICT, directory_state_add(&late, buffer_bytes(&w.bytes), 0, NOW));
}

static void nothing_counts_before_the_site_statement(void **state)
{
	AUTO(world) w = {0};
	AUTO(directory_state) empty = {0};
	struct person p;

	(void)state;
	world_begin(&w);
	world_invitation(&w, &w.anna, TEXT("zoe"), PROFILE_CLINICIAN, 0);
	assert_fails(ST_DENIED, directory_state_add(&empty, buffer_bytes(&w.bytes), 0, NOW));
	assert_fails(ST_NOT_FOUND, directory_state_find(&empty, &w.anna.id, POSITION_NOW, &p));
	assert_fails(ST_NOT_FOUND, directory_state_find_login(&empty, TEXT("anna"), &p));
}

static void a_person_is_what_the_statements_made_of_him_at_each_position(void **state)
{
	AUTO(world) w = {0};
	struct person p;

	(void)state;
	world_begin(&w);
	/* 0 site, 1 key of the administrator, 2 and 3 anna, 4 and 5 ben, 6 and 7 carl */
	world_user(&w, &w.ben, PROFILE_ASSISTANT, 3, USER_DISABLED);
	assert_ok(world_enter(&w));
	w.ben.head = w.last.name;
	assert_fails(ST_NOT_FOUND, directory_state_find(&w.directory, &w.ben.id, 4, &p));
	assert_ok(directory_state_find(&w.directory, &w.ben.id, 5, &p));
	assert_false(p.enrolled);
	assert_ok(directory_state_find(&w.directory, &w.ben.id, 6, &p));
	assert_true(p.enrolled && hash_equal(&p.key_hash, &w.ben.key_hash));
	assert_int_equal(p.profile, PROFILE_CLINICIAN);
	assert_ok(directory_state_find(&w.directory, &w.ben.id, 8, &p));
	assert_int_equal(p.state, USER_ACTIVE);
	p = now(&w, &w.ben);
	assert_int_equal(p.profile, PROFILE_ASSISTANT);
	assert_int_equal(p.rights, 3);
	assert_int_equal(p.state, USER_DISABLED);
	assert_true(hash_equal(&p.head, &w.ben.head));
	assert_true(text_equal(p.login, TEXT("ben")));
}

static void finds_by_login_in_any_case_and_lists_everybody_once(void **state)
{
	AUTO(world) w = {0};
	struct person p;
	size_t cursor = 0;
	size_t count = 0;

	(void)state;
	world_begin(&w);
	assert_ok(directory_state_find_login(&w.directory, TEXT("Anna"), &p));
	assert_true(uuid_equal(&p.id.uuid, &w.anna.id.uuid));
	assert_true(p.enrolled);
	assert_fails(ST_NOT_FOUND, directory_state_find_login(&w.directory, TEXT("ann"), &p));
	while (directory_state_next(&w.directory, &cursor, &p))
		count++;
	assert_int_equal(count, 4);
}

static void an_invitation_serves_once_and_in_time(void **state)
{
	AUTO(world) w = {0};
	AUTO(actor) eve = {0};

	(void)state;
	world_begin(&w);
	actor_of(9, "eve", &eve);
	world_invitation(&w, &eve, TEXT("eve"), PROFILE_CLINICIAN, 3);
	assert_ok(world_enter(&w));
	eve.head = eve.invited = w.last.name;
	world_key(&w, &eve);
	assert_fails(ST_DENIED, directory_state_add(&w.directory, buffer_bytes(&w.bytes), w.position, NOW + 7 * DAY));
	assert_ok(world_enter(&w));
	eve.head = w.last.name;
	world_key(&w, &eve);
	assert_fails(ST_DENIED, world_enter(&w));
	/* Nor does a second invitation give somebody who has keys new ones. */
	world_invitation(&w, &eve, TEXT("eve"), PROFILE_CLINICIAN, 3);
	assert_fails(ST_CONFLICT, world_enter(&w));
}

static void a_newer_invitation_ends_the_older_one(void **state)
{
	AUTO(world) w = {0};
	AUTO(actor) eve = {0};
	struct hash first;

	(void)state;
	world_begin(&w);
	actor_of(9, "eve", &eve);
	world_invitation(&w, &eve, TEXT("eve"), PROFILE_CLINICIAN, 3);
	assert_ok(world_enter(&w));
	eve.head = first = w.last.name;
	world_invitation(&w, &eve, TEXT("eve"), PROFILE_ASSISTANT, 1);
	assert_ok(world_enter(&w));
	eve.head = w.last.name;
	eve.invited = first;
	world_key(&w, &eve);
	assert_fails(ST_DENIED, world_enter(&w));
	eve.invited = eve.head;
	world_key(&w, &eve);
	assert_ok(world_enter(&w));
	assert_int_equal(now(&w, &eve).profile, PROFILE_ASSISTANT);
}

static void a_login_belongs_to_one_person(void **state)
{
	AUTO(world) w = {0};
	AUTO(actor) eve = {0};

	(void)state;
	world_begin(&w);
	actor_of(9, "eve", &eve);
	world_invitation(&w, &eve, TEXT("ANNA"), PROFILE_CLINICIAN, 3);
	assert_fails(ST_CONFLICT, world_enter(&w));
	world_invitation(&w, &eve, TEXT("root"), PROFILE_CLINICIAN, 3);
	assert_fails(ST_CONFLICT, world_enter(&w));
}

static void the_previous_key_signs_the_next(void **state)
{
	AUTO(world) w = {0};
	AUTO(actor) next = {0};

	(void)state;
	world_begin(&w);
	actor_of(2, "anna again", &next);
	struct statement s = world_draft(&w, STATEMENT_KEY, &w.anna, &w.anna.head);
	s.key.user = w.anna.id;
	s.key.hpke_key = next.hpke.public_key;
	s.key.sign_key = next.sign.public_key;
	/* The new key vouching for itself does not count. */
	world_sign(&w, &s, &next.sign);
	assert_fails(ST_UNPROVEN, world_enter(&w));
	world_sign(&w, &s, &w.anna.sign);
	assert_ok(world_enter(&w));
	w.anna.head = w.last.name;
	const struct person anna = now(&w, &w.anna);
	assert_true(hash_equal(&anna.key_hash, &next.key_hash));
	/* From then on the old one is nobody's. */
	s.head.previous = w.anna.head;
	world_sign(&w, &s, &w.anna.sign);
	assert_fails(ST_DENIED, world_enter(&w));
}

static void only_administrators_invite_and_change_users(void **state)
{
	AUTO(world) w = {0};
	AUTO(actor) eve = {0};

	(void)state;
	world_begin(&w);
	actor_of(9, "eve", &eve);
	const struct actor *const others[] = {&w.anna, &w.ben, &w.carl};
	for (size_t i = 0; i < COUNT(others); i++) {
		world_invitation(&w, &eve, TEXT("eve"), PROFILE_CLINICIAN, 3);
		struct statement s = w.last;
		s.head.author = others[i]->id;
		s.head.author_key = others[i]->key_hash;
		AUTO(world) hand = {0};
		world_sign(&hand, &s, &others[i]->sign);
		assert_fails(ST_DENIED, directory_state_add(&w.directory, buffer_bytes(&hand.bytes), w.position, NOW));
		s = world_draft(&w, STATEMENT_USER, others[i], &w.carl.head);
		s.user = (struct statement_user){w.carl.id, PROFILE_CLINICIAN, RIGHTS_ALL, USER_ACTIVE};
		world_sign(&hand, &s, &others[i]->sign);
		assert_fails(ST_DENIED, directory_state_add(&w.directory, buffer_bytes(&hand.bytes), w.position, NOW));
	}
}

static void a_chain_lets_nothing_be_left_out(void **state)
{
	AUTO(world) w = {0};
	struct hash before;

	(void)state;
	world_begin(&w);
	before = w.carl.head;
	world_user(&w, &w.carl, PROFILE_ASSISTANT, 1, USER_DISABLED);
	assert_ok(world_enter(&w));
	/* A later statement that ignores the disabling does not count, and the right one does. */
	w.carl.head = before;
	world_user(&w, &w.carl, PROFILE_ASSISTANT, 7, USER_ACTIVE);
	assert_fails(ST_CONFLICT, world_enter(&w));
	w.carl.head = now(&w, &w.carl).head;
	world_user(&w, &w.carl, PROFILE_ASSISTANT, 7, USER_ACTIVE);
	assert_ok(world_enter(&w));
}

static void patients_statements_are_no_business_of_the_directory(void **state)
{
	AUTO(world) w = {0};

	(void)state;
	world_begin(&w);
	struct statement s = world_draft(&w, STATEMENT_PATIENT, &w.anna, NULL);
	s.patient.patient.uuid = uuid_of(50);
	world_sign(&w, &s, &w.anna.sign);
	assert_fails(ST_DENIED, world_enter(&w));
	assert_fails(ST_INVALID, directory_state_add(&w.directory, BYTES_LITERAL("nonsense"), w.position, NOW));
}

static void holds_hundreds_of_users(void **state)
{
	AUTO(world) w = {0};
	AUTO(actor) many = {0};
	struct person p;
	char login[32];

	(void)state;
	world_begin(&w);
	actor_of(9, "many", &many);
	for (unsigned i = 0; i < 300; i++) {
		many.id.uuid.bytes[3] = (uint8_t)(i >> 8);
		many.id.uuid.bytes[4] = (uint8_t)i;
		many.head = (struct hash){{0}};
		snprintf(login, sizeof login, "user%u", i);
		world_enrol(&w, &many, login, PROFILE_CLINICIAN, 3);
	}
	for (unsigned i = 0; i < 300; i++) {
		many.id.uuid.bytes[3] = (uint8_t)(i >> 8);
		many.id.uuid.bytes[4] = (uint8_t)i;
		assert_ok(directory_state_find(&w.directory, &many.id, 8 + 2 * i + 1, &p));
		assert_false(p.enrolled);
		snprintf(login, sizeof login, "USER%u", i);
		assert_ok(directory_state_find_login(&w.directory, text_of(login), &p));
		assert_true(p.enrolled && uuid_equal(&p.id.uuid, &many.id.uuid));
	}
}

static int setup(void **state)
{
	(void)state;
	return ok(secret_setup()) && ok(crypto_setup()) ? 0 : 1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_site_statement_begins_everything),
		TEST(nothing_counts_before_the_site_statement),
		TEST(a_person_is_what_the_statements_made_of_him_at_each_position),
		TEST(finds_by_login_in_any_case_and_lists_everybody_once),
		TEST(an_invitation_serves_once_and_in_time),
		TEST(a_newer_invitation_ends_the_older_one),
		TEST(a_login_belongs_to_one_person),
		TEST(the_previous_key_signs_the_next),
		TEST(only_administrators_invite_and_change_users),
		TEST(a_chain_lets_nothing_be_left_out),
		TEST(patients_statements_are_no_business_of_the_directory),
		TEST(holds_hundreds_of_users),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}
