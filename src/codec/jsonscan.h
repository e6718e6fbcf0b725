/* SPDX-License-Identifier: Apache-2.0 */
/**
 * jsonscan: what must hold before a recursive parser sees foreign JSON, and the
 * numbers taken out of it.  Used by json.c alone.
 */
#ifndef CODEC_JSONSCAN_H
#define CODEC_JSONSCAN_H

#include "bytes.h"

/**
 * jsonscan_run(source, depth, plain, numbers):
 * Copy ${source} to ${plain} with every number replaced by the offset in
 * ${numbers} at which its text stands, NUL-terminated.  ${plain} is JSON exactly
 * when ${source} is.  ST_TOO_BIG ("json depth") as soon as more than ${depth}
 * arrays and objects are open, ST_INVALID for a NUL byte or a number that RFC 8259
 * section 6 does not know, ST_NO_MEMORY.  On failure both buffers hold rubbish.
 */
MUST_CHECK struct status jsonscan_run(struct bytes source, uint32_t depth, struct buffer *plain,
				      struct buffer *numbers);

#endif /* !CODEC_JSONSCAN_H */
