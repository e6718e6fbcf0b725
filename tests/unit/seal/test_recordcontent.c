/* SPDX-License-Identifier: Apache-2.0 */
#include "seal_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "recordcontent.h"

#define BIG (3 * CHUNKED_PLAIN + 77)

static uint8_t pattern[BIG];

static int setup(void **state)
{
	for (size_t i = 0; i < sizeof pattern; i++)
		pattern[i] = (uint8_t)(i * 31 + i / 251);
	return fixture_setup(state);
}

/** A sealed content and what its statement says. */
struct sealing {
	struct secret key;
	struct record_place place;
	struct user_id author;
	struct buffer sealed, plain;
	struct recordcontent_claim claim;
};

static void sealing_clear(struct sealing *s)
{
	secret_clear(&s->key);
	buffer_clear(&s->sealed);
	buffer_clear(&s->plain);
}

static void seal_in_pieces(struct sealing *s, size_t len, size_t piece)
{
	AUTO(recordcontent) c = {0};

	*s = (struct sealing){
		.key = fixture_key(9),
		.place = fixture_record(),
		.author = fixture_user(1),
		.sealed = {.max = 1 << 20},
		.plain = {.max = 1 << 20, .wipe = true},
	};
	assert_ok(recordcontent_seal_begin(secret_key(&s->key), &s->place, &s->author, &s->sealed, &c));
	for (size_t at = 0; at < len; at += piece)
		assert_ok(recordcontent_seal_add(&c, plain_of(pattern + at, piece < len - at ? piece : len - at),
						 &s->sealed));
	assert_ok(recordcontent_seal_end(&c, &s->sealed, &s->claim));
}

static struct status open_in_pieces(struct sealing *s, size_t piece)
{
	AUTO(recordcontent) c = {0};

	s->plain.len = 0;
	TRY(recordcontent_open_begin(secret_key(&s->key), &s->place, &s->author, &s->claim, &c));
	for (size_t at = 0; at < s->sealed.len; at += piece) {
		size_t left = s->sealed.len - at;

		TRY(recordcontent_open_add(&c, sealed_of(s->sealed.bytes + at, piece < left ? piece : left),
					   &s->plain));
	}
	return recordcontent_open_end(&c);
}

static void comes_back_whatever_its_length_and_pieces(void **state)
{
	(void)state;
	static const size_t lengths[] = {0,  1, CHUNKED_PLAIN - 1, CHUNKED_PLAIN, CHUNKED_PLAIN + 1, 2 * CHUNKED_PLAIN,
					 BIG};
	static const size_t pieces[] = {7, 4096, CHUNKED_PLAIN, CHUNKED_SEALED, 50000, 1 << 20};

	for (size_t i = 0; i < COUNT(lengths); i++) {
		for (size_t j = 0; j < COUNT(pieces); j++) {
			AUTO(sealing) s;

			seal_in_pieces(&s, lengths[i], pieces[j]);
			assert_int_equal(s.sealed.len, chunked_sealed_len(lengths[i]));
			assert_int_equal(s.sealed.len, s.claim.size);
			assert_ok(open_in_pieces(&s, pieces[COUNT(pieces) - 1 - j]));
			assert_int_equal(s.plain.len, lengths[i]);
			assert_memory_equal(s.plain.bytes, pattern, lengths[i]);
		}
	}
}

static void claims_the_hash_of_the_sealed_bytes(void **state)
{
	(void)state;
	AUTO(sealing) s;
	struct hash hash;

	seal_in_pieces(&s, BIG, 1000);
	assert_ok(sha256(buffer_bytes(&s.sealed), &hash));
	assert_true(hash_equal(&hash, &s.claim.hash));
}

static void opens_only_where_it_belongs(void **state)
{
	(void)state;
	AUTO(sealing) s;

	seal_in_pieces(&s, 1000, 1000);
	for (int i = 0; i < FIXTURE_RECORD_CHANGES; i++) {
		s.place = fixture_record();
		fixture_change_record(&s.place, i);
		assert_fails(ST_CORRUPT, open_in_pieces(&s, 512));
	}
	s.place = fixture_record();
	s.author = fixture_user(2);
	assert_fails(ST_CORRUPT, open_in_pieces(&s, 512));
	s.author = fixture_user(1);
	s.key.bytes[0] ^= 1;
	assert_fails(ST_CORRUPT, open_in_pieces(&s, 512));
	assert_int_equal(s.plain.len, 0);
	s.key.bytes[0] ^= 1;
	assert_ok(open_in_pieces(&s, 512));
}

static void refuses_flipped_bits_anywhere(void **state)
{
	(void)state;
	AUTO(sealing) s;

	seal_in_pieces(&s, CHUNKED_PLAIN + 40, 4096);
	for (size_t bit = 0; bit < s.sealed.len * 8; bit += 1009) {
		s.sealed.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_fails(ST_CORRUPT, open_in_pieces(&s, 5000));
		s.sealed.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void refuses_a_claim_that_it_does_not_meet(void **state)
{
	(void)state;
	AUTO(sealing) s;

	seal_in_pieces(&s, BIG, 4096);
	s.claim.hash.bytes[5] ^= 2;
	assert_fails(ST_CORRUPT, open_in_pieces(&s, 5000));
	s.claim.hash.bytes[5] ^= 2;
	s.claim.size++;
	assert_fails(ST_CORRUPT, open_in_pieces(&s, 5000));
	s.claim.size -= 2;
	assert_fails(ST_CORRUPT, open_in_pieces(&s, 5000));
	for (uint64_t size = 0; size < CHUNKED_HEADER + 16; size++) {
		s.claim.size = size;
		assert_fails(ST_CORRUPT, open_in_pieces(&s, 5000));
	}
	s.claim.size = LIMIT_RECORD_BYTES + 1;
	assert_fails(ST_CORRUPT, open_in_pieces(&s, 5000));
}

static void refuses_every_truncation(void **state)
{
	(void)state;
	AUTO(sealing) s;
	size_t whole;

	seal_in_pieces(&s, 2 * CHUNKED_PLAIN, 4096);
	whole = s.sealed.len;
	for (size_t len = 0; len < whole; len += 97) {
		s.sealed.len = len;
		assert_fails(ST_CORRUPT, open_in_pieces(&s, 5000));
	}
	/* A cut at a chunk, with a statement that says so: the last chunk is full, and refused. */
	s.sealed.len = CHUNKED_HEADER + CHUNKED_SEALED;
	s.claim.size = s.sealed.len;
	assert_ok(sha256(buffer_bytes(&s.sealed), &s.claim.hash));
	assert_fails(ST_CORRUPT, open_in_pieces(&s, 5000));
}

static void refuses_chunks_in_another_order(void **state)
{
	(void)state;
	AUTO(sealing) s;
	static uint8_t swap[CHUNKED_SEALED];

	seal_in_pieces(&s, BIG, 4096);
	uint8_t *first = s.sealed.bytes + CHUNKED_HEADER, *second = first + CHUNKED_SEALED;
	memcpy(swap, first, sizeof swap);
	memcpy(first, second, sizeof swap);
	memcpy(second, swap, sizeof swap);
	assert_ok(sha256(buffer_bytes(&s.sealed), &s.claim.hash));
	assert_fails(ST_CORRUPT, open_in_pieces(&s, 5000));
}

static void never_gives_the_same_bytes_twice(void **state)
{
	(void)state;
	AUTO(sealing) a;
	AUTO(sealing) b;

	seal_in_pieces(&a, 100, 100);
	seal_in_pieces(&b, 100, 100);
	assert_memory_not_equal(a.sealed.bytes, b.sealed.bytes, a.sealed.len);
}

static void ends_once(void **state)
{
	(void)state;
	AUTO(sealing) s;
	AUTO(recordcontent) c = {0};

	seal_in_pieces(&s, 10, 10);
	assert_ok(recordcontent_seal_begin(secret_key(&s.key), &s.place, &s.author, &s.sealed, &c));
	assert_ok(recordcontent_seal_end(&c, &s.sealed, &s.claim));
	assert_fails(ST_INVALID, recordcontent_seal_add(&c, plain_of("x", 1), &s.sealed));
	assert_fails(ST_INVALID, recordcontent_seal_end(&c, &s.sealed, &s.claim));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(comes_back_whatever_its_length_and_pieces),
		TEST(claims_the_hash_of_the_sealed_bytes),
		TEST(opens_only_where_it_belongs),
		TEST(refuses_flipped_bits_anywhere),
		TEST(refuses_a_claim_that_it_does_not_meet),
		TEST(refuses_every_truncation),
		TEST(refuses_chunks_in_another_order),
		TEST(never_gives_the_same_bytes_twice),
		TEST(ends_once),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
