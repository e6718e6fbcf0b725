/* SPDX-License-Identifier: Apache-2.0 */
/**
 * tail: what lies behind the last whole batch.
 *
 * The file is allocated ahead with zeros, and batches are written one at a time,
 * each durable before the next begins.  So a crash leaves at most one unfinished
 * batch, and of that either a beginning or some of its sectors; whatever was not
 * written is still zero.  A batch without such a hole was once whole: if it does
 * not fit its hash now it is damaged, and cutting it off would lose what was
 * acknowledged (PROMISES#B2).
 */
#ifndef AUDIT_TAIL_H
#define AUDIT_TAIL_H

#include "os.h"

enum tail { TAIL_CLEAN, TAIL_TORN };

/** What tail_judge() looks at: one batch and the header behind it. */
#define TAIL_BYTES ((4u << 20) + 64)

/**
 * tail_judge(region, at, first, out):
 * ${region} is the TAIL_BYTES from offset ${at} of the file (zeros past its end),
 * where a batch that begins with leaf ${first} should be and no whole one is.
 * ST_CORRUPT: not what a crash leaves.
 */
MUST_CHECK struct status tail_judge(struct bytes region, uint64_t at, uint64_t first, enum tail *out);
/** tail_used(region): its length up to the last byte that is not zero. */
size_t tail_used(struct bytes region);

#endif /* !AUDIT_TAIL_H */
