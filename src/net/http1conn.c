/* SPDX-License-Identifier: Apache-2.0 */
#include "http1conn.h"

#include <string.h>

#include "connection.h"
#include "http1input.h"
#include "relay.h"
#include "reply.h"
#include "server.h"

/* A body that nobody wanted is read over up to this, so that the connection can go on. */
#define SWALLOW_MAX 65536u
/* Room that must be left before another pipelined request is begun: most answers fit. */
#define PIPELINE_ROOM 4096
/* Size line before a chunk, and what may follow it: "ffff\r\n" ... "\r\n" "0\r\n\r\n". */
#define CHUNK_BEFORE 6
#define CHUNK_AFTER  7
#define FILL_ROOM    32u
/* Others have their turn in between. */
#define STEPS_PER_ROUND 64
#define CONTINUE        "HTTP/1.1 100 Continue\r\n\r\n"

/* What a step did. */
enum step {
	STEP_MORE, /* something: try the next */
	STEP_WAIT, /* nothing to do until something happens */
	STEP_FULL, /* the output must be sent first */
};

static struct status http1_start(struct connection *c)
{
	c->http1 = (struct http1conn){.draining = c->loop->draining};
	return OK;
}

/* --- input --- */

static enum step read_more(struct connection *c)
{
	struct http1conn *h = &c->http1;
	size_t len;

	if (!ok(http1input_room(c))) {
		connection_close(c, true);
		return STEP_WAIT;
	}
	c->held = h->in_len == h->in.capacity;
	if (c->held || !c->readable)
		return STEP_WAIT;
	if (!connection_read(c, h->in.bytes + h->in_len, h->in.capacity - h->in_len, &len))
		return STEP_WAIT;
	h->in_len += len;
	h->in_high = h->in_len > h->in_high ? h->in_len : h->in_high;
	return STEP_MORE;
}

/* --- beginning an exchange --- */

static void refuse(struct connection *c, unsigned status, const char *what)
{
	struct reply_framing framing = {.close = true};
	AUTO(reply_problem) problem = {0};

	reply_problem(status, what, &problem);
	framing.length = problem.reply.body.len;
	meter_add(&c->loop->meter.protocol_errors, 1);
	meter_add(&c->loop->meter.requests[status / 100], 1);
	c->finishing = c->unread = true;
	if (!ok(connection_reserve(c, reply_head_bound(&problem.reply) + problem.reply.body.len)))
		return;
	c->out_len += reply_head(&problem.reply, &framing, loop_date(c->loop), connection_end(c));
	/* Without memory there is a status alone. */
	if (problem.reply.body.len > 0)
		memcpy(connection_end(c), problem.reply.body.at, problem.reply.body.len);
	c->out_len += problem.reply.body.len;
}

static struct exchange_request request_of(const struct connection *c)
{
	const struct http1_head *head = &c->http1.head;

	return (struct exchange_request){
		.method = head->method,
		.path = head->target.path,
		.query = head->target.query,
		.authority = head->authority,
		.has_query = head->target.has_query,
		.has_body = head->chunked || head->length > 0,
		.has_length = !head->chunked,
		.length = head->length,
		.protocol = EXCHANGE_HTTP1,
		.tls = connection_tls(c),
		.secure = c->wire.ssl != NULL,
		.peer = c->origin.peer,
	};
}

static enum step begin_exchange(struct connection *c)
{
	struct http1conn *h = &c->http1;
	struct exchange *e;

	if (!ok(exchange_new(c->loop, c, &e))) {
		refuse(c, 503, "memory");
		return STEP_MORE;
	}
	h->exchange = e;
	h->chunks = (struct http1_chunks){0};
	h->body_left = h->head.length;
	h->close = h->head.close || h->draining;
	e->request = request_of(c);
	e->head = (const char *)h->in.bytes;
	e->fields = h->head.fields;
	e->field_count = h->head.field_count;
	e->expects_continue = h->head.expects_continue && e->request.has_body;
	e->body_complete = !e->request.has_body;
	relay_resolve(e);
	exchange_begin(e);
	return STEP_MORE;
}

/* Into ${head}, which then looks into ${in}; a body finds room behind it. */
static struct status parse_head(struct connection *c, unsigned *answer)
{
	struct http1conn *h = &c->http1;
	struct text scheme = c->origin.is_unix ? TEXT("http://") : TEXT("https://");

	TRY(http1_parse(bytes_of(h->in.bytes, h->head_len), scheme, &h->head, answer));
	if (h->in.capacity >= POOL_INPUT || (!h->head.chunked && h->head.length <= h->in.capacity - h->head_len))
		return OK;
	if (!ok(http1input_enlarge(c))) {
		*answer = 503;
		return FAIL_AT(ST_NO_MEMORY, "memory");
	}
	return http1_parse(bytes_of(h->in.bytes, h->head_len), scheme, &h->head, answer);
}

static enum step take_head(struct connection *c)
{
	struct http1conn *h = &c->http1;
	unsigned answer = 400;

	http1input_tidy(c);
	struct status s = http1_scan(bytes_of(h->in.bytes, h->in_len), &h->scanned, &h->head_len, &answer);
	if (ok(s) && h->head_len == 0)
		return read_more(c);
	if (ok(s))
		s = parse_head(c, &answer);
	if (!ok(s)) {
		refuse(c, answer, s.what);
		return STEP_MORE;
	}
	h->in_at = h->head_len;
	h->scanned = 0;
	return begin_exchange(c);
}

static enum step between(struct connection *c)
{
	struct http1conn *h = &c->http1;

	if (http1input_waiting(h) == 0)
		return read_more(c);
	if (c->out_len > 0 && connection_room(c) < PIPELINE_ROOM) {
		c->held = true;
		return STEP_FULL;
	}
	return take_head(c);
}

/* --- the body of the request --- */

/* The next piece of content among the bytes that wait; false ends the connection. */
static bool next_piece(struct connection *c, struct bytes *piece)
{
	struct http1conn *h = &c->http1;
	struct bytes in = bytes_of(h->in.bytes + h->in_at, http1input_waiting(h));
	size_t used;

	if (h->head.chunked) {
		if (!ok(http1_chunks_next(&h->chunks, in, &used, piece)))
			return false;
		/* Framing may end right behind the content: take it along. */
		h->in_at += used;
		h->exchange->body_complete = http1_chunks_done(&h->chunks);
		return true;
	}
	used = in.len < h->body_left ? in.len : (size_t)h->body_left;
	*piece = bytes_of(in.at, used);
	h->in_at += used;
	h->body_left -= used;
	h->exchange->body_complete = h->body_left == 0;
	return true;
}

static enum step bad_body(struct connection *c)
{
	struct exchange *e = c->http1.exchange;

	if (e->answered) {
		connection_close(c, true);
		return STEP_WAIT;
	}
	c->http1.exchange = NULL;
	exchange_end(e, EXCHANGE_LOST);
	refuse(c, 400, "chunk");
	return STEP_MORE;
}

/* Feed the handler, or throw away what it did not want. */
static enum step take_body(struct connection *c)
{
	struct http1conn *h = &c->http1;
	struct exchange *e = h->exchange;
	struct bytes piece = {0};
	bool wanted = exchange_wants_body(e);

	if (!e->body_complete && http1input_waiting(h) > 0 && !next_piece(c, &piece))
		return bad_body(c);
	c->progress += piece.len;
	if (!wanted)
		return piece.len > 0 || e->body_complete ? STEP_MORE : read_more(c);
	if (piece.len > 0 || e->body_complete) {
		exchange_deliver(e, piece, e->body_complete);
		return STEP_MORE;
	}
	return http1input_waiting(h) > 0 ? STEP_MORE : read_more(c);
}

static enum step ask_body(struct connection *c)
{
	struct exchange *e = c->http1.exchange;

	if (exchange_refuses_length(e))
		return STEP_MORE;
	if (e->expects_continue) {
		e->expects_continue = false;
		if (http1input_waiting(&c->http1) == 0 && ok(connection_reserve(c, sizeof CONTINUE))) {
			memcpy(connection_end(c), CONTINUE, sizeof CONTINUE - 1);
			c->out_len += sizeof CONTINUE - 1;
			return STEP_FULL;
		}
	}
	return take_body(c);
}

/* --- the answer --- */

/* Whether the connection can go on after an answer that came before the end of the body. */
static bool can_swallow(const struct http1conn *h)
{
	const struct exchange *e = h->exchange;

	return e->body_complete || (!e->expects_continue && !h->head.chunked && h->body_left <= SWALLOW_MAX);
}

static struct reply_framing frame(struct exchange *e, const struct exchange_reply *r)
{
	struct http1conn *h = &e->connection->http1;
	struct reply_framing f = {.bodyless = reply_is_bodyless(r->status), .length = exchange_length(e, r)};

	if (r->close || h->draining || !can_swallow(h))
		h->close = true;
	f.close = h->close;
	f.chunked = !f.bodyless && f.length == EXCHANGE_LENGTH_UNKNOWN;
	e->framed = f.chunked;
	e->left = f.length;
	e->sent = f.bodyless || f.length == 0 || e->request.method == HTTP_HEAD;
	return f;
}

static struct status http1_answer(struct exchange *e, const struct exchange_reply *r)
{
	struct connection *c = e->connection;
	struct reply_framing f = frame(e, r);
	size_t bound = reply_head_bound(r);

	TRY(connection_reserve(c, bound));
	c->out_len += reply_head(r, &f, loop_date(c->loop), connection_end(c));
	if (e->sent || e->has_source)
		return OK;
	/* Head and body in one buffer and one send, where they fit. */
	if (r->body.len > connection_room(c))
		return exchange_keep(e, r->body);
	memcpy(connection_end(c), r->body.at, r->body.len);
	c->out_len += r->body.len;
	e->sent = true;
	return OK;
}

static struct status fill_plain(struct connection *c, struct exchange *e, size_t room)
{
	size_t len;

	TRY(exchange_produce(e, connection_end(c), room, &len));
	c->out_len += len;
	return OK;
}

static void put_line_end(uint8_t *at)
{
	at[0] = '\r';
	at[1] = '\n';
}

static struct status fill_chunk(struct connection *c, struct exchange *e, size_t room)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t *at = connection_end(c);
	size_t len;

	TRY(exchange_produce(e, at + CHUNK_BEFORE, room - CHUNK_BEFORE - CHUNK_AFTER, &len));
	if (len > 0) {
		for (unsigned i = 0; i < 4; i++)
			at[i] = (uint8_t)digits[len >> (12 - 4 * i) & 15];
		put_line_end(at + 4);
		put_line_end(at + CHUNK_BEFORE + len);
		c->out_len += CHUNK_BEFORE + len + 2;
	}
	if (e->sent) {
		memcpy(connection_end(c), "0\r\n\r\n", 5);
		c->out_len += 5;
	}
	return OK;
}

static enum step fill(struct connection *c)
{
	struct exchange *e = c->http1.exchange;
	size_t room = connection_room(c);

	if (e->waiting)
		return read_more(c);
	if (room < FILL_ROOM) {
		/* What the peer sends meanwhile can wait; that it leaves cannot. */
		c->held = true;
		return STEP_FULL;
	}
	if (!ok(e->framed ? fill_chunk(c, e, room) : fill_plain(c, e, room))) {
		connection_close(c, true);
		return STEP_WAIT;
	}
	return STEP_MORE;
}

static enum step finish(struct connection *c)
{
	struct http1conn *h = &c->http1;
	struct exchange *e = h->exchange;
	bool complete = e->body_complete;

	if (!complete && !h->close)
		return take_body(c);
	h->exchange = NULL;
	exchange_end(e, EXCHANGE_SENT);
	c->progress += 1024;
	c->held = false;
	if (h->close) {
		c->finishing = true;
		c->unread = !complete || http1input_waiting(h) > 0;
	}
	http1input_tidy(c);
	return STEP_MORE;
}

static enum step running(struct connection *c)
{
	struct exchange *e = c->http1.exchange;

	if (e->cut) {
		connection_close(c, true);
		return STEP_WAIT;
	}
	if (e->sent)
		return finish(c);
	if (e->answered)
		return fill(c);
	if (exchange_wants_body(e))
		return ask_body(c);
	/* The handler is at work: see only whether the peer is still there. */
	return read_more(c) == STEP_MORE && c->readable ? STEP_MORE : STEP_WAIT;
}

static bool http1_advance(struct connection *c)
{
	for (int steps = 0; c->stage == CONNECTION_OPEN && !c->finishing; steps++) {
		if (steps == STEPS_PER_ROUND)
			return true;
		enum step s = c->http1.exchange != NULL ? running(c) : between(c);
		if (s != STEP_MORE)
			return s == STEP_FULL;
	}
	return false;
}

/* --- the rest of struct protocol --- */

static enum deadline_kind http1_deadline(const struct connection *c)
{
	const struct http1conn *h = &c->http1;
	const struct exchange *e = h->exchange;

	if (e == NULL && http1input_waiting(h) > 0)
		return DEADLINE_HEAD;
	if (e == NULL)
		return h->draining ? DEADLINE_GRACE : DEADLINE_IDLE;
	if (exchange_wants_body(e) || (e->answered && !e->waiting))
		return DEADLINE_STALL;
	return DEADLINE_KINDS;
}

static void http1_overdue(struct connection *c, enum deadline_kind kind)
{
	struct exchange *e = c->http1.exchange;

	if (kind == DEADLINE_IDLE || kind == DEADLINE_GRACE || (e != NULL && e->answered)) {
		connection_close(c, e != NULL);
		return;
	}
	const char *late = e != NULL ? "body" : "head";
	c->http1.exchange = NULL;
	if (e != NULL)
		exchange_end(e, EXCHANGE_LOST);
	refuse(c, 408, late);
}

static void http1_drain(struct connection *c)
{
	c->http1.draining = true;
	if (c->http1.exchange != NULL && !c->http1.exchange->answered)
		c->http1.close = true;
}

static void http1_stop(struct connection *c)
{
	struct http1conn *h = &c->http1;
	struct exchange *e = h->exchange;

	h->exchange = NULL;
	if (e != NULL)
		exchange_end(e, EXCHANGE_LOST);
	pool_give(&c->loop->pool, &h->in, h->in_high);
}

const struct protocol http1_protocol = {
	.start = http1_start,
	.advance = http1_advance,
	.answer = http1_answer,
	.deadline = http1_deadline,
	.overdue = http1_overdue,
	.drain = http1_drain,
	.stop = http1_stop,
	.sends_answers_only = true,
};
