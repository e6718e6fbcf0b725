/* SPDX-License-Identifier: Apache-2.0 */
#include "derived.h"

#include <stdio.h>
#include <string.h>

#include "batch.h"

#define OFFSET 8
#define HASH   sizeof(struct hash)

static uint64_t level_count(unsigned level, uint64_t size)
{
	return size >> (TILE_HEIGHT * level);
}

struct status derived_open(const struct os *os, int dir, struct derived *out)
{
	struct derived d = DERIVED_CLOSED;
	char name[4];
	int tiles;

	TRY(os_open_dir(os, dir, "tiles", true, &tiles));
	struct status s = ahead_open(os, dir, "offsets", true, &d.offsets);

	for (unsigned level = 0; ok(s) && level < DERIVED_LEVELS; level++) {
		(void)snprintf(name, sizeof name, "%u", level);
		s = ahead_open(os, tiles, name, true, &d.tiles[level]);
	}
	(void)os->close(tiles);
	if (ok(s))
		*out = d;
	else
		derived_close(&d);
	return s;
}

void derived_close(struct derived *d)
{
	ahead_close(&d->offsets);
	for (unsigned level = 0; level < DERIVED_LEVELS; level++)
		ahead_close(&d->tiles[level]);
}

bool derived_covers(const struct derived *d, uint64_t size)
{
	if (d->offsets.allocated / OFFSET < size)
		return false;
	for (unsigned level = 0; level < DERIVED_LEVELS; level++)
		if (d->tiles[level].allocated / HASH < level_count(level, size))
			return false;
	return true;
}

struct status derived_keep(struct derived *d, uint64_t size, uint64_t leaves)
{
	if (leaves == 0)
		return OK;
	TRY(ahead_keep(&d->offsets, size * OFFSET, leaves * OFFSET));
	for (unsigned level = 0; level < DERIVED_LEVELS; level++)
		TRY(ahead_keep(&d->tiles[level], level_count(level, size) * HASH,
			       (level_count(level, leaves) + 1) * HASH));
	return OK;
}

/* So many nodes of the second level, and fewer of those above, can a batch complete. */
#define UPPER (BATCH_LEAVES_MAX / TILE_WIDTH + 1)

/* The nodes that a batch completes, level by level. */
struct growth {
	struct hash leaves[BATCH_LEAVES_MAX];
	struct hash upper[DERIVED_LEVELS][UPPER]; /* [0] is not used */
	unsigned counts[DERIVED_LEVELS];
};

static struct status grow(struct tree_frontier *f, const uint8_t *leaf, struct growth *g)
{
	struct hash completed[TREE_HEIGHTS];
	struct hash *hash = &g->leaves[g->counts[0]++];

	TRY(tree_leaf_hash(bytes_of(leaf, LEAF_BYTES), hash));
	TRY(tree_frontier_append(f, hash, completed));
	for (size_t level = 1; level < DERIVED_LEVELS; level++)
		if (f->size % (UINT64_C(1) << (TILE_HEIGHT * level)) == 0)
			g->upper[level][g->counts[level]++] = completed[TILE_HEIGHT * level];
	return OK;
}

static struct status write_offsets(struct derived *d, uint64_t first, uint32_t count, uint64_t offset)
{
	AUTO(buffer) b = {.max = (size_t)BATCH_LEAVES_MAX * OFFSET};

	for (uint32_t i = 0; i < count; i++)
		TRY(buffer_put_u64(&b, offset));
	return ahead_write(&d->offsets, buffer_bytes(&b), first * OFFSET);
}

struct status derived_add(struct derived *d, struct tree_frontier *f, struct bytes leaves, uint32_t count,
			  uint64_t offset)
{
	struct tree_frontier grown = *f;
	struct growth g;

	memset(g.counts, 0, sizeof g.counts);
	for (uint32_t i = 0; i < count; i++)
		TRY(grow(&grown, leaves.at + (size_t)i * LEAF_BYTES, &g));
	TRY(write_offsets(d, f->size, count, offset));
	for (unsigned level = 0; level < DERIVED_LEVELS; level++)
		if (g.counts[level] > 0)
			TRY(ahead_write(&d->tiles[level],
					bytes_of(level == 0 ? g.leaves : g.upper[level], g.counts[level] * HASH),
					level_count(level, f->size) * HASH));
	*f = grown;
	return OK;
}

struct status derived_sync(struct derived *d)
{
	TRY(ahead_sync(&d->offsets));
	for (unsigned level = 0; level < DERIVED_LEVELS; level++)
		TRY(ahead_sync(&d->tiles[level]));
	return OK;
}

struct status derived_offset(const struct derived *d, uint64_t index, uint64_t *out)
{
	uint64_t value = 0;
	uint8_t bytes[OFFSET];

	TRY(os_read_all(d->offsets.os, d->offsets.fd, bytes, sizeof bytes, index * OFFSET));
	for (size_t i = 0; i < OFFSET; i++)
		value = value << 8 | bytes[i];
	*out = value;
	return OK;
}

static struct status load_tile(void *context, const struct tile *t, struct hash *out)
{
	const struct derived *d = context;

	if (t->level >= DERIVED_LEVELS || t->kind != TILE_HASHES)
		return FAIL_AT(ST_TOO_BIG, "tile level");
	const struct ahead *a = &d->tiles[t->level];

	return os_read_all(a->os, a->fd, out, t->width * HASH, t->index * TILE_BYTES);
}

struct tile_source derived_source(struct derived *d)
{
	return (struct tile_source){load_tile, d};
}
