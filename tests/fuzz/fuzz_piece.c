/* SPDX-License-Identifier: Apache-2.0 */
#include "piece.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What parses encodes to the same bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct bytes input = {data, len};
	AUTO(buffer) b = {.max = PIECE_MAX};
	struct piece_actor actor;
	struct piece_subject subject;

	if (ok(piece_parse_actor(input, &actor)))
		if (!ok(piece_put_actor(&b, &actor)) || !bytes_equal(buffer_bytes(&b), input))
			abort();
	b.len = 0;
	if (ok(piece_parse_subject(input, &subject)))
		if (!ok(piece_put_subject(&b, &subject)) || !bytes_equal(buffer_bytes(&b), input))
			abort();
	return 0;
}
