/* SPDX-License-Identifier: Apache-2.0 */
/**
 * lines: the lines of a text with their numbers, for NDJSON and its like.
 */
#ifndef CODEC_LINES_H
#define CODEC_LINES_H

#include "text.h"

struct lines {
	struct text rest;
	size_t max;      /* of one line */
	uint64_t number; /* of the line last given, from 1 */
};

/** lines_of(t, max): before the first line of ${t}, none longer than ${max} bytes. */
struct lines lines_of(struct text t, size_t max);
/**
 * lines_next(l, line, more):
 * The next line that is not blank, without its line end (LF or CRLF); ${more} is
 * false, and ${line} untouched, after the last.  ST_TOO_BIG for a line past the
 * limit; l->number names it, and the next call goes on behind it.
 */
MUST_CHECK struct status lines_next(struct lines *l, struct text *line, bool *more);

#endif /* !CODEC_LINES_H */
