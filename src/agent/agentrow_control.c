/* SPDX-License-Identifier: Apache-2.0 */
/* agentrow_control: greeting, state, limits, the session's token. */
#include "agentrow.h"

static struct status check_hello(struct reader *r)
{
	uint16_t version;

	return reader_u16(r, &version);
}

static struct status act_hello(struct agentdispatch_seat *seat, struct reader *r, struct buffer *out)
{
	uint16_t version;

	(void)seat;
	TRY(reader_u16(r, &version));
	if (version != AGENTWIRE_VERSION)
		return FAIL_AT(ST_CONFLICT, "another version of the agent runs");
	return buffer_put_u16(out, AGENTWIRE_VERSION);
}

static struct status act_status(struct agentdispatch_seat *seat, struct reader *r, struct buffer *out)
{
	const struct custody *c = seat->custody;
	struct agentwire_status status = {
		.unlocked = unlocked_is(&c->unlocked),
		.token = c->token.bytes != NULL,
		.left_ms = custody_left(c),
		.person = c->unlocked.person,
	};

	(void)r;
	return agentwire_put_status(out, &status);
}

static struct status read_unlock(struct reader *r, struct bytes *passphrase, uint64_t *for_ms)
{
	TRY(reader_sized(r, LIMIT_PASSPHRASE, passphrase));
	TRY(reader_u64(r, for_ms));
	return passphrase->len > 0 && *for_ms <= AGENTWIRE_FOR_MAX_MS ? OK : FAIL(ST_INVALID);
}

static struct status check_unlock(struct reader *r)
{
	struct bytes passphrase;
	uint64_t for_ms;

	return read_unlock(r, &passphrase, &for_ms);
}

static struct status act_unlock(struct agentdispatch_seat *seat, struct reader *r, struct buffer *out)
{
	struct bytes passphrase;
	uint64_t for_ms;

	TRY(read_unlock(r, &passphrase, &for_ms));
	TRY(custody_unlock(seat->custody, passphrase, for_ms));
	return agentwire_put_person(out, &seat->custody->unlocked.person);
}

static struct status act_lock(struct agentdispatch_seat *seat, struct reader *r, struct buffer *out)
{
	(void)r;
	(void)out;
	custody_lock(seat->custody);
	return OK;
}

static struct status act_shutdown(struct agentdispatch_seat *seat, struct reader *r, struct buffer *out)
{
	(void)r;
	(void)out;
	custody_clear(seat->custody);
	return OK;
}

static struct status check_token_put(struct reader *r)
{
	struct bytes token;

	return reader_sized(r, KEYHOLDER_TOKEN_MAX, &token);
}

static struct status act_token_put(struct agentdispatch_seat *seat, struct reader *r, struct buffer *out)
{
	struct bytes token;

	(void)out;
	TRY(reader_sized(r, KEYHOLDER_TOKEN_MAX, &token));
	return keydesk_calls.token_put(seat->desk, token);
}

static struct status act_token_get(struct agentdispatch_seat *seat, struct reader *r, struct buffer *out)
{
	AUTO(secret) token = {0};

	(void)r;
	TRY(keydesk_calls.token_get(seat->desk, &token));
	return buffer_put_sized(out, secret_bytes(&token));
}

const struct agentrow agentrow_control[] = {
	[AGENTWIRE_HELLO] = {.rests = true, .check = check_hello, .act = act_hello},
	[AGENTWIRE_STATUS] = {.rests = true, .check = agentrow_check_nothing, .act = act_status},
	[AGENTWIRE_UNLOCK] = {.check = check_unlock, .act = act_unlock},
	[AGENTWIRE_LOCK] = {.check = agentrow_check_nothing, .act = act_lock},
	[AGENTWIRE_SHUTDOWN] = {.check = agentrow_check_nothing, .act = act_shutdown},
	[AGENTWIRE_TOKEN_PUT] = {.check = check_token_put, .act = act_token_put},
	[AGENTWIRE_TOKEN_GET] = {.check = agentrow_check_nothing, .act = act_token_get},
};
