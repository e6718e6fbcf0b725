/* SPDX-License-Identifier: Apache-2.0 */
/* The directory as it is listed, and an invitation's proof. */
#include "listing_fixture.h"

static struct status see_user(void *context, const struct listing_user *user)
{
	struct seen *seen = context;

	assert_int_equal(seen->statements, 0);
	assert_true(user->person->login.len > 0 && user->seq > 0);
	seen->users++;
	return OK;
}

static void page_of_directory(struct server *s, const struct actor *a, struct page *page, struct seen *seen)
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
		struct page page = {.since = 0, .limit = limit, .more = true};
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
	struct page page = {.since = 0, .limit = 100};

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_directory_replays_from_pages_of_any_length),
		TEST(the_directory_tells_what_changed_since),
		TEST(an_invitation_comes_with_its_proof),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}
