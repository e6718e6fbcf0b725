/* SPDX-License-Identifier: Apache-2.0 */
/**
 * tileview: a tree read through tiles of somebody who is not trusted, believed
 * only as far as a checkpoint vouches for it (PROMISES#B2).
 *
 * The tiles of the right edge are proven together against the root; every other
 * tile by being the node that the tile above it, itself proven, holds.  What was
 * proven last is kept, one tile a level, so that reading leaves in order costs
 * one hash a leaf and one more for the tree above.
 *
 * Invariant: every hash handed out belongs to the tree of the head given to
 * tileview_open().  One thread at a time.
 */
#ifndef MERKLE_TILEVIEW_H
#define MERKLE_TILEVIEW_H

#include "tile.h"

struct tileview;

/**
 * tileview_open(head, source, out):
 * Load and prove the right edge.  ST_CORRUPT when it does not have the root of
 * ${head}; what the source says passes through.  The caller owns ${out};
 * source.context must outlive it.
 */
MUST_CHECK struct status tileview_open(const struct tree_head *head, struct tile_source source, struct tileview **out);
/** tileview_free(v): NULL is fine. */
void tileview_free(struct tileview *v);

/**
 * tileview_tile(v, level, index, hashes, width):
 * A view of the proven hashes of one tile, valid until the next call on ${v}.
 * ST_INVALID where the tree has no such tile, ST_CORRUPT when it is not proven.
 */
MUST_CHECK struct status tileview_tile(struct tileview *v, unsigned level, uint64_t index, const struct hash **hashes,
				       unsigned *width);
/** tileview_check_bundle(v, index, bundle): every leaf in it is the tree's, none is missing; ST_CORRUPT otherwise. */
MUST_CHECK struct status tileview_check_bundle(struct tileview *v, uint64_t index, struct bytes bundle);
/** tileview_leaf(v, index, out): the proven hash of one leaf. */
MUST_CHECK struct status tileview_leaf(struct tileview *v, uint64_t index, struct hash *out);
/** tileview_reader(v): proven nodes, for the proofs of tree.h. */
struct tree_reader tileview_reader(struct tileview *v);

#endif /* !MERKLE_TILEVIEW_H */
