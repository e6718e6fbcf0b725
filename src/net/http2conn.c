/* SPDX-License-Identifier: Apache-2.0 */
#include "http2conn.h"

#include <string.h>

#include "connection.h"
#include "http2answer.h"
#include "http2head.h"
#include "http2session.h"
#include "limits.h"
#include "server.h"

/* How often one connection is read in one turn of the loop. */
#define READS_PER_TURN 16
/* Answers kept for a peer before further requests of it must wait. */
#define KEPT_MAX 1048576u

/* Patience: what is drawn from it, and how it comes back. */
#define PATIENCE_PER_MS   2u
#define COST_RESET        50u
#define COST_CONTROL      10
#define COST_WINDOW       1
#define EARNED_BY_REQUEST 20

#define MIN_PROGRESS 1024
/* Bytes of one head (RFC 9113 section 6.5.2), four times what is answered: who sends more ends the connection. */
#define HEAD_MAX ((size_t)4 * LIMIT_HTTP_HEAD)
/* What a field counts beside its bytes. */
#define FIELD_OVERHEAD 32
/* Where a frame says what it is (RFC 9113 section 4.1). */
#define FRAME_TYPE 3

/* --- patience --- */

static void spend(struct connection *c, uint64_t tokens)
{
	struct http2conn *h = &c->http2;

	http2conn_earn(h, (c->loop->now - h->patience_at) * PATIENCE_PER_MS);
	h->patience_at = c->loop->now;
	if (h->patience >= tokens) {
		h->patience -= tokens;
		return;
	}
	h->patience = 0;
	meter_add(&c->loop->meter.protocol_errors, 1);
	(void)nghttp2_session_terminate_session(h->session, NGHTTP2_ENHANCE_YOUR_CALM);
}

/* --- requests --- */

static void link_in(struct http2conn *h, struct exchange *e)
{
	e->previous = h->last;
	if (h->last != NULL)
		h->last->next = e;
	else
		h->first = e;
	h->last = e;
	h->count++;
}

static void link_out(struct http2conn *h, struct exchange *e)
{
	if (e->previous != NULL)
		e->previous->next = e->next;
	else
		h->first = e->next;
	if (e->next != NULL)
		e->next->previous = e->previous;
	else
		h->last = e->previous;
	e->next = e->previous = NULL;
	h->count--;
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
	struct connection *c = context;
	struct exchange *e;

	c->http2.head_seen = 0;
	if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
		return 0;
	if (!ok(exchange_new(c->loop, c, &e)))
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	e->stream = frame->hd.stream_id;
	link_in(&c->http2, e);
	c->http2.reading = e;
	(void)nghttp2_session_set_stream_user_data(session, e->stream, e);
	return 0;
}

/* NOLINTNEXTLINE(readability-function-size): the signature is nghttp2's */
static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t name_len,
		     const uint8_t *value, size_t value_len, uint8_t flags, void *context)
{
	struct http2conn *h = &((struct connection *)context)->http2;
	struct exchange *e = h->reading;

	(void)session, (void)flags;
	/* A field of 4 KiB in the table is one byte to repeat, and thousands of bytes to look at. */
	h->head_seen += name_len + value_len + FIELD_OVERHEAD;
	if (h->head_seen > HEAD_MAX)
		return NGHTTP2_ERR_CALLBACK_FAILURE;
	/* Trailer fields mean nothing to us (RFC 9110 section 6.5.1). */
	if (e != NULL && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
		http2head_add(e, (struct text){(const char *)name, name_len},
			      (struct text){(const char *)value, value_len});
	return 0;
}

static void begin(struct connection *c, struct exchange *e)
{
	c->progress += MIN_PROGRESS;
	exchange_begin(e);
}

static void on_head(struct connection *c, struct exchange *e, bool ends)
{
	struct http2conn *h = &c->http2;

	e->body_complete = ends;
	http2table_asked(&h->fields, h->session, c->loop->now);
	http2head_complete(e, !ends);
	if (e->refusal != 0) {
		e->body = EXCHANGE_BODY_DISCARD;
		exchange_refuse(e, e->refusal, e->refusal_what);
	} else if (h->kept > KEPT_MAX) {
		e->queued = true;
		h->queued++;
	} else {
		begin(c, e);
	}
}

/* --- request bodies --- */

static void consume(struct connection *c, const struct exchange *e, size_t len)
{
	c->progress += len;
	(void)nghttp2_session_consume(c->http2.session, e->stream, len);
}

static bool drops_body(const struct exchange *e)
{
	return e->body == EXCHANGE_BODY_DISCARD || e->answered || e->cut;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *bytes, size_t len,
		   void *context)
{
	struct connection *c = context;
	struct exchange *e = nghttp2_session_get_stream_user_data(session, stream);

	(void)flags;
	if (e == NULL || drops_body(e)) {
		(void)nghttp2_session_consume_connection(session, len);
	} else if (exchange_wants_body(e) && e->held.len == 0) {
		exchange_deliver(e, bytes_of(bytes, len), false);
		consume(c, e, len);
	} else {
		/* The window is not opened again, so this cannot grow past it. */
		e->held.max = HTTP2SESSION_STREAM_WINDOW;
		if (!ok(buffer_put(&e->held, bytes_of(bytes, len))))
			exchange_cut(e);
	}
	return 0;
}

static void deliver_held(struct connection *c, struct exchange *e)
{
	AUTO(buffer) held = e->held;

	e->held = (struct buffer){.wipe = true};
	exchange_deliver(e, buffer_bytes(&held), e->body_complete);
	if (held.len > 0)
		consume(c, e, held.len);
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
	struct connection *c = context;
	bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;

	if (frame->hd.type == NGHTTP2_SETTINGS && (frame->hd.flags & NGHTTP2_FLAG_ACK) != 0)
		http2table_acknowledged(&c->http2.fields);
	if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA)
		return 0;
	struct exchange *e = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
	if (e == NULL)
		return 0;
	if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
		on_head(c, e, ends);
	else if (ends)
		e->body_complete = true;
	return 0;
}

/* Every frame as it begins, also those that nothing else looks at. */
static int on_any_frame(nghttp2_session *session, const nghttp2_frame_hd *header, void *context)
{
	(void)session;
	switch (header->type) {
	case NGHTTP2_HEADERS:
	case NGHTTP2_CONTINUATION:
	case NGHTTP2_RST_STREAM: /* counted when the stream closes */
		break;
	case NGHTTP2_DATA:
		if (header->length == 0 && (header->flags & NGHTTP2_FLAG_END_STREAM) == 0)
			spend(context, COST_CONTROL);
		break;
	case NGHTTP2_WINDOW_UPDATE:
		spend(context, COST_WINDOW);
		break;
	default:
		spend(context, COST_CONTROL);
		break;
	}
	return 0;
}

static int on_close(nghttp2_session *session, int32_t stream, uint32_t error, void *context)
{
	struct connection *c = context;
	struct http2conn *h = &c->http2;
	struct exchange *e = nghttp2_session_get_stream_user_data(session, stream);

	if (e == NULL)
		return 0;
	/* Whichever side reset it: a peer can make us do it (CVE-2025-8671). */
	if (error == NGHTTP2_NO_ERROR)
		http2conn_earn(h, EARNED_BY_REQUEST);
	else if (!e->cut)
		spend(c, COST_RESET);
	link_out(h, e);
	if (h->reading == e)
		h->reading = NULL;
	h->kept -= e->reply_len;
	h->queued -= e->queued;
	h->lingering -= e->lingers;
	c->progress += MIN_PROGRESS;
	exchange_end(e, e->sent && error == NGHTTP2_NO_ERROR ? EXCHANGE_SENT : EXCHANGE_LOST);
	return 0;
}

/* --- the session --- */

static void set_callbacks(nghttp2_session_callbacks *callbacks)
{
	nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
	nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
	nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, on_any_frame);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
	http2answer_set_callbacks(callbacks);
}

static struct status http2_start(struct connection *c)
{
	c->http2 = (struct http2conn){
		.patience = HTTP2CONN_PATIENCE,
		.patience_at = c->loop->now,
		.table = HPACK_TABLE_EMPTY,
		.fields = {.unacknowledged = 1},
	};
	TRY(http2session_new(c, set_callbacks, &c->http2.session));
	if (c->loop->draining)
		c->protocol->drain(c);
	return OK;
}

/* --- working --- */

/* What a handler did to an exchange since we looked last. */
static void attend_one(struct connection *c, struct exchange *e)
{
	struct http2conn *h = &c->http2;

	if (e->cut && !e->reset) {
		e->reset = true;
		(void)nghttp2_submit_rst_stream(h->session, NGHTTP2_FLAG_NONE, e->stream, NGHTTP2_CANCEL);
	}
	if (e->queued && h->kept <= KEPT_MAX) {
		e->queued = false;
		h->queued--;
		begin(c, e);
	}
	if (exchange_wants_body(e) && !exchange_refuses_length(e)) {
		if (e->expects_continue && !e->body_complete)
			http2answer_continue(e);
		if (e->held.len > 0 || e->body_complete)
			deliver_held(c, e);
	}
	if (drops_body(e) && e->held.len > 0) {
		(void)nghttp2_session_consume_connection(h->session, e->held.len);
		buffer_clear(&e->held);
	}
	if (e->deferred && !e->waiting) {
		e->deferred = false;
		(void)nghttp2_session_resume_data(h->session, e->stream);
	}
}

static void attend(struct connection *c)
{
	/* Nothing is unlinked meanwhile: streams close while nghttp2 sends or receives only. */
	for (struct exchange *e = c->http2.first; e != NULL; e = e->next)
		attend_one(c, e);
}

/* Move frames to the output; false when it is full. */
static bool fill(struct connection *c)
{
	struct http2conn *h = &c->http2;

	for (;;) {
		size_t room = connection_room(c), take = h->pending_len < room ? h->pending_len : room;
		if (take > 0) {
			memcpy(connection_end(c), h->pending, take);
			c->out_len += take;
			h->pending += take;
			h->pending_len -= take;
		}
		if (h->pending_len > 0)
			return false;
		http2answer_forget(&c->loop->pool, &h->head);
		ssize_t len = nghttp2_session_mem_send(h->session, &h->pending);
		if (len < 0)
			connection_close(c, true);
		if (len <= 0)
			return true;
		h->pending_len = (size_t)len;
		if (h->pending[FRAME_TYPE] == NGHTTP2_HEADERS)
			http2answer_framed(c);
	}
}

static bool receive(struct connection *c)
{
	struct piece in;
	size_t len = 0;

	if (!c->readable)
		return false;
	if (!ok(pool_take(&c->loop->pool, POOL_RECORD, &in))) {
		connection_close(c, true);
		return false;
	}
	bool any = connection_read(c, in.bytes, in.capacity, &len);
	/* Errors of the peer end in a GOAWAY that nghttp2 sends; this is what it cannot bear. */
	if (any && nghttp2_session_mem_recv(c->http2.session, in.bytes, len) < 0) {
		meter_add(&c->loop->meter.protocol_errors, 1);
		connection_close(c, true);
	}
	pool_give(&c->loop->pool, &in, len);
	return any && c->stage == CONNECTION_OPEN;
}

/* Also of a connection that has no rest, because it takes hours to read an answer or does not say that it listens. */
static void look_at_table(struct connection *c)
{
	struct http2conn *h = &c->http2;
	const uint64_t *span = c->loop->deadlines.span, now = c->loop->now;

	if (http2table_is_old(&h->fields, now, span[DEADLINE_REST]))
		http2table_rest(&h->fields, h->session, now);
	else if (http2table_is_ignored(&h->fields, now, span[DEADLINE_STALL]))
		(void)nghttp2_session_terminate_session(h->session, NGHTTP2_SETTINGS_TIMEOUT);
}

static bool http2_advance(struct connection *c)
{
	struct http2conn *h = &c->http2;
	bool room;
	int reads = 0;

	if (!h->broken)
		look_at_table(c);
	do {
		attend(c);
		room = !h->broken && fill(c);
	} while (c->stage == CONNECTION_OPEN && room && reads++ < READS_PER_TURN && receive(c));
	if (h->broken)
		connection_close(c, true);
	if (c->stage != CONNECTION_OPEN)
		return false;
	c->held = !room;
	if (nghttp2_session_want_read(h->session) == 0 && nghttp2_session_want_write(h->session) == 0 &&
	    h->pending_len == 0)
		c->finishing = c->unread = true;
	return !room;
}

static enum deadline_kind http2_deadline(const struct connection *c)
{
	if (c->http2.drain == HTTP2_NOTICE)
		return DEADLINE_GRACE;
	if (c->http2.lingering > 0)
		return DEADLINE_LINGER;
	return c->http2.count > 0 || c->http2.fields.state == HTTP2TABLE_CLOSING ? DEADLINE_STALL : DEADLINE_IDLE;
}

/* Whether an exchange waits for the peer: for its body, or for room to answer. */
static bool waits_for_peer(const struct exchange *e)
{
	return (exchange_wants_body(e) && !e->body_complete) || (e->answered && !e->waiting) || !e->begun;
}

static void go_away(struct connection *c)
{
	struct http2conn *h = &c->http2;

	h->drain = HTTP2_GOING;
	(void)nghttp2_submit_goaway(h->session, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(h->session),
				    NGHTTP2_NO_ERROR, NULL, 0);
}

static void end_lingering(struct http2conn *h)
{
	for (const struct exchange *e = h->first; e != NULL; e = e->next)
		if (e->lingers)
			(void)nghttp2_submit_rst_stream(h->session, NGHTTP2_FLAG_NONE, e->stream, NGHTTP2_NO_ERROR);
}

static void http2_overdue(struct connection *c, enum deadline_kind kind)
{
	struct http2conn *h = &c->http2;
	bool stalled = false;

	if (kind == DEADLINE_IDLE) {
		(void)nghttp2_session_terminate_session(h->session, NGHTTP2_NO_ERROR);
		return;
	}
	if (kind == DEADLINE_GRACE) {
		go_away(c);
		return;
	}
	if (kind == DEADLINE_LINGER) {
		end_lingering(h);
		return;
	}
	for (const struct exchange *e = h->first; e != NULL; e = e->next)
		stalled = stalled || waits_for_peer(e);
	if (stalled)
		connection_close(c, true);
}

static void http2_rest(struct connection *c)
{
	http2table_rest(&c->http2.fields, c->http2.session, c->loop->now);
}

static void http2_drain(struct connection *c)
{
	if (c->http2.drain != HTTP2_SERVING)
		return;
	/* First "send nothing new", then, once what is on its way has come, "this was the last". */
	c->http2.drain = HTTP2_NOTICE;
	(void)nghttp2_submit_shutdown_notice(c->http2.session);
}

static void http2_stop(struct connection *c)
{
	struct http2conn *h = &c->http2;

	while (h->first != NULL) {
		struct exchange *e = h->first;
		link_out(h, e);
		exchange_end(e, EXCHANGE_LOST);
	}
	http2answer_forget(&c->loop->pool, &h->head);
	if (!h->broken)
		nghttp2_session_del(h->session);
	h->session = NULL;
}

const struct protocol http2_protocol = {
	.start = http2_start,
	.advance = http2_advance,
	.answer = http2answer_give,
	.deadline = http2_deadline,
	.overdue = http2_overdue,
	.rest = http2_rest,
	.drain = http2_drain,
	.stop = http2_stop,
};
