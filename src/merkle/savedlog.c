/* SPDX-License-Identifier: Apache-2.0 */
#include "savedlog.h"

#include <string.h>

#include "bundle.h"
#include "tileview.h"

#define CHECKPOINT_PATH "checkpoint"
/* Our leaves have one length; a foreign log may hold longer ones, which do not parse anyway. */
#define BUNDLE_BYTES ((size_t)BUNDLE_WIDTH * (2 + LEAF_BYTES))

struct verifier {
	const struct savedlog_source *source;
	struct savedlog_report *report;
	struct buffer file;
};

static struct status load(struct verifier *v, const char *path, size_t max)
{
	size_t len = strlen(path);

	memcpy(v->report->path, path, len + 1);
	v->file.len = 0;
	v->file.max = max;
	return v->source->load(v->source->context, path, max, &v->file);
}

/* A copy may hold a tile whole that was partial when the checkpoint was signed:
 * its first hashes are the same. */
static struct status load_tile_file(struct verifier *v, struct tile t, size_t max)
{
	struct status s = load(v, tile_print_path(&t).at, max);

	if (s.code != ST_NOT_FOUND || t.width == TILE_WIDTH)
		return s;
	t.width = TILE_WIDTH;
	return load(v, tile_print_path(&t).at, max);
}

static struct status load_tile(void *context, const struct tile *t, struct hash *out)
{
	struct verifier *v = context;
	size_t len = t->width * sizeof *out;

	TRY(load_tile_file(v, *t, TILE_BYTES));
	if (v->file.len != len && v->file.len != TILE_BYTES)
		return FAIL_AT(ST_CORRUPT, "tile length");
	memcpy(out, v->file.bytes, len);
	return OK;
}

/* The first ${width} leaves of the bundle in v->file; a whole one may serve for a partial one. */
static struct status cut_bundle(struct verifier *v, unsigned width)
{
	struct reader r = reader_of(buffer_bytes(&v->file));
	struct savedlog_report *report = v->report;
	struct bytes bytes;
	struct leaf leaf;

	for (unsigned i = 0; i < width; i++) {
		if (!ok(bundle_next(&r, &bytes)) || !ok(leaf_parse(bytes, &leaf)))
			return FAIL_AT(ST_CORRUPT, "leaf");
		if (leaf.time < report->last_time)
			return FAIL_AT(ST_CORRUPT, "leaf time");
		if (report->leaves + i == 0)
			report->first_time = leaf.time;
		report->last_time = leaf.time;
		report->kinds[leaf.kind]++;
	}
	v->file.len = (size_t)(r.at - v->file.bytes);
	return OK;
}

static struct status verify_bundle(struct verifier *v, struct tileview *view, uint64_t index)
{
	unsigned width = tile_width(0, index, v->report->head.size);
	const struct tile t = {TILE_ENTRIES, 0, index, (uint16_t)width};
	const struct hash *hashes;

	/* The tile first: it and the bundle share one buffer. */
	TRY(tileview_tile(view, 0, index, &hashes, &width));
	TRY(load_tile_file(v, t, BUNDLE_BYTES));
	TRY(cut_bundle(v, width));
	TRY(tileview_check_bundle(view, index, buffer_bytes(&v->file)));
	v->report->leaves += width;
	return OK;
}

static struct status verify_all(struct verifier *v, const struct note_key *key)
{
	struct savedlog_report *report = v->report;
	const struct tile_source tiles = {load_tile, v};
	struct checkpoint c;
	struct tileview *view;

	TRY(load(v, CHECKPOINT_PATH, CHECKPOINT_BYTES_MAX));
	TRY(checkpoint_open(buffer_bytes(&v->file), key, &c));
	report->head = c.head;
	TRY(tileview_open(&report->head, tiles, &view));
	struct status s = OK;

	for (uint64_t index = 0; ok(s) && report->leaves < report->head.size; index++)
		s = verify_bundle(v, view, index);
	tileview_free(view);
	return s;
}

struct status savedlog_verify(const struct savedlog_source *source, const struct note_key *key,
			      struct savedlog_report *report)
{
	struct verifier v = {.source = source, .report = report, .file = {.max = TILE_BYTES}};

	*report = (struct savedlog_report){0};
	struct status s = verify_all(&v, key);

	buffer_clear(&v.file);
	if (ok(s))
		report->path[0] = '\0';
	return s;
}
