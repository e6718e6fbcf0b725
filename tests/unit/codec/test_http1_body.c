/* SPDX-License-Identifier: Apache-2.0 */
/* Chunked bodies, whatever the pieces they come in. */
#include "testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http1.h"

/* --- chunked bodies --- */

/* Feed ${in} in pieces of ${step}; collect content in ${out}. */
static struct status unchunk(struct bytes in, size_t step, struct buffer *out, bool *done, size_t *left)
{
	struct http1_chunks chunks = {0};
	size_t at = 0, end = 0, used = 1;
	struct bytes piece;

	out->len = 0;
	while (!http1_chunks_done(&chunks) && (end < in.len || used > 0)) {
		if (used == 0 || at == end)
			end = in.len - end < step ? in.len : end + step;
		TRY(http1_chunks_next(&chunks, bytes_of(in.at + at, end - at), &used, &piece));
		TRY(buffer_put(out, piece));
		at += used;
		if (used == 0 && end == in.len)
			break;
	}
	*done = http1_chunks_done(&chunks);
	*left = in.len - at;
	return OK;
}

static const struct {
	const char *in, *out;
	size_t left;
} bodies[] = {
	{"0\r\n\r\n", "", 0},
	{"5\r\nhello\r\n0\r\n\r\n", "hello", 0},
	{"5\r\nhello\r\n0\r\n\r\nGET / HTTP", "hello", 10},
	{"1\r\na\r\nA\r\n0123456789\r\n00\r\n\r\n", "a0123456789", 0},
	{"5;name=value\r\nhello\r\n0;x\r\n\r\n", "hello", 0},
	{"000000000000005\r\nhello\r\n0\r\n\r\n", "hello", 0},
};

static void joins_chunks_whatever_the_pieces(void **state)
{
	AUTO(buffer) out = {.max = 1000};
	bool done;
	size_t left;

	(void)state;
	for (size_t i = 0; i < COUNT(bodies); i++)
		for (size_t step = 1; step < 40; step++) {
			assert_ok(unchunk(text_bytes(text_of(bodies[i].in)), step, &out, &done, &left));
			assert_true(done);
			assert_int_equal(left, bodies[i].left);
			assert_true(text_equal(text_from(buffer_bytes(&out)), text_of(bodies[i].out)));
		}
}

#define X16 "xxxxxxxxxxxxxxxx"
#define PIECE(literal) \
	{ \
		(const uint8_t *)(literal), sizeof(literal) - 1 \
	}

static const struct bytes bad_bodies[] = {
	PIECE("\r\n"), /* no size */
	PIECE("g\r\n"),
	PIECE("-1\r\n"),
	PIECE("+5\r\nhello\r\n"),
	PIECE("0x5\r\nhello\r\n"),
	PIECE(" 5\r\nhello\r\n"),
	PIECE("5 \r\nhello\r\n"), /* white space is no part of a size */
	PIECE("5 ;a\r\nhello\r\n"),
	PIECE("5\nhello\r\n"),   /* bare LF */
	PIECE("5;a\nhello\r\n"), /* TERM.EXT */
	PIECE("5\rhello\r\n"),
	PIECE("5;a\rb\r\nhello\r\n"),
	PIECE("5;a\0b\r\nhello\r\n"),
	PIECE("5\r\nhello\n0\r\n\r\n"), /* EXT.TERM */
	PIECE("5\r\nhello0\r\n\r\n"),   /* longer than its size */
	PIECE("5\r\nhelloXX0\r\n\r\n"),
	PIECE("5\r\nhello\r0\r\n\r\n"),
	PIECE("0\r\nX: y\r\n\r\n"), /* trailer */
	PIECE("0\r\nContent-Length: 5\r\n\r\n"),
	PIECE("0\r\n\n"),
	PIECE("0\n\r\n"),
	PIECE("0\r\n\rX"),
	PIECE("1000000000000000\r\n"), /* 16 digits */
	PIECE("0000000000000005\r\n"),
	PIECE("ffffffffffffffff\r\n"),
	PIECE("5;" X16 X16 X16 X16 "x\r\nhello\r\n"), /* extension past its bound */
};

static void refuses_a_chunk_that_can_be_read_in_two_ways(void **state)
{
	AUTO(buffer) out = {.max = 1000};
	bool done;
	size_t left;

	(void)state;
	for (size_t i = 0; i < COUNT(bad_bodies); i++)
		for (size_t step = 1; step < 40; step += 13) {
			struct status s = unchunk(bad_bodies[i], step, &out, &done, &left);
			if (ok(s))
				fail_msg("row %zu: %.*s", i, TEXT_ARG(text_from(bad_bodies[i])));
		}
}

static void an_unfinished_body_is_not_done(void **state)
{
	static const char in[] = "5;x=y\r\nhello\r\n3\r\nabc\r\n0\r\n\r\n";
	AUTO(buffer) out = {.max = 1000};
	bool done;
	size_t left;

	(void)state;
	for (size_t len = 0; len < sizeof in - 1; len++) {
		assert_ok(unchunk(bytes_of(in, len), 100, &out, &done, &left));
		assert_false(done);
	}
}

static void a_long_chunk_is_never_read_past(void **state)
{
	struct http1_chunks chunks = {0};
	struct bytes piece;
	size_t used;

	(void)state;
	assert_ok(http1_chunks_next(&chunks, BYTES_LITERAL("fffffffffffffff\r\nabc"), &used, &piece));
	assert_int_equal(used, 20);
	assert_int_equal(piece.len, 3);
	assert_int_equal(chunks.left, 0xfffffffffffffffull - 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(joins_chunks_whatever_the_pieces),
		TEST(refuses_a_chunk_that_can_be_read_in_two_ways),
		TEST(an_unfinished_body_is_not_done),
		TEST(a_long_chunk_is_never_read_past),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
