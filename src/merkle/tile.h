/* SPDX-License-Identifier: Apache-2.0 */
/**
 * tile: the pieces in which a tree is stored and served (c2sp.org/tlog-tiles).
 *
 * A tile of level L holds up to 256 nodes of height 8 L, an entry bundle the
 * leaves of a tile of level 0.  Here are names, paths and arithmetic; bundle.h
 * has the bytes of bundles, tileview.h what a client may believe.
 */
#ifndef MERKLE_TILE_H
#define MERKLE_TILE_H

#include "text.h"
#include "tree.h"

#define TILE_HEIGHT 8
#define TILE_WIDTH  256
#define TILE_BYTES  (TILE_WIDTH * sizeof(struct hash))
/** Levels that a tree of TREE_SIZE_MAX leaves needs; the path grammar allows 64. */
#define TILE_LEVELS 8

enum tile_kind { TILE_HASHES, TILE_ENTRIES };

struct tile {
	enum tile_kind kind;
	uint8_t level; /* 0 for entries */
	uint64_t index;
	uint16_t width; /* 1 to TILE_WIDTH; less is a partial tile */
};

#define TILE_PATH_MAX 63
struct tile_path {
	char at[TILE_PATH_MAX + 1]; /* NUL-terminated */
};

/** tile_print_path(t): `tile/0/x001/x234/067.p/5`, `tile/entries/000`. */
struct tile_path tile_print_path(const struct tile *t);
/** tile_parse_path(t, out): exactly that form and no other; ST_INVALID otherwise. */
MUST_CHECK struct status tile_parse_path(struct text t, struct tile *out);

/** tile_width(level, index, size): how wide that tile is in a tree of ${size}; 0 if it has none there. */
unsigned tile_width(unsigned level, uint64_t index, uint64_t size);

/**
 * Which tiles a growing tree gains.  `{ .old_size = O, .size = N }` starts;
 * tile_walk_next() gives every hash tile, whole or partial, that the tree of N
 * leaves has and the tree of O leaves did not have in that width, level by level
 * from the left; false at the end.
 */
struct tile_walk {
	uint64_t old_size, size;
	unsigned level;
	uint64_t next; /* index within the level plus one; 0 before its first */
};
bool tile_walk_next(struct tile_walk *w, struct tile *out);

/** Where tiles come from: exactly tile->width hashes are written to ${out}. */
struct tile_source {
	struct status (*load)(void *context, const struct tile *tile, struct hash *out);
	void *context;
};

/**
 * A tree_reader over tiles that are trusted as they are (the log's own).
 * `{ .source = S, .size = N }`; use with tile_reader_of().
 */
struct tile_reader {
	struct tile_source source;
	uint64_t size;
};
/** tile_reader_of(r): ${r} must outlive the result. */
struct tree_reader tile_reader_of(struct tile_reader *r);

/**
 * tile_node(hashes, width, height, offset, out):
 * The node of height ${height} (0 to 8, within the tile) whose first hash is
 * hashes[offset]; ST_INVALID where the tile does not hold all of it.
 */
MUST_CHECK struct status tile_node(const struct hash *hashes, unsigned width, unsigned height, unsigned offset,
				   struct hash *out);

#endif /* !MERKLE_TILE_H */
