/* SPDX-License-Identifier: Apache-2.0 */
#include "digest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO(buffer) out = {.max = 100};
	struct hash h, again;

	if (!ok(digest_parse(text_from(bytes_of(data, len)), &h)))
		return 0;
	if (!ok(digest_put(&out, &h)) || !ok(digest_parse(text_from(buffer_bytes(&out)), &again)) ||
	    !hash_equal(&h, &again))
		__builtin_trap();
	return 0;
}
