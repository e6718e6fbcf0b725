/* SPDX-License-Identifier: Apache-2.0 */
/**
 * reader: a cursor over bytes we do not own.
 *
 * No function moves past the end; a failed read moves nothing (ST_INVALID).
 * Whoever parses with it ends with reader_done().
 */
#ifndef BASE_READER_H
#define BASE_READER_H

#include "bytes.h"

struct reader {
	const uint8_t *at, *end;
};

static inline struct reader reader_of(struct bytes b)
{
	/* An empty view may be NULL, to which C may not even add zero. */
	return (struct reader){b.at, b.len > 0 ? b.at + b.len : b.at};
}
static inline size_t reader_left(const struct reader *r)
{
	return (size_t)(r->end - r->at);
}

MUST_CHECK struct status reader_take(struct reader *r, size_t len, struct bytes *out);
MUST_CHECK struct status reader_copy(struct reader *r, void *out, size_t len);
/** Integers are big-endian. */
MUST_CHECK struct status reader_u8(struct reader *r, uint8_t *out);
MUST_CHECK struct status reader_u16(struct reader *r, uint16_t *out);
MUST_CHECK struct status reader_u32(struct reader *r, uint32_t *out);
MUST_CHECK struct status reader_u64(struct reader *r, uint64_t *out);
/** A u32 length of at most ${max}, then that many bytes (ST_TOO_BIG past it). */
MUST_CHECK struct status reader_sized(struct reader *r, size_t max, struct bytes *out);
/** reader_done(r): fail unless every byte was consumed. */
MUST_CHECK struct status reader_done(const struct reader *r);

#endif /* !BASE_READER_H */
