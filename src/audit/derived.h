/* SPDX-License-Identifier: Apache-2.0 */
/**
 * derived: what is computed from the batches to find and prove leaves quickly:
 * `offsets` (for each leaf, where its batch begins, 8 bytes) and `tiles/0` ...
 * (for each level, its hashes one after another).
 *
 * Written after the batch is durable and not synced with it; whoever opens the
 * log knows how far they were synced and computes the rest again.  Readers of
 * other threads read below the published size only.
 */
#ifndef AUDIT_DERIVED_H
#define AUDIT_DERIVED_H

#include "ahead.h"
#include "tile.h"

/** Levels of 256^LEVELS leaves: a million million. */
#define DERIVED_LEVELS 5

struct derived {
	struct ahead offsets;
	struct ahead tiles[DERIVED_LEVELS];
};
#define DERIVED_CLOSED \
	{ \
		AHEAD_CLOSED, \
		{ \
			AHEAD_CLOSED, AHEAD_CLOSED, AHEAD_CLOSED, AHEAD_CLOSED, AHEAD_CLOSED \
		} \
	}

/** derived_open(os, dir, out): made where missing. */
MUST_CHECK struct status derived_open(const struct os *os, int dir, struct derived *out);
void derived_close(struct derived *d);
/** derived_covers(d, size): the files are long enough for so many leaves. */
bool derived_covers(const struct derived *d, uint64_t size);
/** derived_keep(d, size, leaves): room for so many more leaves, whatever the disk does. */
MUST_CHECK struct status derived_keep(struct derived *d, uint64_t size, uint64_t leaves);
/**
 * derived_add(d, f, leaves, count, offset):
 * ${count} (at most BATCH_LEAVES_MAX) leaves of LEAF_BYTES each, whose batch
 * begins at ${offset}, follow those in the frontier ${f}, which is moved on.  On
 * failure ${f} is unchanged, and the files may hold some of it.
 */
MUST_CHECK struct status derived_add(struct derived *d, struct tree_frontier *f, struct bytes leaves, uint32_t count,
				     uint64_t offset);
MUST_CHECK struct status derived_sync(struct derived *d);

/** derived_offset(d, index, out): where the batch of that leaf begins. */
MUST_CHECK struct status derived_offset(const struct derived *d, uint64_t index, uint64_t *out);
/** derived_source(d): the tiles, as they are on disk. */
struct tile_source derived_source(struct derived *d);

#endif /* !AUDIT_DERIVED_H */
