/* SPDX-License-Identifier: Apache-2.0 */
#include "cookie.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct text value;
	AUTO(buffer) out = {.max = 1 << 20};

	if (!ok(cookie_find(text_from(bytes_of(data, len)), TEXT("__Host-a"), &value)))
		return 0;
	/* What is taken could have been set by us. */
	if (!ok(cookie_put(&out, TEXT("__Host-a"), value, 1)))
		__builtin_trap();
	return 0;
}
