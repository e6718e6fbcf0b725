/* SPDX-License-Identifier: Apache-2.0 */
#include "agentdispatch.h"

#include <assert.h>

#include "agentrow.h"

/** row_of(id): NULL for an id that is not in the table. */
static const struct agentrow *row_of(uint8_t id)
{
	if (id < AGENTWIRE_HELLO || id >= AGENTWIRE_IDS)
		return NULL;
	if (id < AGENTWIRE_SIGN)
		return &agentrow_control[id];
	if (id < AGENTWIRE_RECORD_NEW)
		return &agentrow_epochs[id - AGENTWIRE_SIGN];
	if (id < AGENTWIRE_BLOCK_SEAL)
		return &agentrow_records[id - AGENTWIRE_RECORD_NEW];
	return &agentrow_others[id - AGENTWIRE_BLOCK_SEAL];
}

struct status agentrow_check_nothing(struct reader *r)
{
	(void)r;
	return OK;
}

struct status agentrow_check_rest(struct reader *r)
{
	struct bytes rest;

	return reader_take(r, reader_left(r), &rest);
}

static bool is_question(const struct agentrow *row, struct reader fields)
{
	return ok(row->check(&fields)) && ok(reader_done(&fields));
}

static struct status perform(struct agentdispatch_seat *seat, const struct agentrow *row, struct reader *fields,
			     struct buffer *answer)
{
	if (row->keys && !unlocked_is(&seat->custody->unlocked))
		return FAIL_AT(ST_UNPROVEN, "agent is locked");
	if (!row->rests)
		custody_used(seat->custody);
	return row->act(seat, fields, answer);
}

/* The answer's first three bytes are known last. */
static void finish_answer(struct buffer *answer, uint8_t id, struct status s)
{
	struct buffer head = {.bytes = answer->bytes, .capacity = 3, .max = 3};

	if (!ok(s)) {
		secret_wipe(answer->bytes, answer->len);
		answer->len = 3;
	}
	/* Three bytes into three. */
	bool fits = ok(buffer_put_u8(&head, id | AGENTWIRE_ANSWER)) && ok(agentwire_put_result(&head, s));
	assert(fits);
	(void)fits;
}

static enum agentdispatch_verdict verdict_of(struct agentdispatch_seat *seat, uint8_t id, struct status s)
{
	if (id == AGENTWIRE_SHUTDOWN)
		return AGENTDISPATCH_STOP;
	if (id == AGENTWIRE_HELLO)
		seat->greeted = ok(s);
	return seat->greeted ? AGENTDISPATCH_ANSWER : AGENTDISPATCH_LAST;
}

enum agentdispatch_verdict agentdispatch(struct agentdispatch_seat *seat, struct bytes question, struct buffer *answer)
{
	struct reader fields = reader_of(question);
	uint8_t id;

	assert(answer->wipe && answer->len == 0 && answer->capacity >= AGENTWIRE_PACKET_MAX);
	if (!ok(reader_u8(&fields, &id)))
		return AGENTDISPATCH_END;
	const struct agentrow *row = row_of(id);
	if (row == NULL || seat->greeted == (id == AGENTWIRE_HELLO) || !is_question(row, fields))
		return AGENTDISPATCH_END;
	answer->len = 3;
	struct status s = perform(seat, row, &fields, answer);
	finish_answer(answer, id, s);
	return verdict_of(seat, id, s);
}
