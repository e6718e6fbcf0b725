/* SPDX-License-Identifier: Apache-2.0 */
#include "hash.h"
#include "invitation.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What is accepted is written back as it was: one invitation has one spelling. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static bool ready;
	AUTO(invitation) read = {0};
	AUTO(buffer) written = {.max = INVITATION_TEXT_MAX, .wipe = true};

	if (!ready && !(ok(secret_setup()) && ok(crypto_setup())))
		__builtin_trap();
	ready = true;
	if (!ok(invitation_parse(text_from(bytes_of(data, len)), &read)))
		return 0;
	if (!ok(invitation_print(&read, &written)) || !bytes_equal(buffer_bytes(&written), bytes_of(data, len)))
		__builtin_trap();
	return 0;
}
