/* SPDX-License-Identifier: Apache-2.0 */
#include "reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct reader r = {data, data + len};
	struct bytes text;
	uint64_t number;

	while (ok(reader_sized(&r, 64, &text)))
		if (text.at < data || text.len > (size_t)(data + len - text.at))
			__builtin_trap();
	(void)ok(reader_u64(&r, &number));
	(void)ok(reader_done(&r));
	return 0;
}
