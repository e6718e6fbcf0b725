/* SPDX-License-Identifier: Apache-2.0 */
#include "tile.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What parses prints back as it was. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct text path = {(const char *)data, len};
	struct tile t;

	if (!ok(tile_parse_path(path, &t)))
		return 0;
	if (t.width == 0 || t.width > TILE_WIDTH || (t.kind == TILE_ENTRIES && t.level != 0))
		abort();
	struct tile_path printed = tile_print_path(&t);

	if (!text_equal(text_of(printed.at), path))
		abort();
	return 0;
}
