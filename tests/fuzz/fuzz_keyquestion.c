/* SPDX-License-Identifier: Apache-2.0 */
/* What keyd reads from its client, and what its client reads from keyd: whatever
 * is accepted is written again as the very same bytes. */
#include "keywire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void same(struct status put, struct buffer *again, struct bytes packet)
{
	if (!ok(put) || !bytes_equal(buffer_bytes(again), packet))
		__builtin_trap();
	buffer_clear(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct bytes packet = bytes_of(data, len);
	struct buffer again = {.max = (size_t)1 << 20};
	struct keywire_question q;
	struct keywire_answer a;

	if (ok(keywire_read_question(packet, &q)))
		same(keywire_put_question(&again, &q), &again, packet);
	if (!ok(keywire_read_answer(packet, &a)))
		return 0;
	struct status put = keywire_put_answer(&again, &a);
	if (ok(put) && ok(a.status) && (a.id == KEYWIRE_GET || a.id == KEYWIRE_MAKE))
		put = buffer_put(&again, bytes_of(a.keys.at, a.keys.count * (a.id == KEYWIRE_GET ? KEYWIRE_GET_STEP
												 : KEYWIRE_MAKE_STEP)));
	same(put, &again, packet);
	return 0;
}
