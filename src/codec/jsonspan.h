/* SPDX-License-Identifier: Apache-2.0 */
/**
 * jsonspan: where the values of a JSON text stand in it, so that a part can be kept
 * exactly as its author wrote it.
 *
 * It walks text that json_parse() has accepted, in the same order as json_members_of()
 * and json_element(); of anything else it gives some spans or none, never one outside.
 */
#ifndef CODEC_JSONSPAN_H
#define CODEC_JSONSPAN_H

#include "text.h"

/** Before the first element or member; over nothing for a value that has none. */
struct jsonspan {
	struct text rest;
	bool object;
};

/** jsonspan_of(value): ${value} may have white space, and a byte order mark, around it. */
struct jsonspan jsonspan_of(struct text value);
/** jsonspan_next(s, value): the next value, without the white space around it; false after the last. */
bool jsonspan_next(struct jsonspan *s, struct text *value);
/** jsonspan_trim(value): the value alone. */
struct text jsonspan_trim(struct text value);

#endif /* !CODEC_JSONSPAN_H */
