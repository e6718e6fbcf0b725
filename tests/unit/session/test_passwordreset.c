/* SPDX-License-Identifier: Apache-2.0 */
/* One-time codes for a new password: states x what is asked of them. */
#include "passwordreset.h"
#include "rig.h"
#include "testing.h"

#include <stdio.h>
#include <string.h>

#define NOW UINT64_C(1795000000000)

struct scene {
	struct rig rig;
	struct store store;
	struct user_id anna, ben;
};
static void begin(struct scene *s)
{
	*s = (struct scene){.rig = rig_new(), .anna = {uuid_new(NOW)}, .ben = {uuid_new(NOW)}};
	assert_ok(store_open(&s->rig.options, &s->store));
}
static void scene_clear(struct scene *s)
{
	store_clear(&s->store);
	rig_end(&s->rig);
}

static struct text make(struct scene *s, const struct user_id *user, uint64_t now, struct secret *code, bool *replaced)
{
	AUTO(store_txn) txn = {0};

	assert_ok(store_begin(&s->store, &txn));
	assert_ok(passwordreset_make(&txn, user, now, code, replaced));
	assert_ok(store_txn_audit(&txn, BYTES_LITERAL("made"), NULL));
	assert_ok(store_commit(&txn));
	assert_int_equal(code->len, PASSWORDRESET_TEXT + 1);
	return (struct text){(const char *)code->bytes, PASSWORDRESET_TEXT};
}

static struct status get(struct scene *s, const struct user_id *user, uint64_t now, struct passwordreset *out)
{
	AUTO(store_snapshot) snapshot = {0};

	assert_ok(store_snapshot_new(&s->store, &snapshot));
	return passwordreset_get(snapshot.view, user, now, out);
}

static struct status take(struct scene *s, const struct passwordreset *reset, uint64_t now)
{
	AUTO(store_txn) txn = {0};

	TRY(store_begin(&s->store, &txn));
	TRY(passwordreset_take(&txn, reset, now));
	TRY(store_txn_audit(&txn, BYTES_LITERAL("taken"), NULL));
	return store_commit(&txn);
}

static void a_code_is_good_once_for_one_user_for_a_day(void **state)
{
	AUTO(scene) s = {0};
	AUTO(secret) code = {0};
	struct passwordreset reset, of_ben;
	bool replaced = true;

	(void)state;
	begin(&s);
	assert_fails(ST_NOT_FOUND, get(&s, &s.anna, NOW, &reset));
	const struct text text = make(&s, &s.anna, NOW, &code, &replaced);
	assert_false(replaced);
	assert_fails(ST_NOT_FOUND, get(&s, &s.ben, NOW, &of_ben));
	assert_ok(get(&s, &s.anna, NOW + PASSWORDRESET_MS - 1, &reset));
	assert_fails(ST_NOT_FOUND, get(&s, &s.anna, NOW + PASSWORDRESET_MS, &of_ben));
	assert_ok(passwordreset_check(&reset, text));
	/* The same letters are no code of somebody else's. */
	of_ben = reset;
	of_ben.user = s.ben;
	assert_fails(ST_UNPROVEN, passwordreset_check(&of_ben, text));
	assert_fails(ST_UNPROVEN, take(&s, &reset, NOW + PASSWORDRESET_MS));
	assert_ok(take(&s, &reset, NOW + 1));
	assert_fails(ST_UNPROVEN, take(&s, &reset, NOW + 1));
	assert_fails(ST_NOT_FOUND, get(&s, &s.anna, NOW, &reset));
}

static void what_was_typed_is_compared_whole(void **state)
{
	AUTO(scene) s = {0};
	AUTO(secret) code = {0};
	struct passwordreset reset;
	char typed[PASSWORDRESET_TEXT + 8];
	bool replaced;

	(void)state;
	begin(&s);
	const struct text text = make(&s, &s.anna, NOW, &code, &replaced);
	assert_ok(get(&s, &s.anna, NOW, &reset));
	snprintf(typed, sizeof typed, " %.*s\n", TEXT_ARG(text));
	assert_ok(passwordreset_check(&reset, text_of(typed)));
	for (size_t len = 0; len < text.len; len++)
		assert_fails(ST_UNPROVEN, passwordreset_check(&reset, (struct text){text.at, len}));
	for (size_t i = 0; i < text.len; i++) {
		snprintf(typed, sizeof typed, "%.*s", TEXT_ARG(text));
		typed[i] = typed[i] == 'A' ? 'B' : 'A';
		assert_fails(ST_UNPROVEN, passwordreset_check(&reset, text_of(typed)));
	}
	snprintf(typed, sizeof typed, "%.*sA", TEXT_ARG(text));
	assert_fails(ST_UNPROVEN, passwordreset_check(&reset, text_of(typed)));
}

static void a_newer_code_ends_the_older(void **state)
{
	AUTO(scene) s = {0};
	AUTO(secret) first = {0}, second = {0};
	struct passwordreset older, newer;
	bool replaced = false;

	(void)state;
	begin(&s);
	const struct text text = make(&s, &s.anna, NOW, &first, &replaced);
	assert_ok(get(&s, &s.anna, NOW, &older));
	make(&s, &s.anna, NOW + 1000, &second, &replaced);
	assert_true(replaced);
	assert_ok(get(&s, &s.anna, NOW + 1000, &newer));
	assert_fails(ST_UNPROVEN, passwordreset_check(&newer, text));
	assert_fails(ST_UNPROVEN, take(&s, &older, NOW + 1000));
	assert_ok(take(&s, &newer, NOW + 1000));
}

static void what_ends_it_is_no_use_of_it(void **state)
{
	AUTO(scene) s = {0};
	AUTO(secret) code = {0};
	struct passwordreset reset;
	bool replaced;

	(void)state;
	begin(&s);
	make(&s, &s.anna, NOW, &code, &replaced);
	assert_ok(get(&s, &s.anna, NOW, &reset));
	for (size_t i = 0; i < 2; i++) { /* without a code, too */
		AUTO(store_txn) txn = {0};
		assert_ok(store_begin(&s.store, &txn));
		assert_ok(passwordreset_end(&txn, &s.anna));
		assert_ok(store_txn_audit(&txn, BYTES_LITERAL("ended"), NULL));
		assert_ok(store_commit(&txn));
		assert_fails(ST_NOT_FOUND, get(&s, &s.anna, NOW, &reset));
	}
	assert_fails(ST_UNPROVEN, take(&s, &reset, NOW));
}

static void those_that_are_over_are_found_the_earliest_first(void **state)
{
	AUTO(scene) s = {0};
	AUTO(store_snapshot) snapshot = {0};
	AUTO(secret) code = {0}, other = {0};
	struct user_id over[4];
	size_t count = 0;
	bool replaced;

	(void)state;
	begin(&s);
	make(&s, &s.anna, NOW + 1000, &code, &replaced);
	make(&s, &s.ben, NOW, &other, &replaced);
	assert_ok(store_snapshot_new(&s.store, &snapshot));
	assert_ok(passwordreset_over(snapshot.view, NOW + PASSWORDRESET_MS - 1, over, COUNT(over), &count));
	assert_int_equal(count, 0);
	assert_ok(passwordreset_over(snapshot.view, NOW + PASSWORDRESET_MS, over, COUNT(over), &count));
	assert_int_equal(count, 1);
	assert_true(uuid_equal(&over[0].uuid, &s.ben.uuid));
	assert_ok(passwordreset_over(snapshot.view, NOW + 2 * PASSWORDRESET_MS, over, COUNT(over), &count));
	assert_int_equal(count, 2);
	assert_true(uuid_equal(&over[0].uuid, &s.ben.uuid));
	assert_ok(passwordreset_over(snapshot.view, NOW + 2 * PASSWORDRESET_MS, over, 1, &count));
	assert_int_equal(count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_code_is_good_once_for_one_user_for_a_day),
		TEST(what_was_typed_is_compared_whole),
		TEST(a_newer_code_ends_the_older),
		TEST(what_ends_it_is_no_use_of_it),
		TEST(those_that_are_over_are_found_the_earliest_first),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
