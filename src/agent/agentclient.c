/* SPDX-License-Identifier: Apache-2.0 */
#include "agentclient.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "agentcall.h"
#include "agentsocket.h"

/* Longer than the dearest passphrase takes: 16 passes over a GiB on a slow machine. */
#define ANSWER_SECONDS 120

void agentclient_clear(struct agentclient *c)
{
	if (c->fd >= 0)
		(void)close(c->fd);
	secret_clear(&c->packet);
	*c = (struct agentclient){.fd = -1};
}

static struct status greet(struct agentclient *c)
{
	struct buffer question = agentcall_begin(c, AGENTWIRE_HELLO);
	struct reader fields;
	uint16_t version = 0;

	TRY(buffer_put_u16(&question, AGENTWIRE_VERSION));
	TRY(agentcall_finish(c, &question, &fields));
	return agentcall_end(c, &fields, reader_u16(&fields, &version));
}

struct status agentclient_connect(const char *home, struct agentclient *out)
{
	const struct timeval patience = {.tv_sec = ANSWER_SECONDS};
	AUTO(agentclient) fresh = {.fd = -1};
	AUTO(agentplace) place = {.dir = -1};

	TRY(agentplace_find(home, &place));
	TRY(agentsocket_connect(&place, &fresh.fd));
	(void)setsockopt(fresh.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	TRY(secret_empty(AGENTWIRE_PACKET_MAX, &fresh.packet));
	TRY(greet(&fresh));
	*out = fresh;
	fresh = (struct agentclient){.fd = -1};
	return OK;
}

struct status agentclient_status(struct agentclient *c, struct agentwire_status *out)
{
	struct buffer question = agentcall_begin(c, AGENTWIRE_STATUS);
	struct agentwire_status status = {.unlocked = false};
	struct reader fields;

	TRY(agentcall_finish(c, &question, &fields));
	TRY(agentcall_end(c, &fields, agentwire_status(&fields, &status)));
	*out = status;
	return OK;
}

struct status agentclient_unlock(struct agentclient *c, struct bytes passphrase, uint64_t for_ms)
{
	struct buffer question = agentcall_begin(c, AGENTWIRE_UNLOCK);
	struct keyholder_person person;
	struct reader fields;

	if (passphrase.len == 0 || passphrase.len > LIMIT_PASSPHRASE)
		return FAIL_AT(ST_UNPROVEN, "passphrase");
	if (for_ms > AGENTWIRE_FOR_MAX_MS)
		return FAIL_AT(ST_INVALID, "unlock time");
	TRY(buffer_put_sized(&question, passphrase));
	TRY(buffer_put_u64(&question, for_ms));
	TRY(agentcall_finish(c, &question, &fields));
	return agentcall_end(c, &fields, agentwire_person(&fields, &person));
}

struct status agentclient_lock(struct agentclient *c)
{
	struct buffer question = agentcall_begin(c, AGENTWIRE_LOCK);

	return agentcall_plain(c, &question);
}

struct status agentclient_shutdown(struct agentclient *c)
{
	struct buffer question = agentcall_begin(c, AGENTWIRE_SHUTDOWN);

	return agentcall_plain(c, &question);
}

struct status agentclient_token_put(struct agentclient *c, struct bytes token)
{
	struct buffer question = agentcall_begin(c, AGENTWIRE_TOKEN_PUT);

	if (token.len > KEYHOLDER_TOKEN_MAX)
		return FAIL_AT(ST_TOO_BIG, "session token");
	TRY(buffer_put_sized(&question, token));
	return agentcall_plain(c, &question);
}

struct status agentclient_token_get(struct agentclient *c, struct secret *out)
{
	struct buffer question = agentcall_begin(c, AGENTWIRE_TOKEN_GET);
	struct reader fields;
	struct bytes token;

	TRY(agentcall_finish(c, &question, &fields));
	struct status s = reader_sized(&fields, KEYHOLDER_TOKEN_MAX, &token);
	if (ok(s))
		s = secret_from(token, out);
	return agentcall_end(c, &fields, s);
}
