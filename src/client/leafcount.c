/* SPDX-License-Identifier: Apache-2.0 */
#include "leafcount.h"

#include "bundle.h"

#include <stdio.h>

struct counting {
	struct site *site;
	enum leaf_kind kind;
	struct leafcount_range range;
	uint64_t found;
};

/** Leaf by leaf; ${index} is that of the bundle's first. */
static struct status count_bundle(struct counting *c, struct bytes bundle, uint64_t index)
{
	struct reader r = reader_of(bundle);

	for (; reader_left(&r) > 0; index++) {
		struct bytes bytes;
		struct leaf leaf;
		if (!ok(bundle_next(&r, &bytes)) || !ok(leaf_parse(bytes, &leaf)))
			return FAIL_AT(ST_CORRUPT, "leaf");
		c->found += leaf.kind == c->kind && index >= c->range.from && index < c->range.until;
	}
	return OK;
}

static struct status fetch(struct counting *c, uint64_t bundle)
{
	AUTO(https_answer) answer = {0};
	const struct tile tile = {
		.kind = TILE_ENTRIES, .index = bundle, .width = (uint16_t)tile_width(0, bundle, c->site->head.size)};
	char path[TILE_PATH_MAX + 16];

	(void)snprintf(path, sizeof path, "/v1/log/%s", tile_print_path(&tile).at);
	TRY(site_call(c->site, &(struct https_call){.method = "GET", .path = path, .max = UINT64_C(1) << 20}, &answer));
	TRY(tileview_check_bundle(c->site->view, bundle, buffer_bytes(&answer.body)));
	return count_bundle(c, buffer_bytes(&answer.body), bundle * TILE_WIDTH);
}

struct status leafcount(struct site *s, enum leaf_kind kind, struct leafcount_range range, uint64_t *out)
{
	struct counting c = {.site = s, .kind = kind, .range = range};

	if (range.from > range.until || range.until > s->head.size)
		return FAIL_AT(ST_INVALID, "leaves");
	TRY(site_view(s));
	for (uint64_t at = range.from; at < range.until; at = (at / TILE_WIDTH + 1) * TILE_WIDTH)
		TRY(fetch(&c, at / TILE_WIDTH));
	*out = c.found;
	return OK;
}
