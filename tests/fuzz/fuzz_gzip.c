/* SPDX-License-Identifier: Apache-2.0 */
#include "gzip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct gzip_limits limits = {.bytes = 1 << 20, .ratio = 20};
	AUTO(buffer) out = {.max = 1 << 21, .wipe = true};
	struct status s = gzip_open(bytes_of(data, len), &limits, &out);

	if (out.len > limits.bytes || (!ok(s) && out.len != 0) || (ok(s) && !gzip_is(bytes_of(data, len))))
		__builtin_trap();
	return 0;
}
