/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <stdio.h>
#include <string.h>

#include "bundle.h"
#include "hash.h"
#include "tile.h"

static void prints_and_parses_paths(void **state)
{
	(void)state;
	static const struct {
		const char *path;
		struct tile tile;
	} rows[] = {
		{"tile/0/000", {TILE_HASHES, 0, 0, 256}},
		{"tile/0/001.p/5", {TILE_HASHES, 0, 1, 5}},
		{"tile/0/x001/x234/067", {TILE_HASHES, 0, 1234067, 256}},
		{"tile/3/x001/x234/067.p/255", {TILE_HASHES, 3, 1234067, 255}},
		{"tile/5/x123/x456/078", {TILE_HASHES, 5, 123456078, 256}},
		{"tile/63/999", {TILE_HASHES, 63, 999, 256}},
		{"tile/entries/x001/000", {TILE_ENTRIES, 0, 1000, 256}},
		{"tile/entries/x003/x057/500.p/1", {TILE_ENTRIES, 0, 3057500, 1}},
		{"tile/1/x018/x446/x744/x073/x709/x551/615", {TILE_HASHES, 1, UINT64_MAX, 256}},
		{"tile/entries/x018/x446/x744/x073/x709/x551/615.p/255", {TILE_ENTRIES, 0, UINT64_MAX, 255}},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct tile got;

		assert_string_equal(tile_print_path(&rows[i].tile).at, rows[i].path);
		assert_ok(tile_parse_path(text_of(rows[i].path), &got));
		assert_int_equal(got.kind, rows[i].tile.kind);
		assert_int_equal(got.level, rows[i].tile.level);
		assert_true(got.index == rows[i].tile.index);
		assert_int_equal(got.width, rows[i].tile.width);
	}
}

static void refuses_every_other_path(void **state)
{
	(void)state;
	static const char *const paths[] = {
		"",
		"tile",
		"tile/",
		"tile//000",
		"tile/0",
		"tile/0/",
		"/tile/0/000",
		"tile/0/0",
		"tile/0/00",
		"tile/0/0000",
		"tile/0/000/",
		"tile/00/000",
		"tile/64/000",
		"tile/-1/000",
		"tile/+1/000",
		"tile/0/001/002",
		"tile/0/x001/x002",
		"tile/0/x000/001",
		"tile/0/x000/x001/002",
		"tile/0/X001/002",
		"tile/0/x01/002",
		"tile/0/x001/x02a/003",
		"tile/0/ 01",
		"tile/0/000.p",
		"tile/0/000.p/",
		"tile/0/000.p/0",
		"tile/0/000.p/256",
		"tile/0/000.p/01",
		"tile/0/000.p/1/",
		"tile/0/000.P/1",
		"tile/entry/000",
		"tile/entries",
		"tile/data/000",
		"tile/3/5/x123/x456/078",
		"tile/5/123/456/078",
		"tile/1/x018/x446/x744/x073/x709/x551/616",
		"tile/1/x018/x446/x744/x073/x709/x552/000",
		"tile/1/x001/x018/x446/x744/x073/x709/x551/615",
		"tile/0/../000",
		"tile/0/x001/..",
	};
	struct tile t = {.index = 42};

	for (size_t i = 0; i < COUNT(paths); i++)
		if (ok(tile_parse_path(text_of(paths[i]), &t)))
			fail_msg("accepted %s", paths[i]);
	assert_fails(ST_INVALID, tile_parse_path((struct text){"tile/0/000", 11}, &t));
	assert_true(t.index == 42);
}

/* The worked example of the specification: a tree of 70,000. */
static void knows_the_widths_of_the_specification(void **state)
{
	(void)state;
	assert_int_equal(tile_width(0, 272, 70000), 256);
	assert_int_equal(tile_width(0, 273, 70000), 112);
	assert_int_equal(tile_width(0, 274, 70000), 0);
	assert_int_equal(tile_width(1, 0, 70000), 256);
	assert_int_equal(tile_width(1, 1, 70000), 17);
	assert_int_equal(tile_width(2, 0, 70000), 1);
	assert_int_equal(tile_width(3, 0, 70000), 0);
	assert_int_equal(tile_width(0, 0, 256), 256);
	assert_int_equal(tile_width(0, 1, 256), 0);
	assert_int_equal(tile_width(1, 0, 256), 1);
	assert_int_equal(tile_width(0, 0, 0), 0);
	assert_int_equal(tile_width(63, 0, TREE_SIZE_MAX), 0);
}

static unsigned count_tiles(uint64_t old_size, uint64_t size)
{
	struct tile_walk w = {.old_size = old_size, .size = size};
	struct tile t;
	unsigned count = 0;

	while (tile_walk_next(&w, &t)) {
		assert_int_equal(t.width, tile_width(t.level, t.index, size));
		assert_true(t.width > 0);
		assert_int_not_equal(t.width, tile_width(t.level, t.index, old_size));
		count++;
	}
	return count;
}

/* Every tile that changed is given once: counted the long way. */
static void walks_exactly_the_new_tiles(void **state)
{
	(void)state;
	static const uint64_t sizes[] = {0, 1, 2, 255, 256, 257, 511, 512, 513, 1000, 65535, 65536, 65537, 70000};

	for (size_t i = 0; i < COUNT(sizes); i++) {
		for (size_t k = 0; k < COUNT(sizes); k++) {
			unsigned wanted = 0;

			for (unsigned level = 0; level < 4; level++)
				for (uint64_t n = 0; n < 300; n++) {
					unsigned width = tile_width(level, n, sizes[k]);
					wanted += width > 0 && width > tile_width(level, n, sizes[i]);
				}
			assert_int_equal(count_tiles(sizes[i], sizes[k]), wanted);
		}
	}
	assert_int_equal(count_tiles(0, 70000), 273 + 1 + 1 + 1 + 1);
	assert_int_equal(count_tiles(TREE_SIZE_MAX - 1, TREE_SIZE_MAX), 1);
}

static void refuses_nodes_that_a_tile_does_not_hold(void **state)
{
	(void)state;
	struct hash hashes[TILE_WIDTH] = {0}, node;

	assert_ok(tile_node(hashes, 256, 8, 0, &node));
	assert_ok(tile_node(hashes, 5, 2, 1, &node));
	assert_fails(ST_INVALID, tile_node(hashes, 255, 8, 0, &node));
	assert_fails(ST_INVALID, tile_node(hashes, 5, 2, 2, &node));
	assert_fails(ST_INVALID, tile_node(hashes, 256, 9, 0, &node));
	assert_fails(ST_INVALID, tile_node(hashes, 0, 0, 0, &node));
}

static void bundles_hold_exactly_their_leaves(void **state)
{
	(void)state;
	AUTO(buffer) b = {.max = 1 << 20};
	static uint8_t big[65536];
	struct hash hashes[BUNDLE_WIDTH], wanted;

	assert_ok(bundle_put(&b, BYTES_LITERAL("one")));
	assert_ok(bundle_put(&b, bytes_of("", 0)));
	assert_ok(bundle_put(&b, bytes_of(big, 65535)));
	assert_fails(ST_TOO_BIG, bundle_put(&b, bytes_of(big, 65536)));
	assert_int_equal(b.len, 3 * 2 + 3 + 65535);
	assert_memory_equal(b.bytes, "\0\3one\0\0\xff\xff", 9);
	assert_ok(bundle_hash(buffer_bytes(&b), 3, hashes));
	assert_ok(tree_leaf_hash(BYTES_LITERAL("one"), &wanted));
	assert_true(hash_equal(&hashes[0], &wanted));
	assert_fails(ST_INVALID, bundle_hash(buffer_bytes(&b), 2, hashes));
	assert_fails(ST_INVALID, bundle_hash(buffer_bytes(&b), 4, hashes));
	assert_fails(ST_INVALID, bundle_hash(buffer_bytes(&b), 0, hashes));
	assert_fails(ST_INVALID, bundle_hash(buffer_bytes(&b), 257, hashes));
	for (size_t len = 0; len < 12; len++)
		assert_fails(ST_INVALID, bundle_hash(bytes_of(b.bytes, len), 3, hashes));
}

int main(void)
{
	if (!ok(crypto_setup()))
		return 1;
	const struct CMUnitTest tests[] = {
		TEST(prints_and_parses_paths),
		TEST(refuses_every_other_path),
		TEST(knows_the_widths_of_the_specification),
		TEST(walks_exactly_the_new_tiles),
		TEST(refuses_nodes_that_a_tile_does_not_hold),
		TEST(bundles_hold_exactly_their_leaves),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
