/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <stdint.h>
#include <string.h>

#include "http2memory.h"

static void gives_aligned_memory_of_any_size(void **state)
{
	struct http2memory memory = {0};

	(void)state;
	for (size_t size = 0; size < 100000; size = size * 2 + 1) {
		void *at = http2memory_take(&memory, size);
		assert_non_null(at);
		assert_int_equal((uintptr_t)at % _Alignof(max_align_t), 0);
		assert_int_equal(http2memory_size(at), size);
		memset(at, 7, size);
		http2memory_give(&memory, at);
	}
	http2memory_give(&memory, NULL);
	http2memory_clear(&memory);
}

static void refuses_a_size_that_wraps_around(void **state)
{
	struct http2memory memory = {0};

	(void)state;
	assert_null(http2memory_take(&memory, SIZE_MAX));
	assert_null(http2memory_take(&memory, SIZE_MAX - 15));
	http2memory_clear(&memory);
}

static void gives_the_warm_one_again(void **state)
{
	struct http2memory memory = {0};
	void *first = http2memory_take(&memory, 200), *second = http2memory_take(&memory, 200);

	(void)state;
	http2memory_give(&memory, first);
	http2memory_give(&memory, second);
	assert_ptr_equal(http2memory_take(&memory, 190), second);
	assert_ptr_equal(http2memory_take(&memory, 220), first);
	http2memory_give(&memory, first);
	http2memory_give(&memory, second);
	http2memory_clear(&memory);
}

/* PROMISES#S1: what a head said is not left lying about. */
static void wipes_what_was_used(void **state)
{
	static const char field[] = "authorization: Bearer secret";
	struct http2memory memory = {0};
	char *at = http2memory_take(&memory, sizeof field);

	(void)state;
	memcpy(at, field, sizeof field);
	http2memory_give(&memory, at);
	assert_ptr_equal(http2memory_take(&memory, sizeof field), at);
	for (size_t i = 0; i < sizeof field; i++)
		assert_int_equal(at[i], 0);
	http2memory_give(&memory, at);
	http2memory_clear(&memory);
}

static void keeps_a_bounded_number(void **state)
{
	static void *taken[4000];
	struct http2memory memory = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(taken); i++)
		taken[i] = http2memory_take(&memory, 1000);
	for (size_t i = 0; i < COUNT(taken); i++)
		http2memory_give(&memory, taken[i]);
	assert_in_range(memory.kept, 1000, 1 << 20);
	http2memory_clear(&memory);
	assert_int_equal(memory.kept, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(gives_aligned_memory_of_any_size), TEST(refuses_a_size_that_wraps_around),
		TEST(gives_the_warm_one_again),         TEST(wipes_what_was_used),
		TEST(keeps_a_bounded_number),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
