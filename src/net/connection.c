/* SPDX-License-Identifier: Apache-2.0 */
#include "connection.h"

#include <stdlib.h>
#include <string.h>

#include "reply.h"
#include "server.h"

/* Bytes that must move before a deadline for progress starts again. */
#define MIN_PROGRESS 1024
/* How often one connection fills and empties its output in one turn of the loop. */
#define ROUNDS_PER_TURN 16
/* From so many connections on a loop, TLS buffers are given back after every record: 34 KiB each count then, and a
 * loop that is busy finds them in the cache again, having just given them back. */
#define FRUGAL_FROM 64
/* How long a connection must have waited before it may be closed in favour of a new one: an honest client needs less
 * for its handshake and its head, and a flood must bring all places anew in this time to keep anybody out. */
#define EVICT_WAITING_MS 200
/* A body that moves MIN_PROGRESS in this time is honest. */
#define EVICT_STALLED_MS 1000

static void on_ready(struct watch *w, uint32_t events);

/* --- coming and going --- */

static void link_in(struct connection *c)
{
	struct net_loop *loop = c->loop;

	c->next = loop->connections;
	if (c->next != NULL)
		c->next->previous = c;
	loop->connections = c;
	meter_add(&loop->meter.connections, 1);
}

static void link_out(struct connection *c)
{
	struct net_loop *loop = c->loop;

	if (c->next != NULL)
		c->next->previous = c->previous;
	if (c->previous != NULL)
		c->previous->next = c->next;
	else
		loop->connections = c->next;
	meter_less(&loop->meter.connections);
}

void connection_close(struct connection *c, bool abruptly)
{
	struct net_loop *loop = c->loop;

	if (c->stage == CONNECTION_CLOSED)
		return;
	c->stage = CONNECTION_CLOSED;
	if (c->protocol != NULL)
		c->protocol->stop(c);
	pool_give(&loop->pool, &c->out, c->out.capacity);
	deadline_disarm(&c->deadline);
	wire_close(&c->wire, abruptly);
	guests_leave(loop->server->guests, &c->origin.guest);
	link_out(c);
	c->next = loop->dead;
	loop->dead = c;
}

static struct status begin(struct connection *c, const struct protocol *protocol)
{
	c->protocol = protocol;
	c->stage = CONNECTION_OPEN;
	c->progress = MIN_PROGRESS;
	return protocol->start(c);
}

void connection_open(struct net_loop *loop, int fd, const struct connection_origin *origin)
{
	struct connection *c = calloc(1, sizeof *c);

	if (c == NULL || !ok(wire_setup(&c->wire, fd, origin->is_unix ? NULL : loop->tls))) {
		free(c);
		wire_close(&(struct wire){.fd = fd}, true);
		guests_leave(loop->server->guests, &origin->guest);
		return;
	}
	c->watch = (struct watch){.ready = on_ready, .fd = fd};
	c->loop = loop;
	c->origin = *origin;
	if (!origin->is_unix && meter_read(&loop->meter.connections) >= FRUGAL_FROM)
		wire_save_memory(&c->wire);
	link_in(c);
	meter_add(&loop->meter.accepted, 1);
	if (origin->is_unix && !ok(begin(c, &http1_protocol))) {
		connection_close(c, true);
		return;
	}
	if (!ok(loop_watch(loop, &c->watch, EPOLLIN | EPOLLRDHUP))) {
		connection_close(c, true);
		return;
	}
	deadline_arm(&loop->deadlines, &c->deadline, origin->is_unix ? DEADLINE_REST : DEADLINE_HANDSHAKE, loop->now);
}

void connection_touch(struct connection *c)
{
	struct net_loop *loop = c->loop;

	if (c->busy || c->is_dirty || c->stage == CONNECTION_CLOSED)
		return;
	c->is_dirty = true;
	c->next_dirty = NULL;
	*loop->dirty_end = c;
	loop->dirty_end = &c->next_dirty;
}

/* --- bytes --- */

bool connection_read(struct connection *c, uint8_t *out, size_t max, size_t *len)
{
	struct status s = wire_read(&c->wire, out, max, len);

	if (ok(s)) {
		/* After a full record there is likely to be more, and asking costs less than waiting. */
		c->readable = wire_pending(&c->wire) || *len == max || *len >= POOL_RECORD / 2;
		meter_add(&c->loop->meter.bytes_in, *len);
		return true;
	}
	c->readable = false;
	if (s.code != ST_BUSY)
		connection_close(c, false);
	return false;
}

size_t connection_room(struct connection *c)
{
	if (c->out.bytes == NULL && !ok(pool_take(&c->loop->pool, POOL_RECORD, &c->out)))
		return 0;
	return c->out.capacity - c->out_len;
}

struct status connection_reserve(struct connection *c, size_t len)
{
	struct piece larger;

	if (connection_room(c) >= len && c->out.bytes != NULL)
		return OK;
	TRY(pool_take(&c->loop->pool, c->out_len + len, &larger));
	if (c->out.bytes != NULL && c->out_len > 0)
		memcpy(larger.bytes, c->out.bytes, c->out_len);
	pool_give(&c->loop->pool, &c->out, c->out_len);
	c->out = larger;
	return OK;
}

/* Send what is in ${out}; true when all of it went. */
static bool send_out(struct connection *c)
{
	size_t sent;

	while (c->out_at < c->out_len) {
		struct status s =
			wire_write(&c->wire, bytes_of(c->out.bytes + c->out_at, c->out_len - c->out_at), &sent);
		if (!ok(s)) {
			c->blocked = s.code == ST_BUSY;
			if (!c->blocked)
				connection_close(c, true);
			return false;
		}
		c->out_at += sent;
		if (c->protocol == NULL || c->protocol->sends_answers_only)
			c->progress += sent;
		meter_add(&c->loop->meter.bytes_out, sent);
	}
	pool_give(&c->loop->pool, &c->out, c->out_len);
	c->out_at = c->out_len = 0;
	return true;
}

enum exchange_tls connection_tls(const struct connection *c)
{
	if (c->wire.ssl == NULL)
		return EXCHANGE_CLEAR;
	return SSL_version(c->wire.ssl) == TLS1_3_VERSION ? EXCHANGE_TLS13 : EXCHANGE_TLS12;
}

/* --- what to wait for --- */

static void settle_deadline(struct connection *c)
{
	enum deadline_kind kind = c->blocked ? DEADLINE_STALL : c->protocol->deadline(c);

	if (kind == DEADLINE_KINDS) {
		deadline_disarm(&c->deadline);
		return;
	}
	c->rested = c->rested && kind == DEADLINE_IDLE && c->progress < MIN_PROGRESS;
	if (kind == DEADLINE_IDLE && !c->rested)
		kind = DEADLINE_REST;
	if (deadline_armed(&c->deadline) && c->deadline.kind == kind &&
	    (c->progress < MIN_PROGRESS || kind == DEADLINE_LINGER))
		return;
	deadline_arm(&c->loop->deadlines, &c->deadline, kind, c->loop->now);
	c->progress = 0;
}

static void settle(struct connection *c)
{
	/* What is not read must not be reported either, or the loop would spin. */
	c->held = c->held || c->finishing;
	uint32_t events = EPOLLRDHUP | (c->held ? 0 : (uint32_t)EPOLLIN) | (c->blocked ? (uint32_t)EPOLLOUT : 0);

	if (!ok(loop_watch(c->loop, &c->watch, events))) {
		connection_close(c, true);
		return;
	}
	settle_deadline(c);
}

static void linger(struct connection *c)
{
	wire_finish(&c->wire);
	c->stage = CONNECTION_LINGER;
	c->held = false;
	deadline_arm(&c->loop->deadlines, &c->deadline, DEADLINE_LINGER, c->loop->now);
	if (!ok(loop_watch(c->loop, &c->watch, EPOLLIN | EPOLLRDHUP)))
		connection_close(c, true);
}

/* --- what happens --- */

static void advance_open(struct connection *c)
{
	bool more = true, sent = true;

	c->busy = true;
	for (unsigned round = 0; more && sent && round < ROUNDS_PER_TURN; round++) {
		more = c->protocol->advance(c);
		if (c->stage != CONNECTION_OPEN)
			break;
		sent = send_out(c);
	}
	c->busy = false;
	if (c->stage != CONNECTION_OPEN)
		return;
	if (c->finishing && sent) {
		if (c->unread)
			linger(c);
		else
			connection_close(c, false);
		return;
	}
	settle(c);
	/* Others have their turn first; what OpenSSL holds would not wake us. */
	if (c->stage == CONNECTION_OPEN && sent && (more || (c->readable && !c->held)))
		connection_touch(c);
}

/* PROMISES#S10: nothing but the advice to speak TLS is ever said in clear on a TLS port. */
static void refuse_plain(struct connection *c)
{
	struct reply_framing framing = {.close = true};
	AUTO(reply_problem) problem = {0};

	reply_speak_tls(c->loop->server->origin, &problem);
	framing.length = problem.reply.body.len;
	meter_add(&c->loop->meter.protocol_errors, 1);
	if (!ok(connection_reserve(c, reply_head_bound(&problem.reply) + problem.reply.body.len))) {
		connection_close(c, true);
		return;
	}
	c->out_len = reply_head(&problem.reply, &framing, loop_date(c->loop), c->out.bytes);
	/* Without memory there is a status alone. */
	if (problem.reply.body.len > 0)
		memcpy(connection_end(c), problem.reply.body.at, problem.reply.body.len);
	c->out_len += problem.reply.body.len;
	if (send_out(c))
		linger(c);
	else
		connection_close(c, true);
}

static void handshake_done(struct connection *c)
{
	const unsigned char *name;
	unsigned len;

	SSL_get0_alpn_selected(c->wire.ssl, &name, &len);
	meter_add(&c->loop->meter.handshakes, 1);
	if (SSL_session_reused(c->wire.ssl) == 1)
		meter_add(&c->loop->meter.resumed, 1);
	if (!ok(begin(c, len == 2 && memcmp(name, "h2", 2) == 0 ? &http2_protocol : &http1_protocol))) {
		connection_close(c, true);
		return;
	}
	c->blocked = false;
	c->readable = wire_pending(&c->wire);
	advance_open(c);
}

static void handshake(struct connection *c)
{
	struct status s = wire_handshake(&c->wire);

	if (ok(s)) {
		handshake_done(c);
	} else if (s.code == ST_BUSY) {
		uint32_t events = EPOLLRDHUP | (uint32_t)(c->wire.wants_write ? EPOLLOUT : EPOLLIN);
		if (!ok(loop_watch(c->loop, &c->watch, events)))
			connection_close(c, true);
	} else if (s.code == ST_INVALID) {
		refuse_plain(c);
	} else {
		meter_add(&c->loop->meter.handshake_failures, 1);
		connection_close(c, false);
	}
}

void connection_advance(struct connection *c)
{
	switch (c->stage) {
	case CONNECTION_HANDSHAKE:
		handshake(c);
		break;
	case CONNECTION_OPEN:
		advance_open(c);
		break;
	case CONNECTION_LINGER:
		if (!wire_discard(&c->wire))
			connection_close(c, false);
		break;
	case CONNECTION_CLOSED:
		break;
	}
}

static void on_ready(struct watch *w, uint32_t events)
{
	struct connection *c = (struct connection *)(void *)w;

	if (c->stage == CONNECTION_CLOSED)
		return;
	/* Nobody is there any more to read an answer. */
	if ((events & EPOLLERR) != 0 || ((events & (EPOLLRDHUP | EPOLLHUP)) != 0 && c->held)) {
		connection_close(c, true);
		return;
	}
	if ((events & EPOLLOUT) != 0)
		c->blocked = false;
	if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP)) != 0)
		c->readable = true;
	connection_advance(c);
}

static void rest(struct connection *c)
{
	c->rested = true;
	if (c->protocol != NULL && c->protocol->rest != NULL && c->stage == CONNECTION_OPEN) {
		c->protocol->rest(c);
		advance_open(c);
	} else {
		deadline_arm(&c->loop->deadlines, &c->deadline, DEADLINE_IDLE, c->loop->now);
	}
	if (c->stage != CONNECTION_CLOSED)
		wire_rest(&c->wire);
}

void connection_overdue(struct connection *c)
{
	enum deadline_kind kind = (enum deadline_kind)c->deadline.kind;

	deadline_disarm(&c->deadline);
	if (kind == DEADLINE_REST) {
		rest(c);
		return;
	}
	if (kind != DEADLINE_IDLE && kind != DEADLINE_LINGER && kind != DEADLINE_GRACE)
		meter_add(&c->loop->meter.timeouts, 1);
	if (c->stage != CONNECTION_OPEN || c->finishing || (c->blocked && kind == DEADLINE_STALL)) {
		connection_close(c, true);
		return;
	}
	c->protocol->overdue(c, kind);
	if (c->stage == CONNECTION_OPEN)
		advance_open(c);
}

void connection_drain(struct connection *c)
{
	if (c->stage == CONNECTION_HANDSHAKE)
		connection_close(c, true);
	if (c->stage != CONNECTION_OPEN)
		return;
	c->protocol->drain(c);
	connection_touch(c);
}

/* --- making room --- */

static struct connection *of_deadline(struct deadline *d)
{
	return (struct connection *)(void *)((char *)d - offsetof(struct connection, deadline));
}

static bool evict_kind(struct net_loop *loop, enum deadline_kind kind, uint64_t waited, const struct address *guest)
{
	for (struct deadline *d = deadline_oldest(&loop->deadlines, kind); d != NULL;
	     d = deadline_after(&loop->deadlines, d)) {
		struct connection *c = of_deadline(d);
		if (d->at - loop->deadlines.span[kind] + waited > loop->now)
			return false;
		if (guest != NULL && !address_same_host(guest, &c->origin.guest))
			continue;
		meter_add(&loop->meter.evicted, 1);
		connection_close(c, true);
		return true;
	}
	return false;
}

bool connection_evict(struct net_loop *loop, const struct address *peer)
{
	/* Who keeps us waiting in the middle of something goes before who rests between two requests. */
	return evict_kind(loop, DEADLINE_HEAD, EVICT_WAITING_MS, peer) ||
	       evict_kind(loop, DEADLINE_HANDSHAKE, EVICT_WAITING_MS, peer) ||
	       evict_kind(loop, DEADLINE_LINGER, 0, peer) || evict_kind(loop, DEADLINE_IDLE, 0, peer) ||
	       evict_kind(loop, DEADLINE_STALL, EVICT_STALLED_MS, peer);
}
