/* SPDX-License-Identifier: Apache-2.0 */
#include "leaf.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What parses encodes to the same bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct leaf leaf;
	uint8_t again[LEAF_BYTES];

	if (!ok(leaf_parse(bytes_of(data, len), &leaf)))
		return 0;
	leaf_encode(&leaf, again);
	if (!bytes_equal(bytes_of(data, len), BYTES_OF(again)))
		abort();
	return 0;
}
