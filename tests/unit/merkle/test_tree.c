/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <stdio.h>

#include "forest.h"
#include "hash.h"
#include "text.h"

static struct forest wood;

static void hex_equal(const struct hash *h, const char *hex)
{
	struct hash wanted;

	assert_ok(text_from_hex(text_of(hex), wanted.bytes, sizeof wanted));
	assert_memory_equal(h, &wanted, sizeof wanted);
}

/* FIPS 180-4 values that anybody can compute: of nothing, of 00, of 01 || 00..00. */
static void hashes_leaves_and_nodes_apart(void **state)
{
	(void)state;
	struct hash h, zero = {{0}};

	assert_ok(tree_empty_root(&h));
	hex_equal(&h, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_ok(tree_leaf_hash(bytes_of(NULL, 0), &h));
	hex_equal(&h, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
	uint8_t joined[65] = {1};
	struct hash wanted;

	assert_ok(sha256(BYTES_OF(joined), &wanted));
	assert_ok(tree_node_hash(&zero, &zero, &h));
	assert_memory_equal(&h, &wanted, sizeof h);
}

static void hashes_long_leaves_like_short_ones(void **state)
{
	(void)state;
	static uint8_t prefixed[70001];
	struct hash h, wanted;

	for (size_t len = 250; len < 260; len++) {
		assert_ok(sha256(bytes_of(prefixed, len + 1), &wanted));
		assert_ok(tree_leaf_hash(bytes_of(prefixed + 1, len), &h));
		assert_true(hash_equal(&h, &wanted));
	}
	assert_ok(sha256(bytes_of(prefixed, 70001), &wanted));
	assert_ok(tree_leaf_hash(bytes_of(prefixed + 1, 70000), &h));
	assert_true(hash_equal(&h, &wanted));
}

static void grows_to_the_roots_of_the_recursion(void **state)
{
	(void)state;
	struct tree_frontier f = {0};
	struct hash root, wanted, scratch[300], completed[TREE_HEIGHTS], node;

	forest_grow(&wood, 300);
	for (uint64_t n = 0; n < 300; n++) {
		forest_hash(wood.leaves, n, &wanted);
		assert_ok(tree_frontier_root(&f, &root));
		assert_true(hash_equal(&root, &wanted));
		if (n > 0) {
			memcpy(scratch, wood.leaves, n * sizeof *scratch);
			assert_ok(tree_fold(scratch, n, &root));
			assert_true(hash_equal(&root, &wanted));
		}
		assert_ok(tree_frontier_append(&f, &wood.leaves[n], completed));
		for (unsigned h = 0; (n + 1) % (UINT64_C(1) << h) == 0; h++) {
			assert_ok(forest_read(&wood, h, n >> h, &node));
			assert_true(hash_equal(&node, &completed[h]));
		}
	}
}

static void loads_a_frontier_that_goes_on_growing(void **state)
{
	(void)state;
	const struct tree_reader reader = {forest_read, &wood};
	struct tree_frontier f;
	struct hash root, wanted;

	forest_grow(&wood, 300);
	for (uint64_t n = 0; n < 299; n++) {
		assert_ok(tree_frontier_load(&reader, n, &f));
		assert_ok(tree_frontier_append(&f, &wood.leaves[n], NULL));
		assert_ok(tree_frontier_root(&f, &root));
		assert_ok(tree_root(&reader, n + 1, &wanted));
		assert_true(hash_equal(&root, &wanted));
	}
}

static void refuses_to_grow_past_the_largest_size(void **state)
{
	(void)state;
	struct tree_frontier f = {.size = TREE_SIZE_MAX};
	const struct hash leaf = {{0}};

	assert_fails(ST_TOO_BIG, tree_frontier_append(&f, &leaf, NULL));
	assert_true(f.size == TREE_SIZE_MAX);
	assert_fails(ST_INVALID, tree_fold(NULL, 0, NULL));
}

static void proves_every_leaf_of_every_small_tree(void **state)
{
	(void)state;
	const struct tree_reader reader = {forest_read, &wood};
	struct tree_proof p;

	forest_grow(&wood, 80);
	for (uint64_t size = 1; size <= 80; size++) {
		struct tree_head head = {.size = size};

		forest_hash(wood.leaves, size, &head.root);
		for (uint64_t i = 0; i < size; i++) {
			assert_ok(tree_prove_inclusion(&reader, i, size, &p));
			assert_ok(tree_verify_inclusion(&head, i, &wood.leaves[i], p.hashes, p.count));
			assert_fails(ST_CORRUPT, tree_verify_inclusion(&head, (i + 1) % (size + 1), &wood.leaves[i],
								       p.hashes, p.count));
			for (size_t k = 0; k < p.count; k++) {
				p.hashes[k].bytes[k] ^= 0x10;
				assert_fails(ST_CORRUPT,
					     tree_verify_inclusion(&head, i, &wood.leaves[i], p.hashes, p.count));
				p.hashes[k].bytes[k] ^= 0x10;
			}
			p.hashes[p.count] = p.hashes[0];
			assert_fails(ST_CORRUPT,
				     tree_verify_inclusion(&head, i, &wood.leaves[i], p.hashes, p.count + 1));
			if (p.count > 0)
				assert_fails(ST_CORRUPT,
					     tree_verify_inclusion(&head, i, &wood.leaves[i], p.hashes, p.count - 1));
		}
	}
}

static void proves_that_every_small_tree_extends_every_smaller(void **state)
{
	(void)state;
	const struct tree_reader reader = {forest_read, &wood};
	struct tree_proof p;

	forest_grow(&wood, 80);
	for (uint64_t size = 1; size <= 80; size++) {
		struct tree_head head = {.size = size}, old;

		forest_hash(wood.leaves, size, &head.root);
		for (old.size = 1; old.size <= size; old.size++) {
			forest_hash(wood.leaves, old.size, &old.root);
			assert_ok(tree_prove_consistency(&reader, old.size, size, &p));
			assert_ok(tree_verify_consistency(&old, &head, p.hashes, p.count));
			for (size_t k = 0; k < p.count; k++) {
				p.hashes[k].bytes[0] ^= 1;
				assert_fails(ST_CORRUPT, tree_verify_consistency(&old, &head, p.hashes, p.count));
				p.hashes[k].bytes[0] ^= 1;
			}
			old.root.bytes[7] ^= 1;
			assert_fails(ST_CORRUPT, tree_verify_consistency(&old, &head, p.hashes, p.count));
			old.root.bytes[7] ^= 1;
			head.root.bytes[7] ^= 1;
			assert_fails(ST_CORRUPT, tree_verify_consistency(&old, &head, p.hashes, p.count));
			head.root.bytes[7] ^= 1;
			p.hashes[p.count] = p.hashes[0];
			assert_fails(ST_CORRUPT, tree_verify_consistency(&old, &head, p.hashes, p.count + 1));
			if (p.count > 0)
				assert_fails(ST_CORRUPT, tree_verify_consistency(&old, &head, p.hashes, p.count - 1));
		}
	}
}

static void refuses_proofs_that_mean_nothing(void **state)
{
	(void)state;
	const struct tree_reader reader = {forest_read, &wood};
	const struct tree_head none = {0}, some = {.size = 5};
	struct tree_proof p;

	forest_grow(&wood, 5);
	assert_fails(ST_INVALID, tree_prove_inclusion(&reader, 5, 5, &p));
	assert_fails(ST_INVALID, tree_prove_inclusion(&reader, 0, 0, &p));
	assert_fails(ST_INVALID, tree_prove_inclusion(&reader, 0, UINT64_MAX, &p));
	assert_fails(ST_INVALID, tree_prove_consistency(&reader, 0, 5, &p));
	assert_fails(ST_INVALID, tree_prove_consistency(&reader, 6, 5, &p));
	assert_fails(ST_CORRUPT, tree_verify_consistency(&none, &some, NULL, 0));
	assert_fails(ST_CORRUPT, tree_verify_consistency(&none, &none, NULL, 0));
	assert_fails(ST_CORRUPT, tree_verify_consistency(&some, &none, NULL, 0));
}

/* A tree of 2^63 - 1 equal leaves: all nodes of one height are equal. */
static struct status equal_node(void *context, unsigned height, uint64_t index, struct hash *out)
{
	(void)index;
	*out = *(const struct hash *)context;
	for (unsigned h = 0; h < height; h++)
		TRY(tree_node_hash(out, out, out));
	return OK;
}

static void proofs_in_the_largest_tree_fit(void **state)
{
	(void)state;
	struct hash leaf = {{0}};
	const struct tree_reader reader = {equal_node, &leaf};
	struct tree_head head = {.size = TREE_SIZE_MAX}, old = {.size = (UINT64_C(1) << 62) - 1};
	struct tree_proof p;

	assert_ok(tree_root(&reader, head.size, &head.root));
	assert_ok(tree_prove_inclusion(&reader, 0, head.size, &p));
	assert_int_equal(p.count, 63);
	assert_ok(tree_verify_inclusion(&head, 0, &leaf, p.hashes, p.count));
	assert_ok(tree_root(&reader, old.size, &old.root));
	assert_ok(tree_prove_consistency(&reader, old.size, head.size, &p));
	assert_int_equal(p.count, 64);
	assert_ok(tree_verify_consistency(&old, &head, p.hashes, p.count));
}

int main(void)
{
	if (!ok(crypto_setup()))
		return 1;
	const struct CMUnitTest tests[] = {
		TEST(hashes_leaves_and_nodes_apart),
		TEST(hashes_long_leaves_like_short_ones),
		TEST(grows_to_the_roots_of_the_recursion),
		TEST(loads_a_frontier_that_goes_on_growing),
		TEST(refuses_to_grow_past_the_largest_size),
		TEST(proves_every_leaf_of_every_small_tree),
		TEST(proves_that_every_small_tree_extends_every_smaller),
		TEST(refuses_proofs_that_mean_nothing),
		TEST(proofs_in_the_largest_tree_fit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
