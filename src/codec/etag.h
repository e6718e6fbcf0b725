/* SPDX-License-Identifier: Apache-2.0 */
/**
 * etag: entity tags and the conditions on them (RFC 9110 sections 8.8.3, 13.1).
 */
#ifndef CODEC_ETAG_H
#define CODEC_ETAG_H

#include "text.h"

enum etag_comparison {
	ETAG_STRONG, /* If-Match, If-Range: a weak tag equals nothing */
	ETAG_WEAK,   /* If-None-Match */
};

/**
 * etag_match(field, current, comparison, out):
 * Whether the tags in ${field}, or `*`, name what there is: ${current} is the
 * text inside the quotes, .at == NULL when there is nothing.  ST_INVALID for
 * anything but `*` or a list of one or more tags; ${out} is then untouched.
 */
MUST_CHECK struct status etag_match(struct text field, struct text current, enum etag_comparison comparison, bool *out);
/** etag_put(out, inside): a strong tag; ST_INVALID for a character that none can hold. */
MUST_CHECK struct status etag_put(struct buffer *out, struct text inside);

#endif /* !CODEC_ETAG_H */
