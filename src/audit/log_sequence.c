/* SPDX-License-Identifier: Apache-2.0 */
/* Which state of the store's rows the leaves follow, and since when. */
#include "log_internal.h"

/* A batch, and the sequence that it says; 0: it follows no change. */
struct said {
	uint64_t first, sequence;
};

/* The batch of ${leaf} into l->record. */
static struct status load(struct log *l, uint64_t leaf, struct batch *out)
{
	const struct os *os = l->options.os;
	struct batch_header h;
	uint64_t at;

	TRY(derived_offset(&l->derived, leaf, &at));
	l->record.len = 0;
	TRY(buffer_reserve(&l->record, BATCH_HEADER));
	TRY(os_read_all(os, l->batches.fd, l->record.bytes, BATCH_HEADER, at));
	if (!ok(batch_parse_header(bytes_of(l->record.bytes, BATCH_HEADER), &h)) || leaf < h.first ||
	    leaf - h.first >= h.count)
		return FAIL_AT(ST_CORRUPT, "log offsets");
	l->record.len = BATCH_HEADER;
	TRY(buffer_reserve(&l->record, h.rest));
	TRY(os_read_all(os, l->batches.fd, l->record.bytes + BATCH_HEADER, h.rest, at + BATCH_HEADER));
	l->record.len += h.rest;
	return batch_parse(buffer_bytes(&l->record), out);
}

static struct status read_said(struct log *l, uint64_t leaf, struct said *out)
{
	AUTO(buffer) plain = {.max = BATCH_BYTES_MAX, .wipe = true};
	struct said said = {0};
	struct batch_actor actor;
	struct batch b;

	TRY(load(l, leaf, &b));
	said.first = b.first;
	TRY(log_open_actors(l, &b, &plain));
	struct reader r = reader_of(buffer_bytes(&plain));

	for (uint32_t i = 0; i < b.count; i++)
		TRY(batch_next_actor(&r, &actor));
	TRY(batch_take_sequence(&r, &said.sequence));
	*out = said;
	return OK;
}

/* The last batch up to that of ${leaf} that says one; the first of all when none does. */
static struct status last_said(struct log *l, uint64_t leaf, struct said *out)
{
	TRY(read_said(l, leaf, out));
	while (out->sequence == 0 && out->first > 0)
		TRY(read_said(l, out->first - 1, out));
	return OK;
}

uint64_t log_sequence(const struct log *l)
{
	return l->sequence;
}

/* Sequences only grow, so halving finds it. */
static struct status find_beyond(struct log *l, uint64_t sequence, uint64_t *out)
{
	uint64_t low = 0, high = l->frontier.size, middle;
	struct said said;

	while (low < high) {
		middle = low + (high - low) / 2;
		TRY(last_said(l, middle, &said));
		if (said.sequence > sequence)
			high = said.first;
		else
			low = middle + 1;
	}
	*out = high;
	return OK;
}

struct status log_beyond(struct log *l, uint64_t sequence, uint64_t *out)
{
	struct status s = find_beyond(l, sequence, out);

	secret_wipe(l->key.bytes, l->key.len);
	return s;
}
