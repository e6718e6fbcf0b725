/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <string.h>

#include "reader.h"

static const uint8_t numbers[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

static void reads_integers_big_endian(void **state)
{
	(void)state;
	struct reader r = reader_of(BYTES_OF(numbers));
	uint8_t a;
	uint16_t b;
	uint32_t c;
	uint64_t d;

	assert_ok(reader_u8(&r, &a));
	assert_ok(reader_u16(&r, &b));
	assert_ok(reader_u32(&r, &c));
	assert_ok(reader_u64(&r, &d));
	assert_ok(reader_done(&r));
	assert_int_equal(a, 1);
	assert_int_equal(b, 0x0203);
	assert_int_equal(c, 0x04050607);
	assert_true(d == UINT64_C(0x08090a0b0c0d0e0f));
}

static void refuses_a_length_past_the_end(void **state)
{
	(void)state;
	struct reader r = reader_of(BYTES_OF(numbers));
	struct bytes out = {0};

	assert_fails(ST_INVALID, reader_take(&r, sizeof numbers + 1, &out));
	assert_fails(ST_INVALID, reader_take(&r, SIZE_MAX, &out));
	assert_int_equal(reader_left(&r), sizeof numbers);
	assert_null(out.at);
	assert_ok(reader_take(&r, sizeof numbers, &out));
	assert_ok(reader_done(&r));
}

static void a_failed_integer_moves_nothing(void **state)
{
	(void)state;
	struct reader r = reader_of(bytes_of(numbers, 7));
	uint64_t wide = 99;
	uint32_t half;

	assert_fails(ST_INVALID, reader_u64(&r, &wide));
	assert_int_equal(wide, 99);
	assert_ok(reader_u32(&r, &half));
	assert_int_equal(reader_left(&r), 3);
	assert_fails(ST_INVALID, reader_done(&r));
}

static void a_sized_piece_needs_all_its_bytes(void **state)
{
	(void)state;
	const uint8_t piece[] = {0, 0, 0, 3, 'a', 'b', 'c'};
	struct bytes out = {0};

	for (size_t len = 0; len < sizeof piece; len++) {
		struct reader r = reader_of(bytes_of(piece, len));

		assert_fails(ST_INVALID, reader_sized(&r, 3, &out));
		assert_int_equal(reader_left(&r), len);
	}
	struct reader r = reader_of(BYTES_OF(piece));
	assert_fails(ST_TOO_BIG, reader_sized(&r, 2, &out));
	assert_int_equal(reader_left(&r), sizeof piece);
	assert_ok(reader_sized(&r, 3, &out));
	assert_true(bytes_equal(out, BYTES_LITERAL("abc")));
	assert_ok(reader_done(&r));
}

static void nothing_can_be_read_from_nothing(void **state)
{
	(void)state;
	struct reader r = reader_of((struct bytes){0});
	struct bytes none;
	uint8_t byte;

	assert_ok(reader_take(&r, 0, &none));
	assert_ok(reader_copy(&r, NULL, 0));
	assert_ok(reader_done(&r));
	assert_fails(ST_INVALID, reader_u8(&r, &byte));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reads_integers_big_endian),        TEST(refuses_a_length_past_the_end),
		TEST(a_failed_integer_moves_nothing),   TEST(a_sized_piece_needs_all_its_bytes),
		TEST(nothing_can_be_read_from_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
