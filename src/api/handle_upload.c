/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handle_upload: sealed bytes that arrive over several requests (docs/FORMATS.md section 4).
 *
 * The answer to an append carries the durable offset: the bytes were synced and the
 * upload's row committed.
 */
#include "facts.h"
#include "repeat.h"
#include "room.h"
#include "route.h"

#include <inttypes.h>
#include <stdio.h>

/** An append under way. */
struct appending {
	struct vault_writer writer;
	struct row row; /* as read; its other columns stay */
	struct row kept;
	struct upload_id id;
	uint64_t length; /* announced; 0: not */
	struct row_big length_bytes;
	uint64_t room; /* for the piece that is being received */
	struct quota_met nearest;
};

static void appending_release(struct call *c)
{
	struct appending *a = c->own;

	vault_writer_clear(&a->writer);
	row_clear(&a->row);
}

static struct status begin(struct call *c, struct appending **out)
{
	void *room;

	TRY(arena_take(&c->arena, sizeof **out, &room));
	*out = room;
	c->own = room;
	c->release = appending_release;
	return OK;
}

/** The caller's own upload; another's is as good as none. */
static struct status find_upload(struct call *c, struct appending *a)
{
	TRY(route_id(c, "upload", ID_UPLOAD, &a->id.uuid));
	const struct row_value key[] = {ROW_UUID(&a->id.uuid)};
	/* The last append may be newer than this turn's snapshot. */
	TRY(store_snapshot_renew(&c->loop->snapshot));
	struct status s = store_get(call_view(c), TABLE_UPLOAD, key, &a->row);
	if (s.code == ST_NOT_FOUND)
		return FAIL_AT(ST_NOT_FOUND, "upload");
	TRY(s);
	struct uuid owner = row_uuid(&a->row, COLUMN_UPLOAD_USER);
	if (!uuid_equal(&owner, &c->caller.session.user.uuid))
		return FAIL_AT(ST_NOT_FOUND, "upload");
	if (call_now(c) - row_number(&a->row, COLUMN_UPLOAD_CREATED) > LIMIT_UPLOAD_AGE_MS)
		return FAIL_AT(ST_GONE, "upload");
	return OK;
}

static void give_offset(struct call *c, uint64_t offset)
{
	char number[24];
	struct text kept;
	int len = snprintf(number, sizeof number, "%" PRIu64, offset);

	if (ok(arena_text(&c->arena, (struct text){number, (size_t)len}, &kept)))
		c->headers[c->header_count++] = (struct exchange_header){TEXT("upload-offset"), kept};
}

/* --- Begin --- */

/** A beginning under way. */
struct beginning {
	struct appending appending; /* must be first */
	struct patient_id patient;  /* the file that it is for; zero: not said */
	struct repeat repeat;
	bool repeated; /* its answer was lost; the upload is there */
};

/** What is told of it in advance: its length, and the file that it is for. */
static struct status read_plan(struct call *c, struct beginning *b)
{
	const struct text length = exchange_header(c->exchange, TEXT("upload-length"));
	const struct text named = form_get(&c->query, TEXT("patient"));

	if (length.at != NULL && !ok(text_to_u64(length, 1, INT64_MAX, &b->appending.length))) {
		c->problem.field = TEXT("upload-length");
		return FAIL_AT(ST_INVALID, "upload-length");
	}
	if (b->appending.length > vault_size_max())
		return room_too_big(c, "upload-length", vault_size_max());
	return named.at != NULL ? id_parse(ID_PATIENT, named, &b->patient.uuid) : OK;
}

/** What is refused under a key is not kept: the key may be used again. */
static struct status tell_reused(struct call *c, struct status s)
{
	if (s.code == ST_MISMATCH)
		c->problem.kind = PROBLEM_KEY_REUSED;
	if (s.code == ST_MISMATCH || s.code == ST_INVALID)
		c->problem.field = TEXT("idempotency-key");
	return s;
}

/** Before anything is asked for that the first one may have used up. */
static struct status look_for_first(struct call *c, struct beginning *b)
{
	uint8_t room[64];
	struct buffer request = {.bytes = room, .capacity = sizeof room, .max = sizeof room};
	static const char route[] = "POST /v1/uploads"; /* with its NUL */

	TRY(buffer_put(&request, BYTES_OF(route)));
	TRY(buffer_put(&request, uuid_bytes(&b->patient.uuid)));
	TRY(buffer_put_u64(&request, b->appending.length));
	TRY(repeat_read(call_view(c), &c->caller.session.user, exchange_header(c->exchange, TEXT("idempotency-key")),
			buffer_bytes(&request), &b->repeat));
	/* The first one may be newer than this turn's snapshot. */
	TRY(store_snapshot_renew(&c->loop->snapshot));
	return repeat_find(call_view(c), &b->repeat, call_now(c), &b->appending.id.uuid, &b->repeated);
}

static struct status check_plan(struct call *c, const struct beginning *b)
{
	const uint64_t more = quota_of_version(b->appending.length);
	struct user_id owner;

	if (!uuid_is_zero(&b->patient.uuid)) {
		TRY(room_file(c, &b->patient, RIGHT_WRITE, &owner));
		TRY(room_check(c, &owner, more));
	}
	return room_check(c, &c->caller.session.user, more);
}

static struct status log_upload(struct call *c, const struct record_log *log, struct store_txn *txn, const char *what)
{
	struct event event = {
		.kind = LEAF_WRITE,
		.result = LEAF_DONE,
		.subject = {.kind = PIECE_USER, .id = c->caller.session.user.uuid, .detail = text_of(what)}};
	uint64_t leaf;

	call_actor(c, &event.actor);
	return log->add(log->context, txn, &event, &leaf);
}

/** Counted for whoever began it, in the transaction that stores it. */
static struct status charge(struct call *c, struct store_txn *txn, uint64_t more)
{
	const struct quota_limits limits = room_limits(c);
	struct quota_met met = {0};

	return room_tell(c, &met, quota_charge(txn, &limits, &c->caller.session.user, more, &met));
}

static struct status insert_upload(struct call *c, struct store_txn *txn, const struct record_log *log)
{
	struct appending *a = c->own;
	struct row row = {
		.table = TABLE_UPLOAD,
		.plain = {[COLUMN_UPLOAD_USER] = ROW_UUID(&c->caller.session.user.uuid),
			  [COLUMN_UPLOAD_CREATED] = ROW_NUMBER(log->time)},
	};

	static const struct uuid none = {{0}};
	row.plain[COLUMN_UPLOAD_PATIENT].bytes = uuid_bytes(&none);
	row.plain[COLUMN_UPLOAD_ID].bytes = uuid_bytes(&a->id.uuid);
	if (a->length > 0)
		row.secret[SECRET_UPLOAD_LENGTH] = row_number_bytes(&a->length_bytes, a->length);
	TRY(vault_write_keep(&a->writer, &row));
	TRY(store_insert(txn, &row));
	return charge(c, txn, quota_of_version(a->length));
}

static struct status apply_begin(struct call *c, struct store_txn *txn, const struct record_log *log)
{
	struct beginning *b = c->own;
	struct uuid made;

	/* Another of the same key may have come in since the loop looked. */
	if (!b->repeated) {
		TRY(tell_reused(c, repeat_find(txn->view, &b->repeat, log->time, &made, &b->repeated)));
		b->appending.id.uuid = b->repeated ? made : b->appending.id.uuid;
	}
	if (b->repeated)
		return log_upload(c, log, txn, "upload begun again");
	TRY(insert_upload(c, txn, log));
	TRY(repeat_keep(txn, &b->repeat, log->time, &b->appending.id.uuid));
	return log_upload(c, log, txn, "upload begun");
}

static void respond_begin(struct call *c)
{
	struct appending *a = c->own;
	struct jsonwriter w = call_writer(c);
	struct id_text id = id_print(ID_UPLOAD, &a->id.uuid);
	char path[64];
	struct text kept;
	int len = snprintf(path, sizeof path, "/v1/uploads/%s", id.at);

	jsonwriter_object(&w, NULL);
	jsonwriter_id(&w, "id", ID_UPLOAD, &a->id.uuid);
	jsonwriter_end(&w);
	c->http = 201;
	call_written(c, &w);
	if (ok(arena_text(&c->arena, (struct text){path, (size_t)len}, &kept)))
		c->headers[c->header_count++] = (struct exchange_header){TEXT("location"), kept};
	give_offset(c, 0);
}

static struct status begin_new(struct call *c, struct beginning *b)
{
	struct appending *a = &b->appending;

	TRY(check_plan(c, b));
	a->id.uuid = uuid_new(call_now(c));
	return vault_write_begin(c->loop->service->vault, &a->id.uuid, &a->writer);
}

static struct status prepare_begin(struct call *c)
{
	struct beginning *b;
	void *room;

	TRY(arena_take(&c->arena, sizeof *b, &room));
	b = c->own = room;
	c->release = appending_release;
	TRY(read_plan(c, b));
	TRY(tell_reused(c, look_for_first(c, b)));
	return b->repeated ? OK : begin_new(c, b);
}

void handle_upload_begin(struct call *c, struct bytes body)
{
	struct status s = prepare_begin(c);

	(void)body;
	call_settle_change(c, s, apply_begin, respond_begin);
}

/* --- Offset, end --- */

void handle_upload_offset(struct call *c, struct bytes body)
{
	struct appending *a;
	struct status s = begin(c, &a);

	(void)body;
	if (ok(s))
		s = find_upload(c, a);
	if (!ok(s)) {
		call_refuse(c, s);
		return;
	}
	/* Nothing of a patient is told: no leaf. */
	give_offset(c, row_number(&a->row, COLUMN_UPLOAD_SIZE));
	c->http = 204;
	call_answer(c);
}

static struct status apply_drop(struct call *c, struct store_txn *txn, const struct record_log *log)
{
	struct appending *a = c->own;
	const struct row_value key[] = {ROW_UUID(&a->id.uuid)};
	AUTO(row) now = {0};
	uint64_t counted;

	TRY(store_get(txn->view, TABLE_UPLOAD, key, &now));
	TRY(quota_of_upload(&now, &counted));
	TRY(quota_free(txn, &c->caller.session.user, counted));
	TRY(store_remove(txn, TABLE_UPLOAD, key));
	return log_upload(c, log, txn, "upload dropped");
}

static void respond_drop(struct call *c)
{
	struct appending *a = c->own;

	(void)ok(vault_discard(c->loop->service->vault, &a->id.uuid));
	call_respond_nothing(c);
}

void handle_upload_drop(struct call *c, struct bytes body)
{
	struct appending *a;
	struct status s = begin(c, &a);

	(void)body;
	if (ok(s))
		s = find_upload(c, a);
	call_settle_change(c, s, apply_drop, respond_drop);
}

/* --- Append --- */

/** On a writer: the sync is slow. */
static struct status make_durable(struct call *c)
{
	struct appending *a = c->own;

	a->kept = a->row;
	return vault_write_keep(&a->writer, &a->kept);
}

static struct status apply_append(struct call *c, struct store_txn *txn, const struct record_log *log)
{
	struct appending *a = c->own;
	AUTO(row) now = {0};
	const struct row_value key[] = {ROW_UUID(&a->id.uuid)};
	uint64_t before, after;

	/* Dropped meanwhile: it must not come back. */
	TRY(store_get(txn->view, TABLE_UPLOAD, key, &now));
	TRY(quota_of_upload(&now, &before));
	TRY(quota_of_upload(&a->kept, &after));
	if (after > before)
		TRY(charge(c, txn, after - before));
	TRY(store_put(txn, &a->kept));
	return log_upload(c, log, txn, "upload continued");
}

static void respond_append(struct call *c)
{
	struct appending *a = c->own;

	give_offset(c, a->writer.size);
	call_respond_nothing(c);
}

static void durable(struct call *c)
{
	struct status s = c->failure;

	c->failure = OK;
	call_settle_change(c, s, apply_append, respond_append);
}

static void on_piece(struct exchange *e, struct status s, struct bytes piece, bool last)
{
	struct call *c = call_of(e);
	struct appending *a = c->own;

	if (c->stage != CALL_READING)
		return;
	if (ok(s) && piece.len > a->room)
		s = a->length > 0 ? room_too_big(c, "upload-length", a->length)
				  : room_tell(c, &a->nearest, FAIL_AT(ST_FULL, a->nearest.name));
	if (ok(s) && piece.len > 0)
		s = vault_write(&a->writer, piece);
	a->room -= piece.len < a->room ? piece.len : a->room;
	if (!ok(s))
		call_refuse(c, s);
	else if (last)
		call_write_on(c, make_durable, durable);
}

/** How much more may come: what was announced is counted already, anything else has to find room. */
static struct status find_room(struct call *c, struct appending *a)
{
	const struct exchange_request *r = exchange_request(c->exchange);
	const struct bytes length = a->row.secret[SECRET_UPLOAD_LENGTH];
	const uint64_t size = row_number(&a->row, COLUMN_UPLOAD_SIZE);

	if (length.len > 0) {
		TRY(row_secret_number(&a->row, SECRET_UPLOAD_LENGTH, &a->length));
		a->room = a->length > size ? a->length - size : 0;
		return !r->has_length || r->length <= a->room ? OK : room_too_big(c, "upload-length", a->length);
	}
	if (r->has_length && r->length > vault_size_max() - size)
		return room_too_big(c, "record", vault_size_max());
	if (r->has_length)
		TRY(room_check(c, &c->caller.session.user, r->length));
	return room_left(c, &c->caller.session.user, &a->room, &a->nearest);
}

static struct status begin_append(struct call *c, struct appending *a)
{
	struct text field = exchange_header(c->exchange, TEXT("upload-offset"));
	uint64_t offset;

	struct status s = text_to_u64(field, 0, LIMIT_RECORD_BYTES, &offset);
	if (!ok(s)) {
		c->problem.field = TEXT("upload-offset");
		return s;
	}
	TRY(find_upload(c, a));
	if (offset != row_number(&a->row, COLUMN_UPLOAD_SIZE)) {
		give_offset(c, row_number(&a->row, COLUMN_UPLOAD_SIZE));
		return FAIL_AT(ST_CONFLICT, "upload-offset");
	}
	TRY(find_room(c, a));
	return vault_write_resume(c->loop->service->vault, &a->row, &a->writer);
}

void handle_upload_append(struct call *c, struct bytes body)
{
	struct appending *a;
	struct status s = begin(c, &a);

	(void)body;
	if (ok(s))
		s = begin_append(c, a);
	if (ok(s))
		exchange_stream(c->exchange, c->route->max, on_piece);
	else
		call_refuse(c, s);
}
