/* SPDX-License-Identifier: Apache-2.0 */
#include "bundle.h"

#include "tree.h"

struct status bundle_put(struct buffer *b, struct bytes leaf)
{
	if (leaf.len > UINT16_MAX)
		return FAIL_AT(ST_TOO_BIG, "leaf");
	/* Both or neither: the room is there before the length is written. */
	TRY(buffer_reserve(b, 2 + leaf.len));
	TRY(buffer_put_u16(b, (uint16_t)leaf.len));
	return buffer_put(b, leaf);
}

struct status bundle_next(struct reader *r, struct bytes *leaf)
{
	struct reader ahead = *r;
	uint16_t len;

	TRY(reader_u16(&ahead, &len));
	TRY(reader_take(&ahead, len, leaf));
	*r = ahead;
	return OK;
}

struct status bundle_hash(struct bytes bundle, unsigned width, struct hash *out)
{
	struct reader r = reader_of(bundle);
	struct bytes leaf;

	if (width == 0 || width > BUNDLE_WIDTH)
		return FAIL_AT(ST_INVALID, "bundle width");
	for (unsigned i = 0; i < width; i++) {
		TRY(bundle_next(&r, &leaf));
		TRY(tree_leaf_hash(leaf, &out[i]));
	}
	return reader_done(&r);
}
