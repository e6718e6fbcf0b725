/* SPDX-License-Identifier: Apache-2.0 */
/* Hostile lists of parts: whatever passes the check describes a file without gaps. */
#include "parts.h"
#include "reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void walk(const struct parts *parts)
{
	uint64_t chunks = parts_chunks(parts), at = 0;
	uint32_t part = UINT32_MAX;

	for (uint64_t chunk = 0; chunk < chunks && chunk < 4096; chunk++) {
		struct parts_place place = parts_find(parts, chunk);

		if (place.part != part) {
			if (place.number != 0 || place.header_at != at)
				__builtin_trap();
			part = place.part;
			at += CHUNKED_HEADER;
		}
		if (place.at != at || place.left == 0 || place.left > chunks - chunk)
			__builtin_trap();
		at += chunk + 1 < chunks ? CHUNKED_SEALED
					 : parts->size % CHUNKED_PLAIN + CHUNKED_SEALED - CHUNKED_PLAIN;
	}
	if (chunks <= 4096 && at != parts_file_len(parts))
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct reader r = reader_of(bytes_of(data, len));
	struct parts parts;

	if (!ok(reader_u64(&r, &parts.size)) || !ok(reader_take(&r, reader_left(&r), &parts.counts)))
		return 0;
	parts.size &= (UINT64_C(1) << 40) - 1;
	if (ok(parts_check(&parts)))
		walk(&parts);
	return 0;
}
