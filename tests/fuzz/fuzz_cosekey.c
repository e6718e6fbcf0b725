/* SPDX-License-Identifier: Apache-2.0 */
/* The key of a credential: its one canonical form, so that no other bytes give the same key. */
#include "cosekey.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct cosekey k;

	if (!ok(cosekey_read(bytes_of(data, len), &k)))
		return 0;
	size_t fixed = k.algorithm == COSEKEY_ES256 ? 77 : k.algorithm == COSEKEY_EDDSA ? 42 : 0;
	if (fixed != 0 ? len != fixed : k.modulus.len + k.exponent.len >= len)
		__builtin_trap();
	return 0;
}
