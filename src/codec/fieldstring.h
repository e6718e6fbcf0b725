/* SPDX-License-Identifier: Apache-2.0 */
/**
 * fieldstring: a header field whose value is one string (RFC 9651 section 3.3.3).
 */
#ifndef CODEC_FIELDSTRING_H
#define CODEC_FIELDSTRING_H

#include "text.h"

/**
 * fieldstring_parse(field, max, inside):
 * ${field} is a string of 1 to ${max} bytes between double quotes and nothing else: no
 * parameters.  ${inside}, a view, is what stands between the quotes, escapes left as they
 * are: a string has exactly one such spelling, so that equal ones are equal byte by byte.
 * ST_INVALID; ${inside} is then untouched.
 */
MUST_CHECK struct status fieldstring_parse(struct text field, size_t max, struct text *inside);

#endif /* !CODEC_FIELDSTRING_H */
