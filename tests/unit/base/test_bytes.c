/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <string.h>

#include "bytes.h"

static void views_compare_by_length_and_content(void **state)
{
	(void)state;
	assert_true(bytes_equal(BYTES_LITERAL("abc"), BYTES_LITERAL("abc")));
	assert_false(bytes_equal(BYTES_LITERAL("abc"), BYTES_LITERAL("abd")));
	assert_false(bytes_equal(BYTES_LITERAL("abc"), BYTES_LITERAL("ab")));
	assert_true(bytes_equal((struct bytes){0}, BYTES_LITERAL("")));
}

static void hashes_compare_in_every_byte(void **state)
{
	(void)state;
	struct hash zero = {0};

	assert_true(hash_is_zero(&zero));
	for (size_t i = 0; i < sizeof zero.bytes; i++) {
		struct hash other = {0};

		other.bytes[i] = 1;
		assert_false(hash_equal(&zero, &other));
		assert_false(hash_is_zero(&other));
		assert_true(hash_equal(&other, &other));
	}
}

static void sizes_never_wrap(void **state)
{
	(void)state;
	size_t out = 7;

	assert_fails(ST_TOO_BIG, size_add(SIZE_MAX, 1, &out));
	assert_fails(ST_TOO_BIG, size_mul(SIZE_MAX / 2, 3, &out));
	assert_int_equal(out, 7);
	assert_ok(size_add(SIZE_MAX - 1, 1, &out));
	assert_true(out == SIZE_MAX);
	assert_ok(size_mul(3, 5, &out));
	assert_int_equal(out, 15);
}

static void a_buffer_grows_to_its_ceiling_and_no_further(void **state)
{
	(void)state;
	AUTO(buffer) b = {.max = 1000};

	for (int i = 0; i < 1000; i++)
		assert_ok(buffer_put_u8(&b, (uint8_t)i));
	assert_fails(ST_TOO_BIG, buffer_put_u8(&b, 0));
	assert_fails(ST_TOO_BIG, buffer_reserve(&b, SIZE_MAX));
	assert_int_equal(b.len, 1000);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(b.bytes[i], (uint8_t)i);
	assert_true(b.capacity <= 1000);
}

static void a_buffer_without_ceiling_holds_nothing(void **state)
{
	(void)state;
	AUTO(buffer) b = {0};

	assert_ok(buffer_reserve(&b, 0));
	assert_ok(buffer_put(&b, (struct bytes){0}));
	assert_fails(ST_TOO_BIG, buffer_put_u8(&b, 1));
	assert_ok(buffer_print(&b, "%s", ""));
	assert_fails(ST_TOO_BIG, buffer_print(&b, "x"));
}

static void integers_are_written_big_endian(void **state)
{
	(void)state;
	AUTO(buffer) b = {.max = 64, .wipe = true};
	const uint8_t wanted[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 0, 0, 2, 'h', 'i'};

	assert_ok(buffer_put_u8(&b, 1));
	assert_ok(buffer_put_u16(&b, 0x0203));
	assert_ok(buffer_put_u32(&b, 0x04050607));
	assert_ok(buffer_put_u64(&b, UINT64_C(0x08090a0b0c0d0e0f)));
	assert_ok(buffer_put_sized(&b, BYTES_LITERAL("hi")));
	assert_true(bytes_equal(buffer_bytes(&b), BYTES_OF(wanted)));
}

static void a_sized_piece_is_written_whole_or_not_at_all(void **state)
{
	(void)state;
	AUTO(buffer) b = {.max = 6};

	assert_fails(ST_TOO_BIG, buffer_put_sized(&b, BYTES_LITERAL("abc")));
	assert_int_equal(b.len, 0);
	assert_ok(buffer_put_sized(&b, BYTES_LITERAL("ab")));
}

static void printing_counts_no_nul(void **state)
{
	(void)state;
	AUTO(buffer) b = {.max = 5};

	assert_ok(buffer_print(&b, "%d-%s", 12, "ab"));
	assert_true(bytes_equal(buffer_bytes(&b), BYTES_LITERAL("12-ab")));
	assert_fails(ST_TOO_BIG, buffer_print(&b, "c"));
	assert_int_equal(b.max, 5);
	assert_true(bytes_equal(buffer_bytes(&b), BYTES_LITERAL("12-ab")));
}

static void a_wiping_buffer_keeps_its_content_when_it_moves(void **state)
{
	(void)state;
	AUTO(buffer) b = {.max = 1 << 20, .wipe = true};

	for (uint32_t i = 0; i < 50000; i++)
		assert_ok(buffer_put_u32(&b, i));
	for (uint32_t i = 0; i < 50000; i++)
		assert_int_equal(b.bytes[4 * i + 3], (uint8_t)i);
}

static void a_lowered_ceiling_counts_for_what_is_there(void **state)
{
	(void)state;
	AUTO(buffer) b = {.max = 64};

	assert_ok(buffer_put(&b, BYTES_LITERAL("1234")));
	b.max = 6;
	assert_ok(buffer_put_u16(&b, 0));
	assert_fails(ST_TOO_BIG, buffer_put_u8(&b, 0));
	b.max = 5;
	assert_fails(ST_TOO_BIG, buffer_reserve(&b, 0));
	assert_int_equal(b.len, 6);
}

static void a_cleared_buffer_is_empty_and_usable(void **state)
{
	(void)state;
	AUTO(buffer) b = {.max = 9, .wipe = true};

	assert_ok(buffer_put(&b, BYTES_LITERAL("123456789")));
	buffer_clear(&b);
	buffer_clear(&b);
	assert_null(b.bytes);
	assert_int_equal(b.len, 0);
	assert_ok(buffer_put(&b, BYTES_LITERAL("987654321")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(views_compare_by_length_and_content),
		TEST(hashes_compare_in_every_byte),
		TEST(sizes_never_wrap),
		TEST(a_buffer_grows_to_its_ceiling_and_no_further),
		TEST(a_buffer_without_ceiling_holds_nothing),
		TEST(integers_are_written_big_endian),
		TEST(a_sized_piece_is_written_whole_or_not_at_all),
		TEST(printing_counts_no_nul),
		TEST(a_wiping_buffer_keeps_its_content_when_it_moves),
		TEST(a_lowered_ceiling_counts_for_what_is_there),
		TEST(a_cleared_buffer_is_empty_and_usable),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
