/* SPDX-License-Identifier: Apache-2.0 */
#include "tile.h"

#include <stdio.h>
#include <string.h>

#define GROUP 1000u
/* 1000^7 > 2^64: an index has at most 7 groups of three digits. */
#define GROUPS_MAX 7
#define LEVEL_MAX  63

struct tile_path tile_print_path(const struct tile *t)
{
	struct tile_path path;
	unsigned groups[GROUPS_MAX];
	size_t count = 0, at;
	uint64_t rest = t->index;

	do {
		groups[count++] = (unsigned)(rest % GROUP);
		rest /= GROUP;
	} while (rest > 0);
	if (t->kind == TILE_ENTRIES)
		at = (size_t)snprintf(path.at, sizeof path.at, "tile/entries/");
	else
		at = (size_t)snprintf(path.at, sizeof path.at, "tile/%u/", t->level);
	while (count-- > 1)
		at += (size_t)snprintf(path.at + at, sizeof path.at - at, "x%03u/", groups[count]);
	at += (size_t)snprintf(path.at + at, sizeof path.at - at, "%03u", groups[0]);
	if (t->width < TILE_WIDTH)
		(void)snprintf(path.at + at, sizeof path.at - at, ".p/%u", t->width);
	return path;
}

/* Three digits onto ${index}; ST_INVALID when they are not, or do not fit. */
static struct status index_group(struct text t, uint64_t *index)
{
	uint64_t value = *index;

	if (t.len != 3)
		return FAIL_AT(ST_INVALID, "tile index");
	if (__builtin_mul_overflow(value, GROUP, &value))
		return FAIL_AT(ST_INVALID, "tile index");
	unsigned group = 0;

	for (size_t i = 0; i < 3; i++) {
		if (t.at[i] < '0' || t.at[i] > '9')
			return FAIL_AT(ST_INVALID, "tile index");
		group = group * 10 + (unsigned)(t.at[i] - '0');
	}
	if (__builtin_add_overflow(value, group, &value))
		return FAIL_AT(ST_INVALID, "tile index");
	*index = value;
	return OK;
}

static struct text skip(struct text t, size_t len)
{
	return (struct text){t.at + len, t.len - len};
}

/* `x001/x234/067`: every group but the last begins with an x, and the first of
 * several is not 000. */
static struct status parse_index(struct text *rest, uint64_t *out)
{
	uint64_t index = 0;

	while (rest->len > 5 && rest->at[0] == 'x') {
		TRY(index_group((struct text){rest->at + 1, 3}, &index));
		if (index == 0 || rest->at[4] != '/')
			return FAIL_AT(ST_INVALID, "tile index");
		*rest = skip(*rest, 5);
	}
	if (rest->len < 3)
		return FAIL_AT(ST_INVALID, "tile index");
	TRY(index_group((struct text){rest->at, 3}, &index));
	*rest = skip(*rest, 3);
	*out = index;
	return OK;
}

static struct status parse_level(struct text *rest, struct tile *t)
{
	struct text word = {rest->at, 0};
	uint32_t level = 0;

	while (word.len < rest->len && rest->at[word.len] != '/')
		word.len++;
	if (word.len == rest->len)
		return FAIL_AT(ST_INVALID, "tile level");
	if (text_equal(word, TEXT("entries"))) {
		t->kind = TILE_ENTRIES;
	} else {
		TRY(text_to_u32(word, 0, LEVEL_MAX, &level));
		t->kind = TILE_HASHES;
	}
	t->level = (uint8_t)level;
	*rest = skip(*rest, word.len + 1);
	return OK;
}

struct status tile_parse_path(struct text text, struct tile *out)
{
	struct tile t = {.width = TILE_WIDTH};
	uint32_t width;

	if (text.len > TILE_PATH_MAX || !text_starts(text, TEXT("tile/")))
		return FAIL_AT(ST_INVALID, "tile path");
	text = skip(text, strlen("tile/"));
	TRY(parse_level(&text, &t));
	TRY(parse_index(&text, &t.index));
	if (text.len > 0) {
		if (!text_starts(text, TEXT(".p/")))
			return FAIL_AT(ST_INVALID, "tile path");
		TRY(text_to_u32(skip(text, strlen(".p/")), 1, TILE_WIDTH - 1, &width));
		t.width = (uint16_t)width;
	}
	*out = t;
	return OK;
}

/* Nodes of height 8 ${level} in a tree of ${size}. */
static uint64_t level_nodes(unsigned level, uint64_t size)
{
	return level >= TILE_LEVELS ? 0 : size >> (TILE_HEIGHT * level);
}

unsigned tile_width(unsigned level, uint64_t index, uint64_t size)
{
	uint64_t nodes = level_nodes(level, size), whole = nodes / TILE_WIDTH;

	if (index > whole)
		return 0;
	return index < whole ? TILE_WIDTH : (unsigned)(nodes % TILE_WIDTH);
}

bool tile_walk_next(struct tile_walk *w, struct tile *out)
{
	for (; w->level < TILE_LEVELS; w->level++, w->next = 0) {
		uint64_t old_nodes = level_nodes(w->level, w->old_size);
		uint64_t nodes = level_nodes(w->level, w->size);

		if (nodes <= old_nodes)
			continue;
		uint64_t index = w->next > 0 ? w->next : old_nodes / TILE_WIDTH;
		unsigned width = tile_width(w->level, index, w->size);

		if (width == 0)
			continue;
		w->next = index + 1;
		*out = (struct tile){TILE_HASHES, (uint8_t)w->level, index, (uint16_t)width};
		return true;
	}
	return false;
}

struct status tile_node(const struct hash *hashes, unsigned width, unsigned height, unsigned offset, struct hash *out)
{
	struct hash scratch[TILE_WIDTH];
	unsigned count = 1u << height;

	if (height > TILE_HEIGHT || count > width || offset > width - count)
		return FAIL_AT(ST_INVALID, "tile node");
	memcpy(scratch, hashes + offset, count * sizeof *hashes);
	return tree_fold(scratch, count, out);
}

static struct status read_node(void *context, unsigned height, uint64_t index, struct hash *out)
{
	const struct tile_reader *r = context;
	struct hash hashes[TILE_WIDTH];
	unsigned within = height % TILE_HEIGHT;
	struct tile t = {.kind = TILE_HASHES, .level = (uint8_t)(height / TILE_HEIGHT)};
	uint64_t first;

	if (__builtin_mul_overflow(index, UINT64_C(1) << within, &first))
		return FAIL_AT(ST_INVALID, "tree node");
	t.index = first / TILE_WIDTH;
	t.width = (uint16_t)tile_width(t.level, t.index, r->size);
	if (t.width == 0)
		return FAIL_AT(ST_INVALID, "tree node");
	TRY(r->source.load(r->source.context, &t, hashes));
	return tile_node(hashes, t.width, within, (unsigned)(first % TILE_WIDTH), out);
}

struct tree_reader tile_reader_of(struct tile_reader *r)
{
	return (struct tree_reader){read_node, r};
}
