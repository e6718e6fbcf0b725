/* SPDX-License-Identifier: Apache-2.0 */
#include "gzip.h"

#define ZLIB_CONST
#include <zlib.h>

#include "limits.h"
#include "secret.h"
#include "wipe.h"

/* Even honest files are dense at their start: the ratio counts from here. */
#define RATIO_FREE ((size_t)1 << 20)
#define PIECE      16384
/* zlib: the largest window, plus 16 for "gzip and nothing else". */
#define WINDOW_GZIP (15 + 16)

const struct gzip_limits gzip_limits_import = {.bytes = LIMIT_IMPORT_FILE, .ratio = 200};

struct opening {
	z_stream z;
	struct bytes rest; /* not yet given to zlib */
	size_t packed, opened;
	const struct gzip_limits *limits;
	uint8_t piece[PIECE];
};

static void opening_clear(struct opening *o)
{
	(void)inflateEnd(&o->z);
	secret_wipe(o->piece, sizeof o->piece);
}

static void *take(void *context, uInt count, uInt size)
{
	size_t len;

	(void)context;
	return ok(size_mul(count, size, &len)) ? wipe_alloc(len) : NULL;
}

static void give(void *context, void *at)
{
	(void)context;
	wipe_free(at);
}

bool gzip_is(struct bytes b)
{
	return b.len >= 3 && b.at[0] == 0x1f && b.at[1] == 0x8b && b.at[2] == 8;
}

/* zlib counts what is left in an int. */
static void feed(struct opening *o)
{
	uInt len = o->rest.len < 1u << 30 ? (uInt)o->rest.len : 1u << 30;

	if (o->z.avail_in > 0)
		return;
	o->z.next_in = o->rest.at;
	o->z.avail_in = len;
	o->rest = bytes_of(o->rest.at + len, o->rest.len - len);
}

static size_t packed_left(const struct opening *o)
{
	return o->rest.len + o->z.avail_in;
}

static struct status check_size(const struct opening *o)
{
	size_t consumed = o->packed - packed_left(o), fair;

	if (o->opened > o->limits->bytes)
		return FAIL_AT(ST_TOO_BIG, "gzip size");
	if (!ok(size_mul(consumed, o->limits->ratio, &fair)) || !ok(size_add(fair, RATIO_FREE, &fair)))
		return OK;
	return o->opened <= fair ? OK : FAIL_AT(ST_TOO_BIG, "gzip ratio");
}

static struct status open_piece(struct opening *o, struct buffer *out, bool *ended)
{
	feed(o);
	o->z.next_out = o->piece;
	o->z.avail_out = sizeof o->piece;
	int result = inflate(&o->z, Z_NO_FLUSH);
	if (result == Z_MEM_ERROR)
		return FAIL_AT(ST_NO_MEMORY, "gzip");
	/* Z_BUF_ERROR: no progress, so the input ended before the stream did. */
	if (result != Z_OK && result != Z_STREAM_END)
		return FAIL_AT(ST_INVALID, "gzip");
	size_t len = sizeof o->piece - o->z.avail_out;
	o->opened += len;
	TRY(check_size(o));
	*ended = result == Z_STREAM_END;
	return buffer_put(out, bytes_of(o->piece, len));
}

static struct status open_member(struct opening *o, struct buffer *out)
{
	bool ended = false;

	while (!ended)
		TRY(open_piece(o, out, &ended));
	return inflateReset(&o->z) == Z_OK ? OK : FAIL_AT(ST_INVALID, "gzip");
}

static struct status open_members(struct bytes packed, const struct gzip_limits *limits, struct buffer *out)
{
	AUTO(opening) o = {.rest = packed, .packed = packed.len, .limits = limits};

	o.z.zalloc = take;
	o.z.zfree = give;
	if (inflateInit2(&o.z, WINDOW_GZIP) != Z_OK)
		return FAIL_AT(ST_NO_MEMORY, "gzip");
	do
		TRY(open_member(&o, out));
	while (packed_left(&o) > 0);
	return OK;
}

struct status gzip_open(struct bytes packed, const struct gzip_limits *limits, struct buffer *out)
{
	size_t before = out->len;
	struct status s = open_members(packed, limits, out);

	if (!ok(s))
		out->len = before;
	return s;
}
