/* SPDX-License-Identifier: Apache-2.0 */
/**
 * path: the path of a request target as decoded segments.
 *
 * There is one spelling of every address: nothing is normalised, everything that
 * would need it is refused, so a rule for an address cannot be walked around.
 */
#ifndef CODEC_PATH_H
#define CODEC_PATH_H

#include "percent.h"

#define PATH_SEGMENTS 16

struct path {
	struct text segments[PATH_SEGMENTS]; /* decoded, none empty */
	size_t count;                        /* 0 for "/" */
};

/**
 * path_parse(t, arena, out):
 * ST_INVALID unless ${t} begins with '/', for an empty segment (so also for a '/'
 * at the end), "." and "..", however escaped, an escaped '/' or '\', NUL, control
 * characters, text that is not UTF-8; ST_TOO_BIG past PATH_SEGMENTS.  Texts point
 * into ${t} or ${arena}.  After a failure ${out} means nothing.
 */
MUST_CHECK struct status path_parse(struct text t, struct arena *arena, struct path *out);

#endif /* !CODEC_PATH_H */
