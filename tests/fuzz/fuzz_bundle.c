/* SPDX-License-Identifier: Apache-2.0 */
#include "bundle.h"

#include <stdlib.h>

#include "hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The leaves of a whole bundle make the same bundle again. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static bool ready;
	struct reader r = {data, data + len};
	struct bytes leaf;
	struct hash hashes[BUNDLE_WIDTH];
	AUTO(buffer) b = {.max = len + 1};
	unsigned width = 0;

	if (!ready && !ok(crypto_setup()))
		abort();
	ready = true;
	while (ok(bundle_next(&r, &leaf))) {
		if (!ok(bundle_put(&b, leaf)))
			abort();
		width++;
	}
	if (!bytes_equal(buffer_bytes(&b), bytes_of(data, (size_t)(r.at - data))))
		abort();
	bool whole = reader_left(&r) == 0 && width > 0 && width <= BUNDLE_WIDTH;

	if (ok(bundle_hash(bytes_of(data, len), width, hashes)) != whole)
		abort();
	return 0;
}
