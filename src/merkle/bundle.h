/* SPDX-License-Identifier: Apache-2.0 */
/**
 * bundle: up to 256 leaves as served (c2sp.org/tlog-tiles, "Log entries"): each
 * a big-endian u16 length, then the leaf.
 */
#ifndef MERKLE_BUNDLE_H
#define MERKLE_BUNDLE_H

#include "bytes.h"
#include "reader.h"

#define BUNDLE_WIDTH 256

/** bundle_put(b, leaf): append one leaf; ST_TOO_BIG past 65535 bytes. */
MUST_CHECK struct status bundle_put(struct buffer *b, struct bytes leaf);
/** bundle_next(r, leaf): the next leaf, a view; ST_INVALID at the end or when cut short. */
MUST_CHECK struct status bundle_next(struct reader *r, struct bytes *leaf);
/**
 * bundle_hash(bundle, width, out):
 * The leaf hashes of a bundle of exactly ${width} (1 to 256) leaves.  ST_INVALID
 * when it holds fewer or more.  On failure ${out} is scratch.
 */
MUST_CHECK struct status bundle_hash(struct bytes bundle, unsigned width, struct hash *out);

#endif /* !MERKLE_BUNDLE_H */
