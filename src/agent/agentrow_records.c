/* SPDX-License-Identifier: Apache-2.0 */
/* agentrow_records: record keys, headers, content. */
#include "agentrow.h"

static struct status check_record_new(struct reader *r)
{
	struct keyholder_record record;

	return agentwire_record(r, &record);
}

static struct status act_record_new(struct agentdispatch_seat *seat, struct reader *r, struct buffer *out)
{
	struct keyholder_record record;
	struct sealed_key sealed;

	TRY(agentwire_record(r, &record));
	TRY(keydesk_calls.record_new(seat->desk, &record, &sealed));
	return agentwire_put_sealed_key(out, &sealed);
}

static struct status check_record_move(struct reader *r)
{
	struct keyholder_move item;

	while (reader_left(r) > 0)
		TRY(agentwire_move(r, &item));
	return OK;
}

static struct status act_record_move(struct agentdispatch_seat *seat, struct reader *r, struct buffer *out)
{
	while (reader_left(r) > 0) {
		struct keyholder_move item;

		TRY(agentwire_move(r, &item));
		TRY(keydesk_calls.record_move(seat->desk, &item, 1));
		TRY(agentwire_put_result(out, item.status));
		if (ok(item.status))
			TRY(agentwire_put_sealed_key(out, &item.sealed));
	}
	return OK;
}

static struct status check_headers(struct reader *r)
{
	struct keyholder_header item;

	while (reader_left(r) > 0)
		TRY(agentwire_header(r, &item));
	return OK;
}

/* Result and length stand before what they are about: both are filled in afterwards. */
static struct status put_header(struct agentdispatch_seat *seat, struct keyholder_header *item, bool sealing,
				struct buffer *out)
{
	const size_t before = out->len, room = 2 + 4;

	TRY(buffer_reserve(out, room));
	out->len += room;
	TRY(sealing ? keydesk_calls.header_seal(seat->desk, item, 1, out)
		    : keydesk_calls.header_open(seat->desk, item, 1, out));
	size_t after = out->len;
	out->len = before;
	TRY(agentwire_put_result(out, item->status));
	if (!ok(item->status))
		return OK;
	TRY(buffer_put_u32(out, (uint32_t)item->len));
	out->len = after;
	return OK;
}

static struct status act_headers(struct agentdispatch_seat *seat, struct reader *r, bool sealing, struct buffer *out)
{
	while (reader_left(r) > 0) {
		struct keyholder_header item;

		TRY(agentwire_header(r, &item));
		TRY(put_header(seat, &item, sealing, out));
	}
	return OK;
}

static struct status act_header_seal(struct agentdispatch_seat *seat, struct reader *r, struct buffer *out)
{
	return act_headers(seat, r, true, out);
}

static struct status act_header_open(struct agentdispatch_seat *seat, struct reader *r, struct buffer *out)
{
	return act_headers(seat, r, false, out);
}

static struct status read_content(struct reader *r, struct keyholder_record *record, struct sealed_key *sealed_key)
{
	TRY(agentwire_record(r, record));
	return agentwire_sealed_key(r, sealed_key);
}

static struct status check_content_seal_begin(struct reader *r)
{
	struct keyholder_record record;
	struct sealed_key sealed_key;

	return read_content(r, &record, &sealed_key);
}

static struct status act_content_seal_begin(struct agentdispatch_seat *seat, struct reader *r, struct buffer *out)
{
	struct keyholder_record record;
	struct sealed_key sealed_key;

	TRY(read_content(r, &record, &sealed_key));
	return keydesk_calls.content_seal_begin(seat->desk, &record, &sealed_key, out);
}

static struct status check_piece(struct reader *r)
{
	struct bytes piece;

	if (reader_left(r) > KEYHOLDER_PIECE)
		return FAIL(ST_INVALID);
	return reader_take(r, reader_left(r), &piece);
}

static struct status act_content_seal_add(struct agentdispatch_seat *seat, struct reader *r, struct buffer *out)
{
	return keydesk_calls.content_seal_add(seat->desk, plain_of(r->at, reader_left(r)), out);
}

static struct status act_content_seal_end(struct agentdispatch_seat *seat, struct reader *r, struct buffer *out)
{
	AUTO(buffer) last = {.max = 2 * (size_t)CHUNKED_SEALED};
	struct recordcontent_claim claim;

	(void)r;
	TRY(keydesk_calls.content_seal_end(seat->desk, &last, &claim));
	TRY(agentwire_put_claim(out, &claim));
	return buffer_put(out, buffer_bytes(&last));
}

static struct status check_content_open_begin(struct reader *r)
{
	struct keyholder_record record;
	struct sealed_key sealed_key;
	struct recordcontent_claim claim;

	TRY(read_content(r, &record, &sealed_key));
	return agentwire_claim(r, &claim);
}

static struct status act_content_open_begin(struct agentdispatch_seat *seat, struct reader *r, struct buffer *out)
{
	struct keyholder_record record;
	struct sealed_key sealed_key;
	struct recordcontent_claim claim;

	(void)out;
	TRY(read_content(r, &record, &sealed_key));
	TRY(agentwire_claim(r, &claim));
	return keydesk_calls.content_open_begin(seat->desk, &record, &sealed_key, &claim);
}

static struct status act_content_open_add(struct agentdispatch_seat *seat, struct reader *r, struct buffer *out)
{
	return keydesk_calls.content_open_add(seat->desk, sealed_of(r->at, reader_left(r)), out);
}

static struct status act_content_open_end(struct agentdispatch_seat *seat, struct reader *r, struct buffer *out)
{
	(void)r;
	(void)out;
	return keydesk_calls.content_open_end(seat->desk);
}

#define AT(id) [(id)-AGENTWIRE_RECORD_NEW]

const struct agentrow agentrow_records[] = {
	AT(AGENTWIRE_RECORD_NEW) = {.keys = true, .check = check_record_new, .act = act_record_new},
	AT(AGENTWIRE_RECORD_MOVE) = {.keys = true, .check = check_record_move, .act = act_record_move},
	AT(AGENTWIRE_HEADER_SEAL) = {.keys = true, .check = check_headers, .act = act_header_seal},
	AT(AGENTWIRE_HEADER_OPEN) = {.keys = true, .check = check_headers, .act = act_header_open},
	AT(AGENTWIRE_CONTENT_SEAL_BEGIN) = {.keys = true,
					    .check = check_content_seal_begin,
					    .act = act_content_seal_begin},
	AT(AGENTWIRE_CONTENT_SEAL_ADD) = {.keys = true, .check = check_piece, .act = act_content_seal_add},
	AT(AGENTWIRE_CONTENT_SEAL_END) = {.keys = true, .check = agentrow_check_nothing, .act = act_content_seal_end},
	AT(AGENTWIRE_CONTENT_OPEN_BEGIN) = {.keys = true,
					    .check = check_content_open_begin,
					    .act = act_content_open_begin},
	AT(AGENTWIRE_CONTENT_OPEN_ADD) = {.keys = true, .check = check_piece, .act = act_content_open_add},
	AT(AGENTWIRE_CONTENT_OPEN_END) = {.keys = true, .check = agentrow_check_nothing, .act = act_content_open_end},
};
