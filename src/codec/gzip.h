/* SPDX-License-Identifier: Apache-2.0 */
/**
 * gzip: opening gzip files (RFC 1952) that may be meant to burst.
 */
#ifndef CODEC_GZIP_H
#define CODEC_GZIP_H

#include "bytes.h"

struct gzip_limits {
	size_t bytes;   /* of the opened content, all members together */
	uint32_t ratio; /* opened : packed, beyond the first MiB; clinical text reaches 1:60, a bomb 1:1000 */
};
/** LIMIT_IMPORT_FILE, and 200 times the packed size. */
extern const struct gzip_limits gzip_limits_import;

/** gzip_is(b): begins like a gzip file. */
bool gzip_is(struct bytes b);
/**
 * gzip_open(packed, limits, out):
 * Append the content of all members to ${out}.  ST_INVALID for damage, a missing
 * end, a wrong checksum or length, anything behind the last member; ST_TOO_BIG
 * past either limit or the buffer's ceiling, at the latest 16 KiB behind it;
 * ST_NO_MEMORY.  On failure ${out} keeps its former length.  Working memory is
 * wiped; ${out} is if its owner says so.
 */
MUST_CHECK struct status gzip_open(struct bytes packed, const struct gzip_limits *limits, struct buffer *out);

#endif /* !CODEC_GZIP_H */
