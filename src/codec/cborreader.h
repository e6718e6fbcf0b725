/* SPDX-License-Identifier: Apache-2.0 */
/**
 * cborreader: CBOR (RFC 8949) in the one form that CTAP2 allows (FIDO CTAP 2.1, section 8).
 *
 * Every head is as short as it can be, lengths are definite, keys of a map stand in
 * order (so none twice), nesting is bounded; tags, floats and undefined do not occur.
 * Anything else is ST_INVALID ("cbor").  Nothing is copied and nothing allocated: items
 * point into the bytes read.  As everywhere, a failed read moves nothing.
 */
#ifndef CODEC_CBORREADER_H
#define CODEC_CBORREADER_H

#include "reader.h"
#include "text.h"

/** CTAP2: "nested at most four levels"; maps and arrays together. */
#define CBORREADER_DEPTH 4

enum cborreader_kind {
	CBORREADER_UNSIGNED, /* number */
	CBORREADER_NEGATIVE, /* -1 - number */
	CBORREADER_BYTES,    /* bytes */
	CBORREADER_TEXT,     /* bytes, strict UTF-8 */
	CBORREADER_ARRAY,    /* number elements follow */
	CBORREADER_MAP,      /* number pairs follow */
	CBORREADER_SIMPLE,   /* false, true, null */
};
struct cborreader_item {
	enum cborreader_kind kind;
	uint64_t number;
	struct bytes bytes;
};
/** cborreader_item(r, out): a string with what is in it; of an array or map the head alone. */
MUST_CHECK struct status cborreader_item(struct reader *r, struct cborreader_item *out);
/** cborreader_bytes(r, out), cborreader_text(r, out): a string of that kind. */
MUST_CHECK struct status cborreader_bytes(struct reader *r, struct bytes *out);
MUST_CHECK struct status cborreader_text(struct reader *r, struct text *out);
/** cborreader_integer(r, out): within int64_t. */
MUST_CHECK struct status cborreader_integer(struct reader *r, int64_t *out);
/** cborreader_skip(r, depth, out): one whole item, walked to its end; at most ${depth} arrays and maps in each other.
 */
MUST_CHECK struct status cborreader_skip(struct reader *r, unsigned depth, struct bytes *out);

/** A map being read: a key, then its value by the functions above, until cborreader_map_end(). */
struct cborreader_map {
	uint64_t left;
	struct bytes last; /* the key before, as it is encoded */
};
MUST_CHECK struct status cborreader_map(struct reader *r, struct cborreader_map *out);
/** cborreader_key(r, map, key): the next key, a text or an integer; it comes after the one before. */
MUST_CHECK struct status cborreader_key(struct reader *r, struct cborreader_map *map, struct cborreader_item *key);
/** cborreader_map_end(map): every pair was read. */
MUST_CHECK struct status cborreader_map_end(const struct cborreader_map *map);

#endif /* !CODEC_CBORREADER_H */
