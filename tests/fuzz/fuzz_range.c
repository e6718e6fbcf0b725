/* SPDX-License-Identifier: Apache-2.0 */
/* The first 8 bytes are the size of the content, the rest the field. */
#include <inttypes.h>

#include "range.h"
#include "reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void demand(bool holds)
{
	if (!holds)
		__builtin_trap();
}

static bool is_within(struct range r, uint64_t size)
{
	return r.len > 0 && r.first < size && r.len <= size - r.first;
}

/* What was cut to the content asks for the same again. */
static void demand_round_trip(struct range r, uint64_t size)
{
	AUTO(buffer) out = {.max = 100};
	struct range again;

	demand(ok(buffer_print(&out, "bytes=%" PRIu64 "-%" PRIu64, r.first, r.first + (r.len - 1))));
	demand(ok(range_parse(text_from(buffer_bytes(&out)), size, &again)));
	demand(again.first == r.first && again.len == r.len);
	out.len = 0;
	demand(ok(range_put(&out, r, size)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct reader reader = reader_of(bytes_of(data, len));
	struct range r;
	uint64_t size;

	if (!ok(reader_u64(&reader, &size)))
		return 0;
	struct text field = text_from(bytes_of(reader.at, reader_left(&reader)));
	if (ok(range_parse(field, size, &r))) {
		demand(is_within(r, size));
		demand_round_trip(r, size);
	}
	return 0;
}
