/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <string.h>

#include "arena.h"

static void what_it_hands_out_is_zeroed_and_aligned(void **state)
{
	(void)state;
	AUTO(arena) a = {.max = 1 << 20};

	for (size_t len = 0; len < 300; len++) {
		uint8_t *at;

		assert_ok(arena_take(&a, len, (void **)&at));
		assert_non_null(at);
		assert_int_equal((uintptr_t)at % 16, 0);
		for (size_t i = 0; i < len; i++)
			assert_int_equal(at[i], 0);
		memset(at, 0xff, len);
	}
}

static void the_ceiling_holds(void **state)
{
	(void)state;
	AUTO(arena) a = {.max = 64};
	void *at = &a;

	assert_fails(ST_TOO_BIG, arena_take(&a, 65, &at));
	assert_fails(ST_TOO_BIG, arena_take(&a, SIZE_MAX, &at));
	assert_fails(ST_TOO_BIG, arena_take(&a, SIZE_MAX - 20, &at));
	assert_ptr_equal(at, &a);
	assert_ok(arena_take(&a, 33, &at));
	assert_ok(arena_take(&a, 16, &at));
	assert_fails(ST_TOO_BIG, arena_take(&a, 1, &at));
}

static void a_large_piece_gets_a_block_of_its_own(void **state)
{
	(void)state;
	AUTO(arena) a = {.max = 1 << 20};
	uint8_t *small, *large;

	assert_ok(arena_take(&a, 8, (void **)&small));
	assert_ok(arena_take(&a, 100000, (void **)&large));
	memset(large, 1, 100000);
	assert_int_equal(small[0], 0);
}

static void copies_are_equal_and_texts_end_in_nul(void **state)
{
	(void)state;
	AUTO(arena) a = {.max = 4096};
	struct bytes copy;
	struct text text;

	assert_ok(arena_copy(&a, BYTES_LITERAL("abc"), &copy));
	assert_true(bytes_equal(copy, BYTES_LITERAL("abc")));
	assert_ok(arena_text(&a, TEXT("abcdefghijklmnop"), &text));
	assert_int_equal(text.len, 16);
	assert_string_equal(text.at, "abcdefghijklmnop");
	assert_ok(arena_text(&a, (struct text){0}, &text));
	assert_string_equal(text.at, "");
	assert_ok(arena_copy(&a, (struct bytes){0}, &copy));
	assert_int_equal(copy.len, 0);
}

static void a_cleared_arena_starts_again(void **state)
{
	(void)state;
	AUTO(arena) a = {.max = 32};
	void *at;

	arena_clear(&a);
	assert_ok(arena_take(&a, 32, &at));
	arena_clear(&a);
	assert_ok(arena_take(&a, 32, &at));
	arena_clear(&a);
	arena_clear(&a);
}

/* PROMISES#S1: what one request left there the next does not find. */
static void a_reset_arena_keeps_its_first_block_and_nothing_in_it(void **state)
{
	(void)state;
	AUTO(arena) a = {.max = 1 << 20};
	uint8_t *first, *again;
	void *more;

	assert_ok(arena_take(&a, 500, (void **)&first));
	memset(first, 7, 500);
	assert_ok(arena_take(&a, 100000, &more));
	assert_ok(arena_take(&a, 3000, &more));
	arena_reset(&a);
	assert_int_equal(a.used, 0);
	assert_ok(arena_take(&a, 600, (void **)&again));
	assert_ptr_equal(again, first);
	for (size_t i = 0; i < 600; i++)
		assert_int_equal(again[i], 0);
}

static void a_reset_arena_keeps_no_large_block(void **state)
{
	(void)state;
	AUTO(arena) a = {.max = 1 << 20};
	void *at;

	arena_reset(&a);
	assert_ok(arena_take(&a, 100000, &at));
	arena_reset(&a);
	assert_null(a.blocks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_it_hands_out_is_zeroed_and_aligned),
		TEST(the_ceiling_holds),
		TEST(a_large_piece_gets_a_block_of_its_own),
		TEST(copies_are_equal_and_texts_end_in_nul),
		TEST(a_cleared_arena_starts_again),
		TEST(a_reset_arena_keeps_its_first_block_and_nothing_in_it),
		TEST(a_reset_arena_keeps_no_large_block),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
