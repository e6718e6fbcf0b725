/* SPDX-License-Identifier: Apache-2.0 */
/* Changes as a whole, and the directory. */
#include "server.h"

static struct person person_now(struct server *s, const struct actor *a, char name[64])
{
	AUTO(store_snapshot) snapshot = {0};
	AUTO(row) row = {0};
	struct person p;

	assert_ok(store_snapshot_new(&s->store, &snapshot));
	assert_ok(userrow_get(snapshot.view, &a->id, &row, &p));
	snprintf(name, 64, "%.*s", TEXT_ARG(userrow_name(&row)));
	p.login = TEXT("");
	return p;
}

static void a_site_begins_once(void **state)
{
	AUTO(server) s = {0};
	AUTO(store_snapshot) snapshot = {0};
	struct hash fingerprint;

	(void)state;
	server_begin(&s);
	assert_ok(store_snapshot_new(&s.store, &snapshot));
	assert_ok(facts_fingerprint(snapshot.view, &fingerprint));
	assert_true(hash_equal(&fingerprint, &s.reader.w.directory.fingerprint));
	world_site(&s.reader.w);
	assert_fails(ST_CONFLICT, server_begin_site(&s));
	assert_int_equal(s.leaves, 8);
}

static void users_are_what_their_statements_say(void **state)
{
	AUTO(server) s = {0};
	struct world *w = &s.reader.w;
	char name[64];

	(void)state;
	server_begin(&s);
	struct person p = person_now(&s, &w->ben, name);
	assert_int_equal(p.profile, PROFILE_CLINICIAN);
	assert_true(p.enrolled && hash_equal(&p.key_hash, &w->ben.key_hash));
	assert_memory_equal(p.sign_key.bytes, w->ben.sign.public_key.bytes, 65);
	assert_true(hash_is_zero(&p.invitation.name));
	assert_string_equal(name, "ben");
	world_user(w, &w->ben, PROFILE_ASSISTANT, 3, USER_DISABLED);
	assert_ok(server_enter(&s, &w->administrator, "Benjamin"));
	p = person_now(&s, &w->ben, name);
	assert_int_equal(p.profile, PROFILE_ASSISTANT);
	assert_int_equal(p.rights, 3);
	assert_int_equal(p.state, USER_DISABLED);
	assert_true(hash_equal(&p.head, &w->last.name));
	assert_string_equal(name, "Benjamin");
}

static void an_invitation_waits_in_the_users_row(void **state)
{
	AUTO(server) s = {0};
	AUTO(actor) eve = {0};
	struct world *w = &s.reader.w;
	char name[64];

	(void)state;
	server_begin(&s);
	actor_of(9, "eve", &eve);
	world_invitation(w, &eve, TEXT("eve"), PROFILE_CLINICIAN, 3);
	assert_ok(server_enter(&s, &w->administrator, "Eve"));
	eve.head = eve.invited = w->last.name;
	struct person p = person_now(&s, &eve, name);
	assert_false(p.enrolled);
	assert_true(hash_equal(&p.invitation.name, &eve.invited));
	assert_int_equal(p.invitation.expires, NOW + 7 * DAY);
	w->time += 7 * DAY;
	world_key(w, &eve);
	assert_fails(ST_DENIED, server_enter(&s, &eve, ""));
	w->time -= 1;
	world_key(w, &eve);
	assert_ok(server_enter(&s, &eve, ""));
	eve.head = w->last.name;
	world_key(w, &eve);
	assert_fails(ST_DENIED, server_enter(&s, &eve, ""));
	p = person_now(&s, &eve, name);
	assert_true(p.enrolled);
	assert_string_equal(name, "Eve");
}

static void a_login_is_taken_once_and_has_no_upper_case(void **state)
{
	AUTO(server) s = {0};
	AUTO(actor) eve = {0};
	struct world *w = &s.reader.w;

	(void)state;
	server_begin(&s);
	actor_of(9, "eve", &eve);
	world_invitation(w, &eve, TEXT("anna"), PROFILE_CLINICIAN, 3);
	assert_fails(ST_CONFLICT, server_enter(&s, &w->administrator, ""));
	static const char *const bad[] = {"Eve", "e ve", "eve ", "EVE"};
	for (size_t i = 0; i < COUNT(bad); i++) {
		world_invitation(w, &eve, text_of(bad[i]), PROFILE_CLINICIAN, 3);
		server_take(&s);
		assert_fails(ST_INVALID, server_send(&s, &w->administrator));
	}
	world_invitation(w, &eve, TEXT("\xc3\xa9ve@mill.example"), PROFILE_CLINICIAN, 3);
	assert_ok(server_enter(&s, &w->administrator, ""));
}

static void only_his_own_statements_are_taken_from_a_user(void **state)
{
	AUTO(server) s = {0};
	struct world *w = &s.reader.w;

	(void)state;
	server_begin(&s);
	world_user(w, &w->carl, PROFILE_ASSISTANT, 1, USER_ACTIVE);
	server_take(&s);
	assert_fails(ST_DENIED, server_send(&s, &w->anna));
	struct statement d = world_draft(w, STATEMENT_USER, &w->administrator, &w->carl.head);
	d.user = (struct statement_user){w->carl.id, PROFILE_ASSISTANT, 1, USER_ACTIVE};
	d.head.site = hash_of(9);
	world_sign(w, &d, &w->administrator.sign);
	server_take(&s);
	assert_fails(ST_DENIED, server_send(&s, &w->administrator));
	d.head.site = s.fingerprint;
	world_sign(w, &d, &w->anna.sign);
	server_take(&s);
	assert_fails(ST_UNPROVEN, server_send(&s, &w->administrator));
	d.head.seen_size = s.leaves + 1;
	d.head.seen_root = hash_of(1);
	world_sign(w, &d, &w->administrator.sign);
	server_take(&s);
	assert_fails(ST_CONFLICT, server_send(&s, &w->administrator));
	d.head.seen_size = s.leaves;
	world_sign(w, &d, &w->administrator.sign);
	server_take(&s);
	assert_ok(server_send(&s, &w->administrator));
}

static void whoever_builds_on_something_else_learns_the_head(void **state)
{
	AUTO(server) s = {0};
	struct world *w = &s.reader.w;

	(void)state;
	server_begin(&s);
	const struct hash head = w->carl.head;
	w->carl.head = hash_of(3);
	world_user(w, &w->carl, PROFILE_ASSISTANT, 1, USER_ACTIVE);
	server_take(&s);
	assert_fails(ST_CONFLICT, server_send(&s, &w->administrator));
	assert_int_equal(s.change.failed, 0);
	assert_true(hash_equal(&s.change.head, &head));
}

static void the_same_statement_again_answers_as_the_first_time(void **state)
{
	AUTO(server) s = {0};
	struct world *w = &s.reader.w;

	(void)state;
	server_begin(&s);
	world_user(w, &w->carl, PROFILE_ASSISTANT, 1, USER_ACTIVE);
	server_take(&s);
	assert_ok(server_send(&s, &w->administrator));
	const struct record_outcome first = s.outcomes[0];
	assert_false(first.repeated);
	assert_int_equal(first.leaf, 8);
	assert_int_equal(first.time, NOW);
	w->time += 5000;
	server_take(&s);
	assert_ok(server_send(&s, &w->administrator));
	assert_true(s.outcomes[0].repeated);
	assert_int_equal(s.outcomes[0].leaf, first.leaf);
	assert_int_equal(s.outcomes[0].time, first.time);
	assert_true(hash_equal(&s.outcomes[0].name, &first.name));
	/* Under another signature it is the same statement. */
	const struct statement again = w->last;
	AUTO(world) hand = {0};
	world_sign(&hand, &again, &w->administrator.sign);
	s.reader.w.last = hand.last;
	server_take(&s);
	assert_ok(server_send(&s, &w->administrator));
	assert_true(s.outcomes[0].repeated);
	assert_int_equal(s.leaves, 9);
	/* Twice within one change, too. */
	world_user(w, &w->carl, PROFILE_ASSISTANT, 2, USER_ACTIVE);
	struct statement d = w->last;
	d.head.previous = first.name;
	world_sign(w, &d, &w->administrator.sign);
	server_take(&s);
	server_take(&s);
	assert_ok(server_send(&s, &w->administrator));
	assert_false(s.outcomes[0].repeated);
	assert_true(s.outcomes[1].repeated);
}

static void a_change_takes_effect_whole_or_not_at_all(void **state)
{
	AUTO(server) s = {0};
	struct world *w = &s.reader.w;
	char name[64];

	(void)state;
	server_begin(&s);
	world_user(w, &w->carl, PROFILE_ASSISTANT, 1, USER_ACTIVE);
	server_take(&s);
	world_user(w, &w->ben, PROFILE_CLINICIAN, 1, USER_ACTIVE);
	server_take(&s);
	world_user(w, &w->administrator, PROFILE_AUDITOR, 0, USER_ACTIVE); /* himself */
	server_take(&s);
	assert_fails(ST_DENIED, server_send(&s, &w->administrator));
	assert_int_equal(s.change.failed, 2);
	assert_int_equal(person_now(&s, &w->carl, name).rights, 7);
	assert_int_equal(person_now(&s, &w->ben, name).rights, RIGHTS_ALL);
}

static void what_is_no_statement_of_a_change_is_refused(void **state)
{
	AUTO(server) s = {0};
	struct world *w = &s.reader.w;

	(void)state;
	server_begin(&s);
	struct statement d = world_draft(w, STATEMENT_SIGN_IN, &w->anna, NULL);
	world_sign(w, &d, &w->anna.sign);
	server_take(&s);
	assert_fails(ST_DENIED, server_send(&s, &w->anna));
	server_take(&s)->statement = BYTES_LITERAL("tacenda/v1/nonsense");
	assert_fails(ST_INVALID, server_send(&s, &w->anna));
	d = world_draft(w, STATEMENT_USER, &w->administrator, &w->carl.head);
	d.user = (struct statement_user){w->carl.id, PROFILE_ASSISTANT, 1, USER_ACTIVE};
	world_sign(w, &d, &w->administrator.sign);
	server_take(&s)->name = TEXT("\xff");
	assert_fails(ST_INVALID, server_send(&s, &w->administrator));
}

static void an_unprepared_change_is_not_applied(void **state)
{
	AUTO(server) s = {0};
	AUTO(store_txn) txn = {0};
	struct world *w = &s.reader.w;
	struct record_log log;

	(void)state;
	server_begin(&s);
	log = server_log(&s);
	world_user(w, &w->carl, PROFILE_ASSISTANT, 1, USER_ACTIVE);
	server_take(&s);
	s.change = (struct record_change){.fingerprint = s.fingerprint,
					  .actor = {.user = w->administrator.id},
					  .items = s.items,
					  .count = 1,
					  .outcomes = s.outcomes};
	assert_ok(store_begin(&s.store, &txn));
	assert_fails(ST_DENIED, record_apply(&txn, &log, &s.change));
}

static void a_key_replaced_between_preparing_and_applying_does_not_count(void **state)
{
	AUTO(server) s = {0};
	AUTO(actor) next = {0};
	AUTO(store_snapshot) before = {0};
	AUTO(store_txn) txn = {0};
	struct world *w = &s.reader.w;
	struct record_log log;

	(void)state;
	server_begin(&s);
	assert_ok(store_snapshot_new(&s.store, &before));
	actor_of(1, "administrator again", &next);
	struct statement d = world_draft(w, STATEMENT_KEY, &w->administrator, &w->administrator.head);
	d.key.user = w->administrator.id;
	d.key.hpke_key = next.hpke.public_key;
	d.key.sign_key = next.sign.public_key;
	world_sign(w, &d, &w->administrator.sign);
	assert_ok(server_enter(&s, &w->administrator, ""));
	world_user(w, &w->carl, PROFILE_ASSISTANT, 1, USER_ACTIVE); /* under the old key */
	server_take(&s);
	s.change = (struct record_change){.fingerprint = s.fingerprint,
					  .actor = {.user = w->administrator.id},
					  .items = s.items,
					  .count = 1,
					  .outcomes = s.outcomes};
	assert_ok(record_prepare(before.view, &s.change));
	assert_true(s.items[0].verified);
	log = server_log(&s);
	assert_ok(store_begin(&s.store, &txn));
	assert_fails(ST_DENIED, record_apply(&txn, &log, &s.change));
}

static int setup(void **state)
{
	(void)state;
	return ok(secret_setup()) && ok(crypto_setup()) ? 0 : 1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_site_begins_once),
		TEST(users_are_what_their_statements_say),
		TEST(an_invitation_waits_in_the_users_row),
		TEST(a_login_is_taken_once_and_has_no_upper_case),
		TEST(only_his_own_statements_are_taken_from_a_user),
		TEST(whoever_builds_on_something_else_learns_the_head),
		TEST(the_same_statement_again_answers_as_the_first_time),
		TEST(a_change_takes_effect_whole_or_not_at_all),
		TEST(what_is_no_statement_of_a_change_is_refused),
		TEST(an_unprepared_change_is_not_applied),
		TEST(a_key_replaced_between_preparing_and_applying_does_not_count),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}
