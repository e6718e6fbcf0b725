/* SPDX-License-Identifier: Apache-2.0 */
/**
 * percent: percent-encoding (RFC 3986 section 2.1), strictly.
 */
#ifndef CODEC_PERCENT_H
#define CODEC_PERCENT_H

#include "arena.h"

enum percent_part {
	PERCENT_SEGMENT, /* of a path: RFC 3986 pchar */
	PERCENT_QUERY,   /* name or value of a query: pchar, '/', '?' without '&', '=', and '+' for a space */
};

/**
 * percent_decode(part, t, arena, out):
 * ST_INVALID for a character that ${part} must escape, an escape that is not two
 * hex digits, and a result that is not UTF-8 or holds NUL or a control character.
 * ${out} is ${t} itself when nothing was escaped, else in ${arena}.
 */
MUST_CHECK struct status percent_decode(enum percent_part part, struct text t, struct arena *arena, struct text *out);

/** percent_put(out, t): escape everything but RFC 3986's unreserved characters; good in any part. */
MUST_CHECK struct status percent_put(struct buffer *out, struct text t);

#endif /* !CODEC_PERCENT_H */
