/* SPDX-License-Identifier: Apache-2.0 */
#include "hash.h"
#include "securityfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What is accepted has bounded costs and says the same when written and read again. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static bool ready;
	AUTO(securityfile) read = {0};
	AUTO(securityfile) again = {0};
	AUTO(buffer) written = {.max = SECURITYFILE_MAX};

	if (!ready && !(ok(secret_setup()) && ok(crypto_setup())))
		__builtin_trap();
	ready = true;
	if (!ok(securityfile_parse(bytes_of(data, len), &read)))
		return 0;
	for (size_t i = 0; i < read.slot_count; i++)
		if (!ok(securityslot_check(read.slots[i].cost)))
			__builtin_trap();
	if (!ok(securityfile_print(&read, &written)) || !ok(securityfile_parse(buffer_bytes(&written), &again)) ||
	    !bytes_equal(buffer_bytes(&read.public_part), buffer_bytes(&again.public_part)))
		__builtin_trap();
	return 0;
}
