/* SPDX-License-Identifier: Apache-2.0 */
/* agentrow_others: blocks of the local cache, import tokens, the pin. */
#include "agentrow.h"

#include "importtoken.h"

static struct status read_block(struct reader *r, size_t max, struct bytes *name, struct bytes *block)
{
	TRY(reader_sized(r, KEYHOLDER_BLOCK_NAME_MAX, name));
	if (reader_left(r) > max)
		return FAIL(ST_INVALID);
	return reader_take(r, reader_left(r), block);
}

static struct status check_block_seal(struct reader *r)
{
	struct bytes name, block;

	return read_block(r, KEYHOLDER_BLOCK_MAX, &name, &block);
}

static struct status act_block_seal(struct agentdispatch_seat *seat, struct reader *r, struct buffer *out)
{
	struct bytes name, block;

	TRY(read_block(r, KEYHOLDER_BLOCK_MAX, &name, &block));
	return keydesk_calls.block_seal(seat->desk, name, (struct plain){block}, out);
}

static struct status check_block_open(struct reader *r)
{
	struct bytes name, block;

	return read_block(r, KEYHOLDER_BLOCK_MAX + KEYHOLDER_BLOCK_OVERHEAD, &name, &block);
}

static struct status act_block_open(struct agentdispatch_seat *seat, struct reader *r, struct buffer *out)
{
	struct bytes name, block;

	TRY(read_block(r, KEYHOLDER_BLOCK_MAX + KEYHOLDER_BLOCK_OVERHEAD, &name, &block));
	return keydesk_calls.block_open(seat->desk, name, (struct sealed){block}, out);
}

static struct status check_import_token(struct reader *r)
{
	if (reader_left(r) > IMPORTTOKEN_SOURCE_MAX)
		return FAIL(ST_INVALID);
	return agentrow_check_rest(r);
}

static struct status act_import_token(struct agentdispatch_seat *seat, struct reader *r, struct buffer *out)
{
	struct hash token;

	TRY(keydesk_calls.import_token(seat->desk, bytes_of(r->at, reader_left(r)), &token));
	return agentwire_put_hash(out, &token);
}

static struct status check_pin(struct reader *r)
{
	struct securityfile_pin pin;

	return agentwire_pin(r, &pin);
}

static struct status act_pin(struct agentdispatch_seat *seat, struct reader *r, struct buffer *out)
{
	struct securityfile_pin pin, now;

	TRY(agentwire_pin(r, &pin));
	TRY(keydesk_calls.pin(seat->desk, &pin, &now));
	return agentwire_put_pin(out, &now);
}

#define AT(id) [(id)-AGENTWIRE_BLOCK_SEAL]

const struct agentrow agentrow_others[] = {
	AT(AGENTWIRE_BLOCK_SEAL) = {.keys = true, .check = check_block_seal, .act = act_block_seal},
	AT(AGENTWIRE_BLOCK_OPEN) = {.keys = true, .check = check_block_open, .act = act_block_open},
	AT(AGENTWIRE_IMPORT_TOKEN) = {.keys = true, .check = check_import_token, .act = act_import_token},
	AT(AGENTWIRE_PIN) = {.keys = true, .check = check_pin, .act = act_pin},
};
