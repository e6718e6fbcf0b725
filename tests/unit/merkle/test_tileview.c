/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <stdio.h>

#include "bundle.h"
#include "forest.h"
#include "hash.h"
#include "tileview.h"

static struct forest wood;
static const struct tile_source source = {forest_load, &wood};
static const uint64_t sizes[] = {0, 1, 2, 255, 256, 257, 600, 65535, 65536, 65537, 70000};

static struct tree_head head_of(uint64_t size)
{
	struct tree_head head = {.size = size};

	forest_grow(&wood, size);
	forest_hash(wood.leaves, size, &head.root);
	return head;
}

static void proves_leaves_of_trees_of_all_shapes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct tree_head head = head_of(sizes[i]);
		struct tileview *v = NULL;
		struct hash leaf;

		assert_ok(tileview_open(&head, source, &v));
		for (uint64_t n = 0; n < sizes[i]; n += n < 1000 ? 1 : 4999) {
			assert_ok(tileview_leaf(v, n, &leaf));
			assert_true(hash_equal(&leaf, &wood.leaves[n]));
		}
		assert_fails(ST_INVALID, tileview_leaf(v, sizes[i], &leaf));
		tileview_free(v);
	}
}

static void a_bundle_costs_one_tile_when_read_in_order(void **state)
{
	(void)state;
	struct tree_head head = head_of(70000);
	struct tileview *v = NULL;
	const struct hash *hashes;
	unsigned width;

	assert_ok(tileview_open(&head, source, &v));
	wood.loads = 0;
	for (uint64_t n = 0; n <= 273; n++) {
		assert_ok(tileview_tile(v, 0, n, &hashes, &width));
		assert_int_equal(width, n == 273 ? 112 : 256);
	}
	/* 273 whole tiles of level 0 and the one whole tile above. */
	assert_int_equal(wood.loads, 274);
	tileview_free(v);
}

static void refuses_a_root_that_the_edge_does_not_have(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct tree_head head = head_of(sizes[i]);
		struct tileview *v = NULL;

		head.root.bytes[0] ^= 1;
		assert_fails(ST_CORRUPT, tileview_open(&head, source, &v));
		assert_null(v);
	}
}

static void refuses_a_damaged_tile_and_keeps_the_others(void **state)
{
	(void)state;
	struct tree_head head = head_of(70000);
	struct tileview *v = NULL;
	struct hash leaf;

	assert_ok(tileview_open(&head, source, &v));
	wood.spoil = 7 + 1;
	assert_ok(tileview_leaf(v, 6 * 256, &leaf));
	assert_fails(ST_CORRUPT, tileview_leaf(v, 7 * 256 + 3, &leaf));
	assert_fails(ST_CORRUPT, tileview_leaf(v, 7 * 256 + 3, &leaf));
	assert_ok(tileview_leaf(v, 8 * 256, &leaf));
	wood.spoil = 0;
	assert_ok(tileview_leaf(v, 7 * 256 + 3, &leaf));
	assert_true(hash_equal(&leaf, &wood.leaves[7 * 256 + 3]));
	tileview_free(v);
	wood.spoil = 273 + 1;
	assert_fails(ST_CORRUPT, tileview_open(&head, source, &v));
	wood.spoil = 0;
}

static void checks_bundles_leaf_by_leaf(void **state)
{
	(void)state;
	struct tree_head head = head_of(600);
	struct tileview *v = NULL;

	assert_ok(tileview_open(&head, source, &v));
	for (uint64_t n = 0; n < 3; n++) {
		AUTO(buffer) bundle = {.max = 65536};

		for (uint64_t i = n * 256; i < 600 && i < (n + 1) * 256; i++) {
			char leaf[24];
			int len = snprintf(leaf, sizeof leaf, "%llu", (unsigned long long)i);

			assert_ok(bundle_put(&bundle, bytes_of(leaf, (size_t)len)));
		}
		assert_ok(tileview_check_bundle(v, n, buffer_bytes(&bundle)));
		assert_fails(ST_CORRUPT, tileview_check_bundle(v, n, bytes_of(bundle.bytes, bundle.len - 1)));
		assert_fails(ST_CORRUPT, tileview_check_bundle(v, (n + 1) % 3, buffer_bytes(&bundle)));
		bundle.bytes[2] ^= 1;
		assert_fails(ST_CORRUPT, tileview_check_bundle(v, n, buffer_bytes(&bundle)));
		bundle.bytes[2] ^= 1;
		assert_ok(bundle_put(&bundle, BYTES_LITERAL("x")));
		assert_fails(ST_CORRUPT, tileview_check_bundle(v, n, buffer_bytes(&bundle)));
	}
	assert_fails(ST_INVALID, tileview_check_bundle(v, 3, bytes_of("", 0)));
	tileview_free(v);
}

/* The log's own reader and a client's view make the same proofs. */
static void both_readers_prove_what_verifies(void **state)
{
	(void)state;
	for (size_t i = 1; i < COUNT(sizes); i++) {
		struct tree_head head = head_of(sizes[i]), old = {.size = sizes[i] / 3 + 1};
		struct tile_reader plain = {source, head.size};
		struct tileview *v = NULL;
		struct tree_proof p;

		forest_hash(wood.leaves, old.size, &old.root);
		assert_ok(tileview_open(&head, source, &v));
		const struct tree_reader readers[] = {tile_reader_of(&plain), tileview_reader(v)};

		for (size_t r = 0; r < COUNT(readers); r++) {
			uint64_t at = head.size / 2;

			assert_ok(tree_prove_inclusion(&readers[r], at, head.size, &p));
			assert_ok(tree_verify_inclusion(&head, at, &wood.leaves[at], p.hashes, p.count));
			assert_ok(tree_prove_consistency(&readers[r], old.size, head.size, &p));
			assert_ok(tree_verify_consistency(&old, &head, p.hashes, p.count));
			struct hash node;

			assert_fails(ST_INVALID, readers[r].read(readers[r].context, 0, head.size, &node));
			assert_fails(ST_INVALID, readers[r].read(readers[r].context, 7, UINT64_MAX, &node));
		}
		tileview_free(v);
	}
}

int main(void)
{
	if (!ok(crypto_setup()))
		return 1;
	const struct CMUnitTest tests[] = {
		TEST(proves_leaves_of_trees_of_all_shapes),
		TEST(a_bundle_costs_one_tile_when_read_in_order),
		TEST(refuses_a_root_that_the_edge_does_not_have),
		TEST(refuses_a_damaged_tile_and_keeps_the_others),
		TEST(checks_bundles_leaf_by_leaf),
		TEST(both_readers_prove_what_verifies),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
