/* SPDX-License-Identifier: Apache-2.0 */
#include "checkpoint.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What parses prints back as it was. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct checkpoint c;
	AUTO(buffer) b = {.max = len + 1};

	if (!ok(checkpoint_parse((struct text){(const char *)data, len}, &c)))
		return 0;
	if (!ok(checkpoint_put(&b, &c)) || !bytes_equal(buffer_bytes(&b), bytes_of(data, len)))
		abort();
	return 0;
}
