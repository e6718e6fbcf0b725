/* SPDX-License-Identifier: Apache-2.0 */
#include "reader.h"

#include <string.h>

struct status reader_take(struct reader *r, size_t len, struct bytes *out)
{
	/* Compare with what is left; `at + len` could wrap. */
	if (len > reader_left(r))
		return FAIL(ST_INVALID);
	*out = bytes_of(r->at, len);
	if (len > 0) /* an empty view may be NULL */
		r->at += len;
	return OK;
}

struct status reader_copy(struct reader *r, void *out, size_t len)
{
	struct bytes taken;

	TRY(reader_take(r, len, &taken));
	if (len > 0)
		memcpy(out, taken.at, len);
	return OK;
}

static struct status take_big_endian(struct reader *r, size_t width, uint64_t *out)
{
	struct bytes taken;
	uint64_t v = 0;

	TRY(reader_take(r, width, &taken));
	for (size_t i = 0; i < width; i++)
		v = v << 8 | taken.at[i];
	*out = v;
	return OK;
}

struct status reader_u8(struct reader *r, uint8_t *out)
{
	uint64_t v;

	TRY(take_big_endian(r, 1, &v));
	*out = (uint8_t)v;
	return OK;
}

struct status reader_u16(struct reader *r, uint16_t *out)
{
	uint64_t v;

	TRY(take_big_endian(r, 2, &v));
	*out = (uint16_t)v;
	return OK;
}

struct status reader_u32(struct reader *r, uint32_t *out)
{
	uint64_t v;

	TRY(take_big_endian(r, 4, &v));
	*out = (uint32_t)v;
	return OK;
}

struct status reader_u64(struct reader *r, uint64_t *out)
{
	return take_big_endian(r, 8, out);
}

struct status reader_sized(struct reader *r, size_t max, struct bytes *out)
{
	/* On a copy: a length without its bytes must move nothing. */
	struct reader ahead = *r;
	uint32_t len;

	TRY(reader_u32(&ahead, &len));
	if (len > max)
		return FAIL(ST_TOO_BIG);
	TRY(reader_take(&ahead, len, out));
	*r = ahead;
	return OK;
}

struct status reader_done(const struct reader *r)
{
	return r->at == r->end ? OK : FAIL(ST_INVALID);
}
