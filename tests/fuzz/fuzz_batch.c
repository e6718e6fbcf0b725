/* SPDX-License-Identifier: Apache-2.0 */
#include "batch.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "tail.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void parts_lie_inside(const struct batch *b, const uint8_t *data, size_t len)
{
	if (b->leaves.at < data || b->subjects.at + b->subjects.len > data + len || b->count == 0 ||
	    b->count > BATCH_LEAVES_MAX || b->leaves.len != (size_t)b->count * LEAF_BYTES)
		abort();
	struct reader r = reader_of(b->subjects);
	struct batch_subject subject;

	for (uint32_t i = 0; i < b->count; i++)
		if (!ok(batch_next_subject(&r, &subject)))
			abort();
	if (!ok(reader_done(&r)))
		abort();
}

/* As a record, with its hash as it is and put right, as opened actors, and as what a crash left. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static bool ready;
	static uint8_t region[TAIL_BYTES];
	struct reader r = {data, data + len};
	struct batch_actor actor;
	struct batch b;
	enum tail tail;
	uint64_t sequence = 7;

	if (!ready && !ok(crypto_setup()))
		abort();
	ready = true;
	if (ok(batch_parse_form(bytes_of(data, len), &b)))
		parts_lie_inside(&b, data, len);
	if (ok(batch_parse(bytes_of(data, len), &b)))
		parts_lie_inside(&b, data, len);
	while (ok(batch_next_actor(&r, &actor)))
		if (actor.piece.at < data || actor.piece.at + actor.piece.len > data + len)
			abort();
	(void)ok(batch_take_sequence(&r, &sequence));
	if (sequence < 7 || (sequence > 7 && r.at != r.end))
		abort();
	if (len > sizeof region)
		return 0;
	memcpy(region, data, len);
	(void)ok(tail_judge(bytes_of(region, 65536 > len ? 65536 : len), len % 700, 7, &tail));
	memset(region, 0, len);
	return 0;
}
