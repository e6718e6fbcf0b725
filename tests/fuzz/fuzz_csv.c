/* SPDX-License-Identifier: Apache-2.0 */
#include "csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void demand(bool holds)
{
	if (!holds)
		__builtin_trap();
}

/* What was read is written to ; false when the table ends in a refusal. */
static bool copy_rows(struct csv *c, struct buffer *out)
{
	uint64_t line = 0;
	bool more;

	for (;;) {
		if (!ok(csv_next(c, &more)))
			return false;
		if (!more)
			return true;
		demand(c->columns > 0 && c->columns <= CSV_COLUMNS && c->line > line);
		line = c->line;
		demand(ok(csv_put_row(out, c->cells, c->columns)));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO(buffer) once = {.max = 1 << 24};
	AUTO(buffer) twice = {.max = 1 << 24};
	struct text t = text_from(bytes_of(data, len));
	AUTO(csv) c = csv_of(t, csv_separator(t));

	if (!copy_rows(&c, &once))
		return 0;
	AUTO(csv) again = csv_of(text_from(buffer_bytes(&once)), ',');
	demand(copy_rows(&again, &twice) && bytes_equal(buffer_bytes(&once), buffer_bytes(&twice)));
	return 0;
}
