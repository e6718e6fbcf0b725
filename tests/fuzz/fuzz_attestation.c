/* SPDX-License-Identifier: Apache-2.0 */
/* An attestation object; then what stands in it, as a registration reads it. */
#include "authenticator.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct authenticator_attestation a;
	struct authenticator_data d;

	if (!ok(authenticator_attestation_read(bytes_of(data, len), &a)))
		return 0;
	/* The three members and their heads are all there is. */
	if (a.format.len + a.statement.len + a.data.len >= len || !text_is_utf8(a.format))
		__builtin_trap();
	struct status s = authenticator_read(a.data, &d);
	(void)s;
	return 0;
}
