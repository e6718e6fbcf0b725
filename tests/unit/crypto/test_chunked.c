/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors.h"

#include <stdlib.h>
#include <string.h>

#include "chunked.h"
#include "hash.h"

static const struct key key = {{7, 8, 9}};
#define CONTEXT BYTES_LITERAL("context")

static void fill(struct buffer *b, size_t len)
{
	b->len = 0;
	assert_ok(buffer_reserve(b, len + 1));
	for (size_t i = 0; i < len; i++)
		b->bytes[i] = (uint8_t)(i * 31 + i / 251);
	b->len = len;
}

static void lengths_follow_the_specification(void **state)
{
	(void)state;
	uint64_t plain = 99;

	assert_true(chunked_sealed_len(0) == 56 + 16);
	assert_true(chunked_sealed_len(16383) == 56 + 16383 + 16);
	assert_true(chunked_sealed_len(16384) == 56 + 16384 + 2 * 16);
	assert_true(chunked_sealed_len((UINT64_C(1) << 52) - 1) < UINT64_MAX);
	assert_true(chunked_sealed_len(UINT64_C(1) << 52) == UINT64_MAX);
	assert_true(chunked_sealed_len(UINT64_MAX) == UINT64_MAX);
	assert_fails(ST_CORRUPT, chunked_plain_len(0, &plain));
	assert_fails(ST_CORRUPT, chunked_plain_len(UINT64_MAX, &plain));
	assert_true(plain == 99);
}

/* Each sealed length belongs to one plain length, or to none. */
static void lengths_are_inverse(void **state)
{
	(void)state;
	uint64_t next = 0, got;

	for (uint64_t sealed = 0; sealed < 56 + 3 * 16400; sealed++) {
		bool exists = chunked_sealed_len(next) == sealed;

		assert_int_equal(ok(chunked_plain_len(sealed, &got)), exists);
		if (!exists)
			continue;
		assert_true(got == next);
		next++;
	}
	assert_true(next > 2 * 16384);
	assert_ok(chunked_plain_len(chunked_sealed_len((UINT64_C(1) << 52) - 1), &got));
	assert_true(got == (UINT64_C(1) << 52) - 1);
}

static void opens_what_it_sealed(void **state)
{
	(void)state;
	static const size_t lengths[] = {0, 1, 15, 16, 17, 16383, 16384, 16385, 32767, 32768, 32769, 100000};
	AUTO(buffer) plain = {.max = 1 << 20};
	AUTO(buffer) sealed = {.max = 1 << 20};
	AUTO(buffer) opened = {.max = 1 << 20};

	for (size_t i = 0; i < COUNT(lengths); i++) {
		fill(&plain, lengths[i]);
		sealed.len = opened.len = 0;
		assert_ok(chunked_seal(&key, CONTEXT, buffer_bytes(&plain), &sealed));
		assert_true(sealed.len == chunked_sealed_len(lengths[i]));
		assert_ok(chunked_open(&key, CONTEXT, buffer_bytes(&sealed), &opened));
		assert_true(bytes_equal(buffer_bytes(&opened), buffer_bytes(&plain)));
	}
}

static void nothing_is_a_message_too(void **state)
{
	(void)state;
	AUTO(buffer) sealed = {.max = 72};
	AUTO(buffer) opened = {0};

	assert_ok(chunked_seal(&key, (struct bytes){0}, (struct bytes){0}, &sealed));
	assert_ok(chunked_open(&key, (struct bytes){0}, buffer_bytes(&sealed), &opened));
	assert_int_equal(opened.len, 0);
}

/* Nothing of it comes out, and not even a trace of it stays in the room. */
static void assert_refused(const struct key *with, struct bytes context, struct bytes sealed)
{
	AUTO(buffer) out = {.max = 1 << 20};

	assert_ok(buffer_put(&out, BYTES_LITERAL("before")));
	assert_fails(ST_CORRUPT, chunked_open(with, context, sealed, &out));
	assert_true(bytes_equal(buffer_bytes(&out), BYTES_LITERAL("before")));
}

static void refuses_every_truncation_and_flipped_bit(void **state)
{
	(void)state;
	AUTO(buffer) sealed = {.max = 4096};

	assert_ok(chunked_seal(&key, CONTEXT, BYTES_LITERAL("a small message"), &sealed));
	for (size_t len = 0; len < sealed.len; len++)
		assert_refused(&key, CONTEXT, bytes_of(sealed.bytes, len));
	for (size_t bit = 0; bit < 8 * sealed.len; bit++) {
		sealed.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_refused(&key, CONTEXT, buffer_bytes(&sealed));
		sealed.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_ok(buffer_put_u8(&sealed, 0));
	assert_refused(&key, CONTEXT, buffer_bytes(&sealed));
}

static void refuses_truncation_at_and_around_chunks(void **state)
{
	(void)state;
	AUTO(buffer) plain = {.max = 1 << 20};
	AUTO(buffer) sealed = {.max = 1 << 20};

	fill(&plain, 3 * CHUNKED_PLAIN + 100);
	assert_ok(chunked_seal(&key, CONTEXT, buffer_bytes(&plain), &sealed));
	for (size_t chunk = 0; chunk <= 3; chunk++)
		for (size_t around = 0; around <= 40; around++)
			assert_refused(&key, CONTEXT,
				       bytes_of(sealed.bytes, CHUNKED_HEADER - 20 + chunk * CHUNKED_SEALED + around));
}

static uint8_t *chunk_at(struct buffer *sealed, size_t number)
{
	return sealed->bytes + CHUNKED_HEADER + number * CHUNKED_SEALED;
}

static void swap_chunks(struct buffer *sealed, size_t a, size_t b)
{
	static uint8_t kept[CHUNKED_SEALED];

	memcpy(kept, chunk_at(sealed, a), CHUNKED_SEALED);
	memcpy(chunk_at(sealed, a), chunk_at(sealed, b), CHUNKED_SEALED);
	memcpy(chunk_at(sealed, b), kept, CHUNKED_SEALED);
}

static void refuses_swapped_dropped_and_doubled_chunks(void **state)
{
	(void)state;
	AUTO(buffer) plain = {.max = 1 << 20};
	AUTO(buffer) sealed = {.max = 1 << 20};

	/* Equal chunks in plain: only their numbers tell them apart. */
	assert_ok(buffer_reserve(&plain, 4 * CHUNKED_PLAIN));
	memset(plain.bytes, 'x', 4 * CHUNKED_PLAIN);
	plain.len = 4 * CHUNKED_PLAIN;
	assert_ok(chunked_seal(&key, CONTEXT, buffer_bytes(&plain), &sealed));
	for (size_t a = 0; a < 4; a++) {
		for (size_t b = 0; b < a; b++) {
			swap_chunks(&sealed, a, b);
			assert_refused(&key, CONTEXT, buffer_bytes(&sealed));
			swap_chunks(&sealed, a, b);
		}
		AUTO(buffer) other = {.max = 1 << 20};
		size_t head = CHUNKED_HEADER + a * CHUNKED_SEALED;
		struct bytes rest = bytes_of(sealed.bytes + head + CHUNKED_SEALED, sealed.len - head - CHUNKED_SEALED);

		assert_ok(buffer_put(&other, bytes_of(sealed.bytes, head)));
		assert_ok(buffer_put(&other, rest));
		assert_refused(&key, CONTEXT, buffer_bytes(&other)); /* dropped */
		other.len = head;
		assert_ok(buffer_put(&other, bytes_of(sealed.bytes + head, CHUNKED_SEALED)));
		assert_ok(buffer_put(&other, bytes_of(sealed.bytes + head, CHUNKED_SEALED)));
		assert_ok(buffer_put(&other, rest));
		assert_refused(&key, CONTEXT, buffer_bytes(&other)); /* doubled */
	}
}

static void refuses_another_key_context_or_messages_chunks(void **state)
{
	(void)state;
	AUTO(buffer) a = {.max = 4096};
	AUTO(buffer) b = {.max = 4096};
	struct key other = key;

	other.bytes[31] ^= 1;
	assert_ok(chunked_seal(&key, CONTEXT, BYTES_LITERAL("same text"), &a));
	assert_ok(chunked_seal(&key, CONTEXT, BYTES_LITERAL("same text"), &b));
	assert_memory_not_equal(a.bytes, b.bytes, CHUNKED_HEADER);
	assert_refused(&other, CONTEXT, buffer_bytes(&a));
	assert_refused(&key, BYTES_LITERAL("contexu"), buffer_bytes(&a));
	assert_refused(&key, bytes_of(CONTEXT.at, CONTEXT.len - 1), buffer_bytes(&a));
	assert_refused(&key, (struct bytes){0}, buffer_bytes(&a));
	memcpy(a.bytes + CHUNKED_HEADER, b.bytes + CHUNKED_HEADER, b.len - CHUNKED_HEADER);
	assert_refused(&key, CONTEXT, buffer_bytes(&a));
}

static void streams_into_the_same_form(void **state)
{
	(void)state;
	AUTO(buffer) plain = {.max = 1 << 20};
	AUTO(buffer) sealed = {.max = 1 << 20};
	AUTO(buffer) opened = {.max = 1 << 20};
	AUTO(chunked) c = {0};

	fill(&plain, 2 * CHUNKED_PLAIN + 5);
	assert_ok(buffer_reserve(&sealed, chunked_sealed_len(plain.len)));
	assert_ok(chunked_seal_begin(&key, CONTEXT, sealed.bytes, &c));
	sealed.len = CHUNKED_HEADER;
	for (size_t at = 0; at <= plain.len; at += CHUNKED_PLAIN) {
		size_t len = plain.len - at < CHUNKED_PLAIN ? plain.len - at : CHUNKED_PLAIN;

		/* In place: the plain bytes lie where the sealed ones will. */
		memcpy(sealed.bytes + sealed.len, plain.bytes + at, len);
		assert_ok(chunked_seal_next(&c, bytes_of(sealed.bytes + sealed.len, len), sealed.bytes + sealed.len));
		sealed.len += len + 16;
	}
	assert_true(c.ended);
	uint8_t more[32];
	assert_fails(ST_INVALID, chunked_seal_next(&c, (struct bytes){0}, more));
	assert_ok(chunked_open(&key, CONTEXT, buffer_bytes(&sealed), &opened));
	assert_true(bytes_equal(buffer_bytes(&opened), buffer_bytes(&plain)));
}

static void a_chunk_is_never_longer_than_its_size(void **state)
{
	(void)state;
	static uint8_t room[CHUNKED_SEALED + 16];
	AUTO(chunked) c = {0};
	uint8_t header[CHUNKED_HEADER];

	assert_fails(ST_INVALID, chunked_seal_next(&c, (struct bytes){0}, room));
	assert_ok(chunked_seal_begin(&key, CONTEXT, header, &c));
	assert_fails(ST_INVALID, chunked_seal_next(&c, bytes_of(room, CHUNKED_PLAIN + 1), room));
	assert_fails(ST_CORRUPT, chunked_open_at(&c, 0, false, bytes_of(room, CHUNKED_SEALED + 1), room));
	assert_fails(ST_CORRUPT, chunked_open_at(&c, 0, true, bytes_of(room, 15), room));
	assert_fails(ST_CORRUPT, chunked_open_at(&c, UINT64_C(1) << 38, true, bytes_of(room, 16), room));
	c.next = UINT64_C(1) << 38;
	assert_fails(ST_TOO_BIG, chunked_seal_next(&c, (struct bytes){0}, room));
}

static void opens_chunks_in_any_order_at_their_place_only(void **state)
{
	(void)state;
	static uint8_t room[CHUNKED_SEALED];
	AUTO(buffer) plain = {.max = 1 << 20};
	AUTO(buffer) sealed = {.max = 1 << 20};
	AUTO(chunked) c = {0};

	fill(&plain, 3 * CHUNKED_PLAIN + 7);
	assert_ok(chunked_seal(&key, CONTEXT, buffer_bytes(&plain), &sealed));
	assert_ok(chunked_open_begin(&key, CONTEXT, bytes_of(sealed.bytes, CHUNKED_HEADER), &c));
	for (size_t step = 0; step < 12; step++) {
		size_t number = step * 7 % 4;
		bool last = number == 3;
		struct bytes chunk = bytes_of(chunk_at(&sealed, number), last ? 7 + 16 : CHUNKED_SEALED);

		assert_ok(chunked_open_at(&c, number, last, chunk, room));
		assert_memory_equal(room, plain.bytes + number * CHUNKED_PLAIN, chunk.len - 16);
		/* The message's length and the chunk must say the same about the end. */
		assert_fails(ST_CORRUPT, chunked_open_at(&c, number, !last, chunk, room));
		memset(room, 'u', sizeof room);
		assert_fails(ST_CORRUPT, chunked_open_at(&c, number + 1, last, chunk, room));
		for (size_t i = 0; i < chunk.len - 16; i++)
			assert_int_equal(room[i], 0);
	}
}

static void many_messages_at_once_keep_apart(void **state)
{
	(void)state;
	enum { MANY = 20 }; /* more than the engine keeps */
	struct chunked all[MANY];
	uint8_t headers[MANY][CHUNKED_HEADER], sealed[MANY][17], plain;

	memset(all, 0, sizeof all);
	for (size_t i = 0; i < MANY; i++)
		assert_ok(chunked_seal_begin(&key, bytes_of(&i, sizeof i), headers[i], &all[i]));
	for (size_t i = 0; i < MANY; i++)
		assert_ok(chunked_seal_next(&all[i], bytes_of(&(uint8_t){(uint8_t)i}, 1), sealed[i]));
	for (size_t i = 0; i < MANY; i++) {
		chunked_clear(&all[i]);
		chunked_clear(&all[i]);
	}
	for (size_t i = 0; i < MANY; i++) {
		AUTO(chunked) c = {0};

		assert_ok(chunked_open_begin(&key, bytes_of(&i, sizeof i), BYTES_OF(headers[i]), &c));
		assert_ok(chunked_open_at(&c, 0, true, BYTES_OF(sealed[i]), &plain));
		assert_int_equal(plain, i);
	}
}

static void a_full_buffer_is_left_as_it_was(void **state)
{
	(void)state;
	AUTO(buffer) sealed = {.max = 72};
	AUTO(buffer) out = {0};

	assert_fails(ST_TOO_BIG, chunked_seal(&key, CONTEXT, BYTES_LITERAL("x"), &sealed));
	assert_int_equal(sealed.len, 0);
	sealed.max = 73;
	assert_ok(chunked_seal(&key, CONTEXT, BYTES_LITERAL("x"), &sealed));
	assert_fails(ST_TOO_BIG, chunked_open(&key, CONTEXT, buffer_bytes(&sealed), &out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lengths_follow_the_specification),
		TEST(lengths_are_inverse),
		TEST(opens_what_it_sealed),
		TEST(nothing_is_a_message_too),
		TEST(refuses_every_truncation_and_flipped_bit),
		TEST(refuses_truncation_at_and_around_chunks),
		TEST(refuses_swapped_dropped_and_doubled_chunks),
		TEST(refuses_another_key_context_or_messages_chunks),
		TEST(streams_into_the_same_form),
		TEST(a_chunk_is_never_longer_than_its_size),
		TEST(opens_chunks_in_any_order_at_their_place_only),
		TEST(many_messages_at_once_keep_apart),
		TEST(a_full_buffer_is_left_as_it_was),
	};
	return ok(crypto_setup()) ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
