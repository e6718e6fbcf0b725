/* SPDX-License-Identifier: Apache-2.0 */
/* Statements of one request: what changeset_room() promises, changeset_add() keeps. */
#include "testing.h"

#include "changeset.h"

static uint8_t filling[200000];
static struct wrapped_key wrapped[LIMIT_EPOCH_RECIPIENTS];

/** Fill with ${step} bytes at a time while there is said to be room. */
static size_t fill(struct changeset *set, size_t step)
{
	size_t count = 0;

	while (changeset_room(set, step)) {
		assert_ok(changeset_add(set, bytes_of(filling, step), NULL));
		count++;
	}
	return count;
}

static void what_has_room_is_taken(void **state)
{
	(void)state;
	for (size_t step = 100; step < 5000; step += 171) {
		AUTO(changeset) set = {0};
		changeset_begin(NULL, &set);
		assert_true(fill(&set, step) > 10);
		assert_true(set.body.len + 64 < LIMIT_JSON_BYTES);
		jsonwriter_end(&set.writer);
		jsonwriter_end(&set.writer);
		assert_ok(jsonwriter_done(&set.writer));
	}
}

static void an_epoch_with_many_recipients_is_taken_when_it_has_room(void **state)
{
	(void)state;
	for (size_t before = 0; before < 1200; before += 7) {
		AUTO(changeset) set = {0};
		const struct changeset_parts parts = {.wrapped = wrapped, .wrapped_count = LIMIT_EPOCH_RECIPIENTS};
		const size_t statement = 500 + STATEMENT_RECIPIENT_BYTES * LIMIT_EPOCH_RECIPIENTS;
		const size_t len = statement + sizeof wrapped;

		changeset_begin(NULL, &set);
		while (changeset_room(&set, len + 6000))
			assert_ok(changeset_add(&set, bytes_of(filling, 4000), NULL));
		while (changeset_room(&set, len + before))
			assert_ok(changeset_add(&set, bytes_of(filling, 70), NULL));
		if (changeset_room(&set, len))
			assert_ok(changeset_add(&set, bytes_of(filling, statement), &parts));
		assert_true(set.body.len + 8 < LIMIT_JSON_BYTES);
	}
}

static void has_no_room_for_what_can_never_fit(void **state)
{
	AUTO(changeset) set = {0};

	(void)state;
	changeset_begin(NULL, &set);
	assert_false(changeset_room(&set, LIMIT_JSON_BYTES));
	assert_false(changeset_room(&set, SIZE_MAX));
	assert_false(changeset_room(&set, SIZE_MAX / 2));
	assert_true(changeset_room(&set, CHANGESET_INLINE));
}

static void takes_so_many_statements_and_no_more(void **state)
{
	AUTO(changeset) set = {0};

	(void)state;
	changeset_begin(NULL, &set);
	for (size_t i = 0; i < CHANGESET_MAX; i++) {
		assert_true(changeset_room(&set, 10));
		assert_ok(changeset_add(&set, bytes_of(filling, 10), NULL));
	}
	assert_false(changeset_room(&set, 10));
	assert_fails(ST_TOO_BIG, changeset_add(&set, bytes_of(filling, 10), NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_has_room_is_taken),
		TEST(an_epoch_with_many_recipients_is_taken_when_it_has_room),
		TEST(has_no_room_for_what_can_never_fit),
		TEST(takes_so_many_statements_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
