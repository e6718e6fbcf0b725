/* SPDX-License-Identifier: Apache-2.0 */
#include "lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct lines l = lines_of(text_from(bytes_of(data, len)), 16);
	struct text line;
	uint64_t number = 0;
	bool more = true;

	while (more) {
		struct status s = lines_next(&l, &line, &more);
		if (ok(s) && more && (line.len == 0 || line.len > 16 || l.number <= number))
			__builtin_trap();
		number = l.number;
	}
	return 0;
}
