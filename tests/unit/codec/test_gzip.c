/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "gzip.h"

#define BOMB_BYTES (64u << 20)

/* One gzip member of ${plain}, appended to ${out}. */
static void pack(struct bytes plain, struct buffer *out)
{
	z_stream z = {0};

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	size_t bound = deflateBound(&z, plain.len);
	assert_ok(buffer_reserve(out, bound));
	z.next_in = (Bytef *)(uintptr_t)plain.at;
	z.avail_in = (uInt)plain.len;
	z.next_out = out->bytes + out->len;
	z.avail_out = (uInt)bound;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	out->len += z.total_out;
	deflateEnd(&z);
}

static const struct gzip_limits generous = {.bytes = 1 << 20, .ratio = 2000};

static void opens_every_member(void **state)
{
	AUTO(buffer) packed = {.max = 1 << 20};
	AUTO(buffer) opened = {.max = 1 << 20, .wipe = true};

	(void)state;
	pack(BYTES_LITERAL("hello "), &packed);
	pack(BYTES_LITERAL(""), &packed);
	pack(BYTES_LITERAL("world"), &packed);
	assert_true(gzip_is(buffer_bytes(&packed)));
	assert_ok(buffer_put(&opened, BYTES_LITERAL("> ")));
	assert_ok(gzip_open(buffer_bytes(&packed), &generous, &opened));
	assert_true(bytes_equal(buffer_bytes(&opened), BYTES_LITERAL("> hello world")));
}

static void refuses_every_cut_and_every_flip(void **state)
{
	AUTO(buffer) packed = {.max = 1 << 20};

	(void)state;
	pack(BYTES_LITERAL("some text that is long enough to be packed, packed, packed"), &packed);
	for (size_t len = 0; len < packed.len; len++) {
		AUTO(buffer) opened = {.max = 4096};
		assert_fails(ST_INVALID, gzip_open(bytes_of(packed.bytes, len), &generous, &opened));
		assert_int_equal(opened.len, 0);
	}
	/* The lowest flag and bytes 4 to 9 of the header (time, system) change no content. */
	for (size_t i = 0; i < packed.len; i++) {
		AUTO(buffer) opened = {.max = 4096};
		packed.bytes[i] ^= 1;
		if (i < 3 || i > 9)
			assert_fails(ST_INVALID, gzip_open(buffer_bytes(&packed), &generous, &opened));
		packed.bytes[i] ^= 1;
	}
}

static void refuses_anything_behind_the_last_member(void **state)
{
	static const char *const tails[] = {"x", "\x1f", "\x1f\x8b", "more"};

	(void)state;
	for (size_t i = 0; i < COUNT(tails); i++) {
		AUTO(buffer) packed = {.max = 4096};
		AUTO(buffer) opened = {.max = 4096};
		pack(BYTES_LITERAL("text"), &packed);
		assert_ok(buffer_put(&packed, bytes_of(tails[i], strlen(tails[i]))));
		assert_fails(ST_INVALID, gzip_open(buffer_bytes(&packed), &generous, &opened));
		assert_int_equal(opened.len, 0);
	}
	assert_false(gzip_is(BYTES_LITERAL("\x1f\x8b")));
	assert_false(gzip_is(BYTES_LITERAL("PK\3\4")));
}

static void stops_a_bomb_early(void **state)
{
	AUTO(buffer) packed = {.max = 2 * BOMB_BYTES};
	AUTO(buffer) opened = {.max = BOMB_BYTES};
	uint8_t *zeros = calloc(1, BOMB_BYTES);

	(void)state;
	assert_non_null(zeros);
	pack(bytes_of(zeros, BOMB_BYTES), &packed);
	free(zeros);
	assert_fails(ST_TOO_BIG, gzip_open(buffer_bytes(&packed), &gzip_limits_import, &opened));
	assert_int_equal(opened.len, 0);
	/* Stopped by the ratio, long before the end. */
	assert_true(opened.capacity <= BOMB_BYTES / 2);
	/* Many members do not help: the limits are of the whole. */
	AUTO(buffer) many = {.max = 16 << 20};
	AUTO(buffer) sum = {.max = BOMB_BYTES};
	AUTO(buffer) one = {.max = 1 << 20};
	static uint8_t half[1 << 19];
	pack(bytes_of(half, sizeof half), &one);
	for (int i = 0; i < 100; i++)
		assert_ok(buffer_put(&many, buffer_bytes(&one)));
	assert_fails(ST_TOO_BIG, gzip_open(buffer_bytes(&many), &gzip_limits_import, &sum));
}

static void stops_at_the_limit_of_size(void **state)
{
	static uint8_t noise[50000];
	const struct gzip_limits exact = {.bytes = sizeof noise, .ratio = 2000};
	const struct gzip_limits small = {.bytes = sizeof noise - 1, .ratio = 2000};
	AUTO(buffer) packed = {.max = 1 << 20};
	AUTO(buffer) opened = {.max = 1 << 20};
	AUTO(buffer) refused = {.max = 1 << 20};
	AUTO(buffer) narrow = {.max = sizeof noise - 1};

	(void)state;
	for (size_t i = 0; i < sizeof noise; i++)
		noise[i] = (uint8_t)(i * 2654435761u >> 13);
	pack(bytes_of(noise, sizeof noise), &packed);
	assert_ok(gzip_open(buffer_bytes(&packed), &exact, &opened));
	assert_int_equal(opened.len, sizeof noise);
	assert_memory_equal(opened.bytes, noise, sizeof noise);
	assert_fails(ST_TOO_BIG, gzip_open(buffer_bytes(&packed), &small, &refused));
	assert_fails(ST_TOO_BIG, gzip_open(buffer_bytes(&packed), &generous, &narrow));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(opens_every_member),
		TEST(refuses_every_cut_and_every_flip),
		TEST(refuses_anything_behind_the_last_member),
		TEST(stops_a_bomb_early),
		TEST(stops_at_the_limit_of_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
