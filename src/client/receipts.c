/* SPDX-License-Identifier: Apache-2.0 */
#include "receipts.h"

#include "proof.h"

#include <stdlib.h>

void receipts_clear(struct receipts *r)
{
	free(r->items);
	*r = (struct receipts){0};
}

struct status receipts_leaf(const struct site *site, const struct https_answer *answer, uint64_t *out)
{
	if (!answer->has_leaf || answer->leaf < site->head.size)
		return FAIL_AT(ST_CORRUPT, "receipt: the answer names no new leaf of the log");
	*out = answer->leaf;
	return OK;
}

struct status receipts_add(struct site *site, const struct receipt *receipt)
{
	struct receipts *r = &site->receipts;

	if (r->count == r->capacity) {
		size_t wanted = r->capacity == 0 ? 16 : r->capacity * 2;
		struct receipt *moved = reallocarray(r->items, wanted, sizeof *moved);
		if (moved == NULL)
			return FAIL(ST_NO_MEMORY);
		r->items = moved;
		r->capacity = wanted;
	}
	r->items[r->count++] = *receipt;
	return OK;
}

static struct status pin_at(struct site *s, const struct receipt *r, const struct entry *e,
			    const struct entry_read *read)
{
	struct pin pin;

	TRY(pins_get(s, PIN_PATIENT, &r->patient.uuid, &pin));
	TRY(pin_compare(&pin, e->index, read->subject.sequence));
	if (!hash_is_zero(&pin.link) && e->index <= pin.index)
		return OK;
	pin.sequence = read->subject.sequence;
	pin.index = e->index;
	TRY(leaf_link(e->leaf.at, &pin.link));
	return pins_put(s, PIN_PATIENT, &r->patient.uuid, &pin);
}

static struct status compare(void *context, size_t i, const struct entry *e, const struct entry_read *read)
{
	struct site *s = context;
	const struct receipt *r = &s->receipts.items[i];
	const struct piece_subject *about = &read->subject;
	struct shown said;

	if (about->kind != PIECE_PATIENT || !uuid_equal(&about->id, &r->patient.uuid) ||
	    !uuid_equal(&about->record.uuid, &r->record.uuid) || !ok(shown_parse(about->detail, &said)) ||
	    !shown_equal(&said, &r->shown))
		return FAIL_AT(ST_CORRUPT, "receipt: the log says that something else was shown");
	if (said.size < r->shown.size || said.size > e->index)
		return FAIL_AT(ST_CORRUPT, "receipt: what was shown was taken from an older log");
	return pin_at(s, r, e, read);
}

static struct status open_all(struct site *s)
{
	const struct receipts *r = &s->receipts;
	uint64_t *leaves = calloc(r->count, sizeof *leaves);

	if (leaves == NULL)
		return FAIL(ST_NO_MEMORY);
	for (size_t i = 0; i < r->count; i++)
		leaves[i] = r->items[i].leaf;
	struct status opened = proof_open(s, leaves, r->count, compare, s);
	free(leaves);
	return opened;
}

struct status receipts_settle(struct site *site)
{
	if (site->receipts.count == 0)
		return OK;
	TRY(open_all(site));
	site->receipts.count = 0;
	return OK;
}
