/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <string.h>

#include "hash.h"
#include "leaf.h"

static void encodes_exactly_43_bytes(void **state)
{
	(void)state;
	struct leaf leaf = {LEAF_READ, LEAF_REFUSED, UINT64_C(0x0102030405060708), {{0xaa}}}, got;
	uint8_t bytes[LEAF_BYTES + 1] = {0};

	leaf.commitment.bytes[31] = 0xbb;
	leaf_encode(&leaf, bytes);
	assert_memory_equal(bytes, "\x01\x04\x02\x01\x02\x03\x04\x05\x06\x07\x08\xaa", 12);
	assert_int_equal(bytes[42], 0xbb);
	assert_int_equal(bytes[43], 0);
	assert_ok(leaf_parse(bytes_of(bytes, LEAF_BYTES), &got));
	assert_int_equal(got.kind, LEAF_READ);
	assert_int_equal(got.result, LEAF_REFUSED);
	assert_true(got.time == leaf.time && hash_equal(&got.commitment, &leaf.commitment));
}

static void refuses_unknown_leaves(void **state)
{
	(void)state;
	const struct leaf leaf = {LEAF_STATEMENT, LEAF_DONE, 1, {{1}}};
	struct leaf got;
	uint8_t bytes[LEAF_BYTES + 1] = {0};

	leaf_encode(&leaf, bytes);
	for (unsigned v = 0; v < 256; v++) {
		uint8_t changed[LEAF_BYTES];

		memcpy(changed, bytes, sizeof changed);
		changed[0] = (uint8_t)v;
		assert_int_equal(ok(leaf_parse(BYTES_OF(changed), &got)), v == 1);
		changed[0] = 1;
		changed[1] = (uint8_t)v;
		assert_int_equal(ok(leaf_parse(BYTES_OF(changed), &got)), v >= 1 && v <= 15);
		changed[1] = 1;
		changed[2] = (uint8_t)v;
		assert_int_equal(ok(leaf_parse(BYTES_OF(changed), &got)), v >= 1 && v <= 3);
	}
	for (size_t len = 0; len <= sizeof bytes; len++)
		assert_int_equal(ok(leaf_parse(bytes_of(bytes, len), &got)), len == LEAF_BYTES);
}

static void every_kind_has_a_word(void **state)
{
	(void)state;
	for (unsigned kind = 1; kind < LEAF_KINDS; kind++) {
		enum leaf_kind got;

		assert_ok(leaf_kind_from(text_of(leaf_kind_name((enum leaf_kind)kind)), &got));
		assert_int_equal(got, kind);
	}
	enum leaf_kind got = LEAF_READ;

	assert_fails(ST_INVALID, leaf_kind_from(TEXT("unknown"), &got));
	assert_fails(ST_INVALID, leaf_kind_from(TEXT(""), &got));
	assert_int_equal(got, LEAF_READ);
	assert_string_equal(leaf_kind_name((enum leaf_kind)99), "unknown");
	assert_string_equal(leaf_result_name(LEAF_FAILED), "failed");
}

/* The commitment written out: label with its NUL, then both digests. */
static void commits_to_both_halves(void **state)
{
	(void)state;
	uint8_t text[16 + 64] = "tacenda/v1/leaf";
	struct hash actor, subject, wanted;
	struct leaf leaf = {LEAF_READ, LEAF_DONE, 1, {{0}}};

	memset(&actor, 0x11, sizeof actor);
	memset(&subject, 0x22, sizeof subject);
	memset(text + 16, 0x11, 32);
	memset(text + 48, 0x22, 32);
	assert_ok(sha256(BYTES_OF(text), &wanted));
	assert_ok(leaf_commit(&actor, &subject, &leaf.commitment));
	assert_true(hash_equal(&leaf.commitment, &wanted));
	assert_ok(leaf_check(&leaf, &actor, &subject));
	assert_fails(ST_CORRUPT, leaf_check(&leaf, &subject, &actor));
	subject.bytes[5] ^= 4;
	assert_fails(ST_CORRUPT, leaf_check(&leaf, &actor, &subject));
}

#define CHAIN 5
static uint8_t chain_leaves[CHAIN][LEAF_BYTES];
static struct hash chain_links[CHAIN]; /* chain_links[i]: what piece i names */

static void make_chain(void)
{
	for (unsigned i = 0; i < CHAIN; i++) {
		const struct leaf leaf = {LEAF_READ, LEAF_DONE, i, {{(uint8_t)i}}};

		leaf_encode(&leaf, chain_leaves[i]);
		if (i + 1 < CHAIN)
			assert_ok(leaf_link(chain_leaves[i], &chain_links[i + 1]));
	}
}

static void walks_a_chain_to_its_beginning(void **state)
{
	(void)state;
	struct leaf_chain c = {0};

	make_chain();
	assert_false(leaf_chain_complete(&c));
	for (unsigned i = CHAIN; i-- > 0;) {
		assert_ok(leaf_chain_step(&c, chain_leaves[i], i, &chain_links[i]));
		assert_int_equal(leaf_chain_complete(&c), i == 0);
	}
	assert_fails(ST_CORRUPT, leaf_chain_step(&c, chain_leaves[0], 0, &chain_links[0]));
}

static void notices_a_leaf_left_out_or_put_in(void **state)
{
	(void)state;
	make_chain();
	for (unsigned from = 1; from < CHAIN; from++) {
		for (unsigned to = 0; to < CHAIN; to++) {
			struct leaf_chain c = {0};

			assert_ok(leaf_chain_step(&c, chain_leaves[from], from, &chain_links[from]));
			/* The right number on another leaf, the right leaf with another number. */
			if (to != from - 1) {
				assert_fails(ST_CORRUPT,
					     leaf_chain_step(&c, chain_leaves[to], from - 1, &chain_links[to]));
				assert_fails(ST_CORRUPT,
					     leaf_chain_step(&c, chain_leaves[from - 1], to, &chain_links[to]));
			}
			assert_ok(leaf_chain_step(&c, chain_leaves[from - 1], from - 1, &chain_links[from - 1]));
		}
	}
}

int main(void)
{
	if (!ok(crypto_setup()))
		return 1;
	const struct CMUnitTest tests[] = {
		TEST(encodes_exactly_43_bytes),       TEST(refuses_unknown_leaves),
		TEST(every_kind_has_a_word),          TEST(commits_to_both_halves),
		TEST(walks_a_chain_to_its_beginning), TEST(notices_a_leaf_left_out_or_put_in),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
