/* SPDX-License-Identifier: Apache-2.0 */
/** forest: a whole tree in memory, computed by the recursion of RFC 6962 and nothing else. */
#ifndef TESTS_FOREST_H
#define TESTS_FOREST_H

#include <string.h>

#include "testing.h"
#include "tile.h"
#include "tree.h"

#define FOREST_MAX 70000

struct forest {
	uint64_t size, grown;
	struct hash leaves[FOREST_MAX];
	struct hash nodes[FOREST_MAX / 256]; /* of height 8, computed when first read */
	bool known[FOREST_MAX / 256];
	unsigned loads; /* of tiles */
	uint64_t spoil; /* index + 1 of the level 0 tile to damage, 0 for none */
};

/* MTH(D[n]) as RFC 6962 2.1 writes it. */
static inline void forest_hash(const struct hash *leaves, uint64_t count, struct hash *out)
{
	struct hash left, right;
	uint64_t k = 1;

	if (count == 0) {
		assert_ok(tree_empty_root(out));
		return;
	}
	if (count == 1) {
		*out = leaves[0];
		return;
	}
	while (k * 2 < count)
		k *= 2;
	forest_hash(leaves, k, &left);
	forest_hash(leaves + k, count - k, &right);
	assert_ok(tree_node_hash(&left, &right, out));
}

/* The nodes of height 8 are kept: the tests read them thousands of times. */
static inline const struct hash *forest_node8(struct forest *f, uint64_t index)
{
	if (!f->known[index])
		forest_hash(f->leaves + index * 256, 256, &f->nodes[index]);
	f->known[index] = true;
	return &f->nodes[index];
}

static inline struct status forest_read(void *context, unsigned height, uint64_t index, struct hash *out)
{
	struct forest *f = context;
	struct hash nodes[256];

	assert_true(height < TREE_HEIGHTS && (index + 1) << height <= f->size);
	if (height < 8) {
		forest_hash(f->leaves + (index << height), UINT64_C(1) << height, out);
		return OK;
	}
	assert_true(height <= 16);
	for (uint64_t i = 0; i < UINT64_C(1) << (height - 8); i++)
		nodes[i] = *forest_node8(f, (index << (height - 8)) + i);
	forest_hash(nodes, UINT64_C(1) << (height - 8), out);
	return OK;
}

static inline struct status forest_load(void *context, const struct tile *t, struct hash *out)
{
	struct forest *f = context;

	f->loads++;
	assert_int_equal(t->kind, TILE_HASHES);
	assert_int_equal(t->width, tile_width(t->level, t->index, f->size));
	for (unsigned i = 0; i < t->width; i++)
		TRY(forest_read(f, t->level * 8u, t->index * TILE_WIDTH + i, &out[i]));
	if (t->level == 0 && f->spoil == t->index + 1)
		out[t->width / 2].bytes[31] ^= 1;
	return OK;
}

/* Leaves "0", "1", ... */
static inline void forest_leaf(uint64_t index, struct hash *out)
{
	char leaf[24];
	int len = snprintf(leaf, sizeof leaf, "%llu", (unsigned long long)index);

	assert_ok(tree_leaf_hash(bytes_of(leaf, (size_t)len), out));
}

static inline void forest_grow(struct forest *f, uint64_t size)
{
	assert_true(size <= FOREST_MAX);
	for (; f->grown < size; f->grown++)
		forest_leaf(f->grown, &f->leaves[f->grown]);
	f->size = size;
}

#endif /* !TESTS_FOREST_H */
