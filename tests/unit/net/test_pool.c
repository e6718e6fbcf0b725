/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <string.h>

#include "pool.h"

static void gives_at_least_what_was_asked(void **state)
{
	struct pool pool = {0};
	struct piece piece;

	(void)state;
	for (size_t len = 1; len < 100000; len = len * 3 + 1) {
		assert_ok(pool_take(&pool, len, &piece));
		assert_true(piece.capacity >= len);
		memset(piece.bytes, 7, piece.capacity);
		pool_give(&pool, &piece, piece.capacity);
		assert_null(piece.bytes);
	}
	pool_give(&pool, &piece, 10); /* none */
	pool_clear(&pool);
}

static void gives_the_warm_one_again(void **state)
{
	struct pool pool = {0};
	struct piece one, two;

	(void)state;
	assert_ok(pool_take(&pool, POOL_RECORD, &one));
	uint8_t *first = one.bytes;
	pool_give(&pool, &one, 0);
	assert_ok(pool_take(&pool, POOL_RECORD - 1, &two));
	assert_ptr_equal(two.bytes, first);
	assert_int_equal(two.capacity, POOL_RECORD);
	pool_give(&pool, &two, 0);
	pool_clear(&pool);
}

/* PROMISES#S1: what a request said is not left lying about. */
static void wipes_what_was_used(void **state)
{
	struct pool pool = {0};
	struct piece piece;

	(void)state;
	assert_ok(pool_take(&pool, 1000, &piece));
	memcpy(piece.bytes + 100, "authorization: secret", 21);
	pool_give(&pool, &piece, 121);
	assert_ok(pool_take(&pool, 1000, &piece));
	/* The first bytes link the spare ones. */
	for (size_t i = sizeof(void *); i < 121; i++)
		assert_int_equal(piece.bytes[i], 0);
	pool_give(&pool, &piece, 0);
	pool_clear(&pool);
}

static void keeps_a_bounded_number(void **state)
{
	struct pool pool = {0};
	struct piece pieces[100];

	(void)state;
	for (size_t i = 0; i < COUNT(pieces); i++)
		assert_ok(pool_take(&pool, POOL_INPUT, &pieces[i]));
	for (size_t i = 0; i < COUNT(pieces); i++)
		pool_give(&pool, &pieces[i], 0);
	size_t kept = 0;
	for (size_t i = 0; i < POOL_SIZES; i++)
		kept += pool.count[i];
	assert_in_range(kept, 1, 64);
	pool_clear(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(gives_at_least_what_was_asked),
		TEST(gives_the_warm_one_again),
		TEST(wipes_what_was_used),
		TEST(keeps_a_bounded_number),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
