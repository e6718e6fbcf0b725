/* SPDX-License-Identifier: Apache-2.0 */
/* agentholder: the keyholder table over a connection.  A batch goes out in as many packets as it needs. */
#include <stdlib.h>

#include "agentcall.h"

/* One answer of epoch-wrap is longer than its question: what fits both ways. */
#define WRAPS_MAX ((AGENTWIRE_PACKET_MAX - 16) / (2 + WRAPPED_KEY_LEN))
/* Steps that the agent takes in one message. */
#define STEPS_MAX 1024

/* Whether another item of at most ${len} bytes fits. */
static bool has_room(const struct buffer *question, size_t len)
{
	return question->max - question->len >= len;
}

/* Every answer of a batch begins like this. */
static struct status take_item(struct reader *fields, struct status *out)
{
	return agentwire_result(fields, out);
}

static struct status sign(void *state, struct bytes unsigned_statement, struct signature *out)
{
	struct agentclient *c = state;
	struct buffer question = agentcall_begin(c, AGENTWIRE_SIGN);
	struct reader fields;

	TRY(buffer_put(&question, unsigned_statement));
	TRY(agentcall_finish(c, &question, &fields));
	return agentcall_end(c, &fields, reader_copy(&fields, out->bytes, sizeof out->bytes));
}

/* --- Epoch keys --- */

#define WRAPPED_LEN 255 /* of one item, at most */

static struct status take_opened(struct reader *fields, struct keyholder_wrapped *items, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		items[i].key = (struct epoch_handle){0};
		TRY(take_item(fields, &items[i].status));
		if (ok(items[i].status))
			TRY(agentwire_handle(fields, &items[i].key));
	}
	return OK;
}

static struct status epoch_open(void *state, struct keyholder_wrapped *items, size_t count)
{
	struct agentclient *c = state;

	for (size_t sent = 0; sent < count;) {
		struct buffer question = agentcall_begin(c, AGENTWIRE_EPOCH_OPEN);
		struct reader fields;
		size_t first = sent;

		for (; sent < count && has_room(&question, WRAPPED_LEN); sent++)
			TRY(agentwire_put_wrapped(&question, &items[sent]));
		TRY(agentcall_finish(c, &question, &fields));
		TRY(agentcall_end(c, &fields, take_opened(&fields, items + first, sent - first)));
	}
	return OK;
}

static struct status take_epoch(struct reader *fields, struct keyholder_epoch *out)
{
	TRY(agentwire_handle(fields, &out->key));
	TRY(agentwire_hash(fields, &out->commitment));
	return agentwire_sealed_key(fields, &out->previous_sealed);
}

static struct status epoch_new(void *state, const struct epoch_place *place, struct epoch_handle previous,
			       struct keyholder_epoch *out)
{
	struct agentclient *c = state;
	struct buffer question = agentcall_begin(c, AGENTWIRE_EPOCH_NEW);
	struct reader fields;
	struct keyholder_epoch made;

	TRY(agentwire_put_epoch(&question, place));
	TRY(agentwire_put_handle(&question, previous));
	TRY(agentcall_finish(c, &question, &fields));
	TRY(agentcall_end(c, &fields, take_epoch(&fields, &made)));
	*out = made;
	return OK;
}

static struct status walk_some(struct agentclient *c, struct epoch_handle key, const struct epochkey_step *steps,
			       size_t count, struct epoch_handle *out)
{
	struct buffer question = agentcall_begin(c, AGENTWIRE_EPOCH_WALK);
	struct reader fields;
	struct epoch_handle older;

	TRY(agentwire_put_handle(&question, key));
	for (size_t i = 0; i < count; i++)
		TRY(agentwire_put_step(&question, &steps[i]));
	TRY(agentcall_finish(c, &question, &fields));
	TRY(agentcall_end(c, &fields, agentwire_handle(&fields, &older)));
	*out = older;
	return OK;
}

static struct status epoch_drop(void *state, const struct epoch_handle *keys, size_t count)
{
	struct agentclient *c = state;

	for (size_t sent = 0; sent < count;) {
		struct buffer question = agentcall_begin(c, AGENTWIRE_EPOCH_DROP);

		for (; sent < count && has_room(&question, sizeof keys->value); sent++)
			TRY(agentwire_put_handle(&question, keys[sent]));
		TRY(agentcall_plain(c, &question));
	}
	return OK;
}

static struct status epoch_walk(void *state, struct epoch_handle key, const struct epochkey_step *steps, size_t count,
				struct epoch_handle *out)
{
	struct epoch_handle at = key;
	size_t done = 0;

	do {
		size_t some = count - done < STEPS_MAX ? count - done : STEPS_MAX;
		struct epoch_handle older;
		struct status s = walk_some(state, at, steps + done, some, &older);

		/* What was on the way is of no use to anybody else. */
		if (at.value != key.value)
			(void)ok(epoch_drop(state, &at, 1));
		TRY(s);
		at = older;
		done += some;
	} while (done < count);
	*out = at;
	return OK;
}

static struct status take_wraps(struct reader *fields, struct keyholder_recipient *items, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		TRY(take_item(fields, &items[i].status));
		if (ok(items[i].status))
			TRY(reader_copy(fields, items[i].wrapped.bytes, sizeof items[i].wrapped.bytes));
	}
	return OK;
}

static struct status wrap_some(struct agentclient *c, struct epoch_handle key, struct keyholder_recipient *items,
			       size_t count)
{
	struct buffer question = agentcall_begin(c, AGENTWIRE_EPOCH_WRAP);
	struct reader fields;

	TRY(agentwire_put_handle(&question, key));
	for (size_t i = 0; i < count; i++)
		TRY(agentwire_put_recipient(&question, &items[i]));
	TRY(agentcall_finish(c, &question, &fields));
	return agentcall_end(c, &fields, take_wraps(&fields, items, count));
}

static struct status epoch_wrap(void *state, struct epoch_handle key, struct keyholder_recipient *items, size_t count)
{
	size_t done = 0;

	do {
		size_t some = count - done < WRAPS_MAX ? count - done : WRAPS_MAX;

		TRY(wrap_some(state, key, items + done, some));
		done += some;
	} while (done < count);
	return OK;
}

/* --- Records --- */

static struct status record_new(void *state, const struct keyholder_record *record, struct sealed_key *out)
{
	struct agentclient *c = state;
	struct buffer question = agentcall_begin(c, AGENTWIRE_RECORD_NEW);
	struct reader fields;

	TRY(agentwire_put_record(&question, record));
	TRY(agentcall_finish(c, &question, &fields));
	return agentcall_end(c, &fields, agentwire_sealed_key(&fields, out));
}

#define MOVE_LEN 176 /* of one item, at most */

static struct status take_moved(struct reader *fields, struct keyholder_move *items, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		TRY(take_item(fields, &items[i].status));
		if (ok(items[i].status))
			TRY(agentwire_sealed_key(fields, &items[i].sealed));
	}
	return OK;
}

static struct status record_move(void *state, struct keyholder_move *items, size_t count)
{
	struct agentclient *c = state;

	for (size_t sent = 0; sent < count;) {
		struct buffer question = agentcall_begin(c, AGENTWIRE_RECORD_MOVE);
		struct reader fields;
		size_t first = sent;

		for (; sent < count && has_room(&question, MOVE_LEN); sent++)
			TRY(agentwire_put_move(&question, &items[sent]));
		TRY(agentcall_finish(c, &question, &fields));
		TRY(agentcall_end(c, &fields, take_moved(&fields, items + first, sent - first)));
	}
	return OK;
}

/* Beside the header itself; more than the answer has, padding and tag included. */
#define HEADER_LEN 200

static struct status take_headers(struct reader *fields, struct keyholder_header *items, size_t count,
				  struct buffer *out)
{
	for (size_t i = 0; i < count; i++) {
		struct bytes header = {0};

		TRY(take_item(fields, &items[i].status));
		if (ok(items[i].status))
			TRY(reader_sized(fields, LIMIT_SEALED_HEADER, &header));
		items[i].at = out->len;
		items[i].len = header.len;
		TRY(buffer_put(out, header));
	}
	return OK;
}

/* What no holder would take is refused before it spoils a packet. */
static bool fits(const struct keyholder_header *item)
{
	return item->in.len <= LIMIT_SEALED_HEADER;
}

static struct status headers_some(struct agentclient *c, enum agentwire_id id, struct keyholder_header *items,
				  size_t *count, struct buffer *out)
{
	struct buffer question = agentcall_begin(c, id);
	struct reader fields;
	size_t some = 0;

	for (; some < *count && fits(&items[some]) && has_room(&question, HEADER_LEN + items[some].in.len); some++)
		TRY(agentwire_put_header(&question, &items[some]));
	*count = some;
	TRY(agentcall_finish(c, &question, &fields));
	return agentcall_end(c, &fields, take_headers(&fields, items, some, out));
}

static struct status headers(struct agentclient *c, enum agentwire_id id, struct keyholder_header *items, size_t count,
			     struct buffer *out)
{
	for (size_t done = 0; done < count;) {
		size_t some = count - done;

		if (!fits(&items[done])) {
			items[done].at = out->len;
			items[done].len = 0;
			items[done++].status = id == AGENTWIRE_HEADER_SEAL ? FAIL_AT(ST_TOO_BIG, "record header")
									   : FAIL_AT(ST_CORRUPT, "record header");
			continue;
		}
		TRY(headers_some(c, id, items + done, &some, out));
		done += some;
	}
	return OK;
}

static struct status header_seal(void *state, struct keyholder_header *items, size_t count, struct buffer *out)
{
	return headers(state, AGENTWIRE_HEADER_SEAL, items, count, out);
}

static struct status header_open(void *state, struct keyholder_header *items, size_t count, struct buffer *out)
{
	return headers(state, AGENTWIRE_HEADER_OPEN, items, count, out);
}

/* --- Content and blocks: what the answer holds is appended --- */

static struct status append_rest(struct reader *fields, struct buffer *out)
{
	struct bytes rest;

	TRY(reader_take(fields, reader_left(fields), &rest));
	return buffer_put(out, rest);
}

static struct status into_buffer(struct agentclient *c, const struct buffer *question, struct buffer *out)
{
	struct reader fields;

	TRY(agentcall_finish(c, question, &fields));
	return agentcall_end(c, &fields, append_rest(&fields, out));
}

static struct status content_seal_begin(void *state, const struct keyholder_record *record,
					const struct sealed_key *sealed_key, struct buffer *out)
{
	struct buffer question = agentcall_begin(state, AGENTWIRE_CONTENT_SEAL_BEGIN);

	TRY(agentwire_put_record(&question, record));
	TRY(agentwire_put_sealed_key(&question, sealed_key));
	return into_buffer(state, &question, out);
}

static struct status content_seal_add(void *state, struct plain plain, struct buffer *out)
{
	struct buffer question = agentcall_begin(state, AGENTWIRE_CONTENT_SEAL_ADD);

	TRY(buffer_put(&question, plain.bytes));
	return into_buffer(state, &question, out);
}

static struct status content_seal_end(void *state, struct buffer *out, struct recordcontent_claim *claim)
{
	struct agentclient *c = state;
	struct buffer question = agentcall_begin(c, AGENTWIRE_CONTENT_SEAL_END);
	struct reader fields;

	TRY(agentcall_finish(c, &question, &fields));
	struct status s = agentwire_claim(&fields, claim);
	return agentcall_end(c, &fields, ok(s) ? append_rest(&fields, out) : s);
}

static struct status content_open_begin(void *state, const struct keyholder_record *record,
					const struct sealed_key *sealed_key, const struct recordcontent_claim *claim)
{
	struct buffer question = agentcall_begin(state, AGENTWIRE_CONTENT_OPEN_BEGIN);

	TRY(agentwire_put_record(&question, record));
	TRY(agentwire_put_sealed_key(&question, sealed_key));
	TRY(agentwire_put_claim(&question, claim));
	return agentcall_plain(state, &question);
}

static struct status content_open_add(void *state, struct sealed sealed, struct buffer *out)
{
	struct buffer question = agentcall_begin(state, AGENTWIRE_CONTENT_OPEN_ADD);

	TRY(buffer_put(&question, sealed.bytes));
	return into_buffer(state, &question, out);
}

static struct status content_open_end(void *state)
{
	struct buffer question = agentcall_begin(state, AGENTWIRE_CONTENT_OPEN_END);

	return agentcall_plain(state, &question);
}

static struct status block_seal(void *state, struct bytes name, struct plain plain, struct buffer *out)
{
	struct buffer question = agentcall_begin(state, AGENTWIRE_BLOCK_SEAL);

	TRY(buffer_put_sized(&question, name));
	TRY(buffer_put(&question, plain.bytes));
	return into_buffer(state, &question, out);
}

static struct status block_open(void *state, struct bytes name, struct sealed sealed, struct buffer *out)
{
	struct buffer question = agentcall_begin(state, AGENTWIRE_BLOCK_OPEN);

	TRY(buffer_put_sized(&question, name));
	TRY(buffer_put(&question, sealed.bytes));
	return into_buffer(state, &question, out);
}

/* --- The rest --- */

static struct status import_token(void *state, struct bytes source, struct hash *out)
{
	struct agentclient *c = state;
	struct buffer question = agentcall_begin(c, AGENTWIRE_IMPORT_TOKEN);
	struct reader fields;

	TRY(buffer_put(&question, source));
	TRY(agentcall_finish(c, &question, &fields));
	return agentcall_end(c, &fields, agentwire_hash(&fields, out));
}

static struct status pin(void *state, const struct securityfile_pin *moved, struct securityfile_pin *now)
{
	struct agentclient *c = state;
	struct buffer question = agentcall_begin(c, AGENTWIRE_PIN);
	struct reader fields;
	struct securityfile_pin kept;

	TRY(agentwire_put_pin(&question, moved));
	TRY(agentcall_finish(c, &question, &fields));
	TRY(agentcall_end(c, &fields, agentwire_pin(&fields, &kept)));
	*now = kept;
	return OK;
}

static struct status token_put(void *state, struct bytes token)
{
	return agentclient_token_put(state, token);
}

static struct status token_get(void *state, struct secret *out)
{
	return agentclient_token_get(state, out);
}

static void clear(void *state)
{
	agentclient_clear(state);
	free(state);
}

static const struct keyholder_calls calls = {
	.sign = sign,
	.epoch_open = epoch_open,
	.epoch_new = epoch_new,
	.epoch_walk = epoch_walk,
	.epoch_wrap = epoch_wrap,
	.epoch_drop = epoch_drop,
	.record_new = record_new,
	.record_move = record_move,
	.header_seal = header_seal,
	.header_open = header_open,
	.content_seal_begin = content_seal_begin,
	.content_seal_add = content_seal_add,
	.content_seal_end = content_seal_end,
	.content_open_begin = content_open_begin,
	.content_open_add = content_open_add,
	.content_open_end = content_open_end,
	.block_seal = block_seal,
	.block_open = block_open,
	.import_token = import_token,
	.pin = pin,
	.token_put = token_put,
	.token_get = token_get,
};

struct status agentclient_holder(struct agentclient *c, struct keyholder *out)
{
	struct agentwire_status status;

	TRY(agentclient_status(c, &status));
	if (!status.unlocked)
		return FAIL_AT(ST_UNPROVEN, "agent is locked");
	struct agentclient *own = malloc(sizeof *own);
	if (own == NULL)
		return FAIL_AT(ST_NO_MEMORY, "agent client");
	*own = *c;
	*c = (struct agentclient){.fd = -1};
	*out = (struct keyholder){.calls = &calls, .state = own, .clear = clear, .person = status.person};
	return OK;
}
