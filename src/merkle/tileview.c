/* SPDX-License-Identifier: Apache-2.0 */
#include "tileview.h"

#include <stdlib.h>
#include <string.h>

#include "bundle.h"

struct slot {
	bool filled;
	uint64_t index;
	unsigned width;
	struct hash hashes[TILE_WIDTH];
};

struct tileview {
	struct tree_head head;
	struct tile_source source;
	struct slot edge[TILE_LEVELS]; /* the partial tiles, proven by tileview_open() */
	struct slot last[TILE_LEVELS]; /* the whole tile of each level that was proven last */
};

static struct status slot_load(struct tileview *v, unsigned level, uint64_t index, struct slot *slot)
{
	struct tile t = {TILE_HASHES, (uint8_t)level, index, (uint16_t)tile_width(level, index, v->head.size)};

	slot->filled = false;
	TRY(v->source.load(v->source.context, &t, slot->hashes));
	slot->index = index;
	slot->width = t.width;
	return OK;
}

/* The nodes of the frontier within one partial tile: bit k of its width is the
 * node of height k that ends before the lower bits. */
static struct status edge_nodes(const struct slot *slot, unsigned level, struct tree_frontier *f)
{
	for (unsigned k = 0; k < TILE_HEIGHT; k++) {
		if ((slot->width >> k & 1) == 0)
			continue;
		unsigned offset = slot->width >> (k + 1) << (k + 1);

		TRY(tile_node(slot->hashes, slot->width, k, offset, &f->nodes[level * TILE_HEIGHT + k]));
	}
	return OK;
}

static struct status prove_edge(struct tileview *v)
{
	struct tree_frontier f = {.size = v->head.size};
	struct hash root;

	for (unsigned level = 0; level < TILE_LEVELS; level++) {
		uint64_t index = (v->head.size >> (TILE_HEIGHT * level)) / TILE_WIDTH;

		if (tile_width(level, index, v->head.size) == 0)
			continue;
		TRY(slot_load(v, level, index, &v->edge[level]));
		TRY(edge_nodes(&v->edge[level], level, &f));
	}
	TRY(tree_frontier_root(&f, &root));
	if (!hash_equal(&root, &v->head.root))
		return FAIL_AT(ST_CORRUPT, "merkle root");
	for (unsigned level = 0; level < TILE_LEVELS; level++)
		v->edge[level].filled = v->edge[level].width > 0;
	return OK;
}

struct status tileview_open(const struct tree_head *head, struct tile_source source, struct tileview **out)
{
	if (head->size > TREE_SIZE_MAX)
		return FAIL_AT(ST_INVALID, "tree size");
	struct tileview *v = calloc(1, sizeof *v);

	if (v == NULL)
		return FAIL(ST_NO_MEMORY);
	v->head = *head;
	v->source = source;
	struct status s = prove_edge(v);

	if (!ok(s)) {
		tileview_free(v);
		return s;
	}
	*out = v;
	return OK;
}

void tileview_free(struct tileview *v)
{
	free(v);
}

static const struct slot *kept(const struct tileview *v, unsigned level, uint64_t index)
{
	if (v->edge[level].filled && v->edge[level].index == index)
		return &v->edge[level];
	if (v->last[level].filled && v->last[level].index == index)
		return &v->last[level];
	return NULL;
}

/* Prove the whole tile at (level, index) by the tile above it, which is kept. */
static struct status prove_below(struct tileview *v, unsigned level, uint64_t index)
{
	struct slot *slot = &v->last[level];
	const struct slot *above = kept(v, level + 1, index / TILE_WIDTH);
	struct hash node;

	TRY(slot_load(v, level, index, slot));
	TRY(tile_node(slot->hashes, TILE_WIDTH, TILE_HEIGHT, 0, &node));
	if (!hash_equal(&node, &above->hashes[index % TILE_WIDTH]))
		return FAIL_AT(ST_CORRUPT, "tile");
	slot->filled = true;
	return OK;
}

struct status tileview_tile(struct tileview *v, unsigned level, uint64_t index, const struct hash **hashes,
			    unsigned *width)
{
	if (tile_width(level, index, v->head.size) == 0)
		return FAIL_AT(ST_INVALID, "tile");
	/* Climb to a tile that is kept: the edge is, and the tile above a whole
	 * one exists. */
	unsigned top = level;
	uint64_t at = index;

	while (kept(v, top, at) == NULL) {
		top++;
		at /= TILE_WIDTH;
	}
	while (top-- > level)
		TRY(prove_below(v, top, index >> (TILE_HEIGHT * (top - level))));
	const struct slot *slot = kept(v, level, index);

	*hashes = slot->hashes;
	*width = slot->width;
	return OK;
}

struct status tileview_check_bundle(struct tileview *v, uint64_t index, struct bytes bundle)
{
	struct hash leaves[BUNDLE_WIDTH];
	const struct hash *hashes;
	unsigned width;

	TRY(tileview_tile(v, 0, index, &hashes, &width));
	if (!ok(bundle_hash(bundle, width, leaves)))
		return FAIL_AT(ST_CORRUPT, "entry bundle");
	for (unsigned i = 0; i < width; i++)
		if (!hash_equal(&leaves[i], &hashes[i]))
			return FAIL_AT(ST_CORRUPT, "entry bundle");
	return OK;
}

struct status tileview_leaf(struct tileview *v, uint64_t index, struct hash *out)
{
	const struct hash *hashes;
	unsigned width;

	if (index >= v->head.size)
		return FAIL_AT(ST_INVALID, "leaf index");
	TRY(tileview_tile(v, 0, index / TILE_WIDTH, &hashes, &width));
	*out = hashes[index % TILE_WIDTH];
	return OK;
}

static struct status read_node(void *context, unsigned height, uint64_t index, struct hash *out)
{
	struct tileview *v = context;
	unsigned within = height % TILE_HEIGHT, width;
	const struct hash *hashes;
	uint64_t first;

	if (__builtin_mul_overflow(index, UINT64_C(1) << within, &first))
		return FAIL_AT(ST_INVALID, "tree node");
	TRY(tileview_tile(v, height / TILE_HEIGHT, first / TILE_WIDTH, &hashes, &width));
	return tile_node(hashes, width, within, (unsigned)(first % TILE_WIDTH), out);
}

struct tree_reader tileview_reader(struct tileview *v)
{
	return (struct tree_reader){read_node, v};
}
