/* SPDX-License-Identifier: Apache-2.0 */
#include "parts.h"

static uint64_t count_of(const struct parts *p, size_t part)
{
	const uint8_t *at = p->counts.at + 4 * part;

	return (uint64_t)at[0] << 24 | (uint64_t)at[1] << 16 | (uint64_t)at[2] << 8 | at[3];
}

static size_t closed(const struct parts *p)
{
	return p->counts.len / 4;
}

uint64_t parts_chunks(const struct parts *p)
{
	return p->size / CHUNKED_PLAIN + 1;
}

struct status parts_check(const struct parts *p)
{
	uint64_t left = p->size / CHUNKED_PLAIN; /* full chunks: closed parts have no others */

	if (p->counts.len % 4 != 0 || closed(p) > PARTS_MAX)
		return FAIL_AT(ST_CORRUPT, "object parts");
	for (size_t i = 0; i < closed(p); i++) {
		if (count_of(p, i) == 0 || count_of(p, i) > left)
			return FAIL_AT(ST_CORRUPT, "object parts");
		left -= count_of(p, i);
	}
	return OK;
}

uint64_t parts_file_len(const struct parts *p)
{
	return (closed(p) + 1) * CHUNKED_HEADER + p->size + parts_chunks(p) * (CHUNKED_SEALED - CHUNKED_PLAIN);
}

struct parts_place parts_find(const struct parts *p, uint64_t chunk)
{
	struct parts_place place = {0};
	uint64_t before = 0;

	while (place.part < closed(p) && chunk - before >= count_of(p, place.part))
		before += count_of(p, place.part++);
	uint64_t end = place.part < closed(p) ? before + count_of(p, place.part) : parts_chunks(p);
	place.header_at = place.part * (uint64_t)CHUNKED_HEADER + before * CHUNKED_SEALED;
	place.number = chunk - before;
	place.at = place.header_at + CHUNKED_HEADER + place.number * CHUNKED_SEALED;
	place.left = end - chunk;
	return place;
}

struct status parts_context(const struct uuid *object, uint32_t part, struct buffer *out)
{
	static const char label[] = "tacenda/v1/object"; /* with its NUL */

	out->len = 0;
	TRY(buffer_put(out, BYTES_OF(label)));
	TRY(buffer_put_sized(out, uuid_bytes(object)));
	TRY(buffer_put_u32(out, 4));
	return buffer_put_u32(out, part);
}
