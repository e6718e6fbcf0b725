/* SPDX-License-Identifier: Apache-2.0 */
/* agentrow_epochs: signatures and epoch keys. */
#include "agentrow.h"

/* A walk longer than this is not somebody's history. */
#define STEPS_MAX 1024

static struct status act_sign(struct agentdispatch_seat *seat, struct reader *r, struct buffer *out)
{
	struct signature signature;

	TRY(keydesk_calls.sign(seat->desk, bytes_of(r->at, reader_left(r)), &signature));
	return buffer_put(out, BYTES_OF(signature));
}

static struct status check_epoch_open(struct reader *r)
{
	struct keyholder_wrapped item;

	while (reader_left(r) > 0)
		TRY(agentwire_wrapped(r, &item));
	return OK;
}

static struct status act_epoch_open(struct agentdispatch_seat *seat, struct reader *r, struct buffer *out)
{
	while (reader_left(r) > 0) {
		struct keyholder_wrapped item;

		TRY(agentwire_wrapped(r, &item));
		TRY(keydesk_calls.epoch_open(seat->desk, &item, 1));
		TRY(agentwire_put_result(out, item.status));
		if (ok(item.status))
			TRY(agentwire_put_handle(out, item.key));
	}
	return OK;
}

static struct status read_epoch_new(struct reader *r, struct epoch_place *place, struct epoch_handle *previous)
{
	TRY(agentwire_epoch(r, place));
	return agentwire_handle(r, previous);
}

static struct status check_epoch_new(struct reader *r)
{
	struct epoch_place place;
	struct epoch_handle previous;

	return read_epoch_new(r, &place, &previous);
}

static struct status act_epoch_new(struct agentdispatch_seat *seat, struct reader *r, struct buffer *out)
{
	struct epoch_place place;
	struct epoch_handle previous;
	struct keyholder_epoch made;

	TRY(read_epoch_new(r, &place, &previous));
	TRY(keydesk_calls.epoch_new(seat->desk, &place, previous, &made));
	TRY(agentwire_put_handle(out, made.key));
	TRY(agentwire_put_hash(out, &made.commitment));
	return agentwire_put_sealed_key(out, &made.previous_sealed);
}

static struct status check_epoch_walk(struct reader *r)
{
	struct epoch_handle key;
	struct epochkey_step step;

	TRY(agentwire_handle(r, &key));
	for (size_t count = 0; reader_left(r) > 0; count++) {
		if (count == STEPS_MAX)
			return FAIL(ST_INVALID);
		TRY(agentwire_step(r, &step));
	}
	return OK;
}

static struct status act_epoch_walk(struct agentdispatch_seat *seat, struct reader *r, struct buffer *out)
{
	struct epoch_handle key, older;
	struct epochkey_step steps[STEPS_MAX];
	size_t count = 0;

	TRY(agentwire_handle(r, &key));
	while (reader_left(r) > 0)
		TRY(agentwire_step(r, &steps[count++]));
	TRY(keydesk_calls.epoch_walk(seat->desk, key, steps, count, &older));
	return agentwire_put_handle(out, older);
}

static struct status check_epoch_wrap(struct reader *r)
{
	struct epoch_handle key;
	struct keyholder_recipient item;

	TRY(agentwire_handle(r, &key));
	while (reader_left(r) > 0)
		TRY(agentwire_recipient(r, &item));
	return OK;
}

static struct status act_epoch_wrap(struct agentdispatch_seat *seat, struct reader *r, struct buffer *out)
{
	struct epoch_handle key;

	TRY(agentwire_handle(r, &key));
	/* An unknown handle is the question's failure, even without an item. */
	TRY(keydesk_calls.epoch_wrap(seat->desk, key, NULL, 0));
	while (reader_left(r) > 0) {
		struct keyholder_recipient item;

		TRY(agentwire_recipient(r, &item));
		TRY(keydesk_calls.epoch_wrap(seat->desk, key, &item, 1));
		TRY(agentwire_put_result(out, item.status));
		if (ok(item.status))
			TRY(buffer_put(out, BYTES_OF(item.wrapped)));
	}
	return OK;
}

static struct status check_epoch_drop(struct reader *r)
{
	struct epoch_handle key;

	while (reader_left(r) > 0)
		TRY(agentwire_handle(r, &key));
	return OK;
}

static struct status act_epoch_drop(struct agentdispatch_seat *seat, struct reader *r, struct buffer *out)
{
	struct epoch_handle key;

	(void)out;
	while (reader_left(r) > 0) {
		TRY(agentwire_handle(r, &key));
		TRY(keydesk_calls.epoch_drop(seat->desk, &key, 1));
	}
	return OK;
}

#define AT(id) [(id)-AGENTWIRE_SIGN]

const struct agentrow agentrow_epochs[] = {
	AT(AGENTWIRE_SIGN) = {.keys = true, .check = agentrow_check_rest, .act = act_sign},
	AT(AGENTWIRE_EPOCH_OPEN) = {.keys = true, .check = check_epoch_open, .act = act_epoch_open},
	AT(AGENTWIRE_EPOCH_NEW) = {.keys = true, .check = check_epoch_new, .act = act_epoch_new},
	AT(AGENTWIRE_EPOCH_WALK) = {.keys = true, .check = check_epoch_walk, .act = act_epoch_walk},
	AT(AGENTWIRE_EPOCH_WRAP) = {.keys = true, .check = check_epoch_wrap, .act = act_epoch_wrap},
	AT(AGENTWIRE_EPOCH_DROP) = {.keys = true, .check = check_epoch_drop, .act = act_epoch_drop},
};
