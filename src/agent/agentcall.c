/* SPDX-License-Identifier: Apache-2.0 */
#include "agentcall.h"

#include <assert.h>

#include "agentsocket.h"

struct buffer agentcall_begin(const struct agentclient *c, enum agentwire_id id)
{
	struct buffer question = {
		.bytes = c->packet.bytes, .capacity = c->packet.len, .max = c->packet.len, .wipe = true};

	question.bytes[0] = (uint8_t)id;
	question.len = 1;
	return question;
}

/* Two sides that disagree about a packet agree about nothing. */
static struct status broken(struct agentclient *c)
{
	secret_wipe(c->packet.bytes, c->packet.len);
	return FAIL_AT(ST_CORRUPT, "agent answer");
}

struct status agentcall_finish(struct agentclient *c, const struct buffer *question, struct reader *fields)
{
	uint8_t id = question->bytes[0], answered;
	struct status result;
	size_t len;

	assert(question->bytes == c->packet.bytes);
	struct status sent = agentsocket_send(c->fd, buffer_bytes(question), true);
	secret_wipe(question->bytes, question->len);
	TRY(sent);
	TRY(agentsocket_receive(c->fd, &c->packet, true, &len));
	*fields = reader_of(bytes_of(c->packet.bytes, len));
	if (!ok(reader_u8(fields, &answered)) || answered != (id | AGENTWIRE_ANSWER) ||
	    !ok(agentwire_result(fields, &result)))
		return broken(c);
	return result;
}

struct status agentcall_end(struct agentclient *c, const struct reader *fields, struct status s)
{
	if (s.code == ST_INVALID || (ok(s) && !ok(reader_done(fields))))
		return broken(c);
	/* Answers hold names and tokens: the packet keeps nothing. */
	secret_wipe(c->packet.bytes, (size_t)(fields->end - c->packet.bytes));
	return s;
}

struct status agentcall_plain(struct agentclient *c, const struct buffer *question)
{
	struct reader fields;

	TRY(agentcall_finish(c, question, &fields));
	return agentcall_end(c, &fields, OK);
}
