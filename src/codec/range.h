/* SPDX-License-Identifier: Apache-2.0 */
/**
 * range: one byte range of a content (RFC 9110 section 14).
 */
#ifndef CODEC_RANGE_H
#define CODEC_RANGE_H

#include "text.h"

struct range {
	uint64_t first, len; /* len > 0 */
};

/**
 * range_parse(field, size, out):
 * What a Range field asks of a content of ${size} bytes: `bytes=a-b`, `bytes=a-`,
 * `bytes=-n`, cut to the content.  ST_INVALID for another unit, several ranges or
 * a malformed field: the server then answers as if the field were absent (RFC
 * 9110 section 14.2).  ST_NOT_FOUND when no byte of it exists: 416.
 */
MUST_CHECK struct status range_parse(struct text field, uint64_t size, struct range *out);

/** range_put(out, r, size): a Content-Range field of a 206, `bytes a-b/size`. */
MUST_CHECK struct status range_put(struct buffer *out, struct range r, uint64_t size);
/** range_put_none(out, size): that of a 416, `bytes *` and the size (RFC 9110 section 14.4). */
MUST_CHECK struct status range_put_none(struct buffer *out, uint64_t size);

#endif /* !CODEC_RANGE_H */
