/* SPDX-License-Identifier: Apache-2.0 */
#include "shown.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What parses is written the same, behind its first words. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct text detail = {(const char *)data, len};
	struct text rest = detail, what;
	AUTO(buffer) again = {.max = len + SHOWN_DETAIL_MAX};
	struct shown shown;

	if (!ok(shown_parse(detail, &shown)))
		return 0;
	if (!text_split(&rest, ',', &what) || !ok(shown_put(&shown, what, &again)) ||
	    !bytes_equal(buffer_bytes(&again), bytes_of(data, len)))
		abort();
	return 0;
}
