/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "connection.h"
#include "http2answer.h"
#include "reply.h"
#include "server.h"

/* --- the table --- */

struct exchange_chunk {
	struct exchange slots[EXCHANGE_CHUNK];
};

static struct status grow(struct exchange_table *t)
{
	struct exchange_chunk **chunks = realloc(t->chunks, (t->chunk_count + 1) * sizeof(struct exchange_chunk *));

	if (chunks == NULL)
		return FAIL(ST_NO_MEMORY);
	t->chunks = chunks;
	struct exchange_chunk *chunk = calloc(1, sizeof *chunk);
	if (chunk == NULL)
		return FAIL(ST_NO_MEMORY);
	for (uint32_t i = 0; i < EXCHANGE_CHUNK; i++) {
		chunk->slots[i].slot = t->chunk_count * EXCHANGE_CHUNK + i;
		chunk->slots[i].next = t->spare;
		t->spare = &chunk->slots[i];
	}
	t->chunks[t->chunk_count++] = chunk;
	return OK;
}

void exchange_table_clear(struct exchange_table *t)
{
	for (uint32_t i = 0; i < t->chunk_count; i++)
		free(t->chunks[i]);
	free(t->chunks);
	*t = (struct exchange_table){0};
}

struct status exchange_new(struct net_loop *loop, struct connection *c, struct exchange **out)
{
	struct exchange_table *t = &loop->exchanges;

	if (t->spare == NULL)
		TRY(grow(t));
	struct exchange *e = t->spare;
	t->spare = e->next;
	e->next = NULL;
	e->connection = c;
	e->collected.wipe = e->held.wipe = true;
	meter_add(&loop->meter.exchanges, 1);
	*out = e;
	return OK;
}

static void give_back(struct net_loop *loop, struct exchange *e)
{
	uint32_t slot = e->slot, generation = e->generation + 1;

	registry_remove(&e->registered);
	pool_give(&loop->pool, &e->head_piece, e->head_len);
	pool_give(&loop->pool, &e->field_piece, 0);
	pool_give(&loop->pool, &e->reply, e->reply_len);
	http2answer_forget(&loop->pool, &e->answer_head);
	buffer_clear(&e->collected);
	buffer_clear(&e->held);
	*e = (struct exchange){.slot = slot, .generation = generation, .next = loop->exchanges.spare};
	loop->exchanges.spare = e;
	meter_less(&loop->meter.exchanges);
}

void exchange_end(struct exchange *e, enum exchange_outcome outcome)
{
	struct net_loop *loop = e->connection->loop;
	const struct net_handler *handler = &loop->server->handler;

	if (!e->answered)
		meter_add(&loop->meter.requests[0], 1);
	/* No longer to be answered, whatever finished() does. */
	e->cut = true;
	if (e->begun && handler->finished != NULL)
		handler->finished(loop->own, e, outcome);
	give_back(loop, e);
}

struct exchange_handle exchange_handle(const struct exchange *e)
{
	return (struct exchange_handle){e->connection->loop, e->slot, e->generation};
}

struct exchange *exchange_find(struct exchange_handle h)
{
	const struct exchange_table *t = &h.loop->exchanges;

	if (h.slot / EXCHANGE_CHUNK >= t->chunk_count)
		return NULL;
	struct exchange *e = &t->chunks[h.slot / EXCHANGE_CHUNK]->slots[h.slot % EXCHANGE_CHUNK];
	return e->connection != NULL && e->generation == h.generation && !e->cut ? e : NULL;
}

/* --- what was asked --- */

const struct exchange_request *exchange_request(const struct exchange *e)
{
	return &e->request;
}

struct text exchange_header(const struct exchange *e, struct text name)
{
	for (size_t i = 0; i < e->field_count; i++) {
		const struct http_field *f = &e->fields[i];
		if (f->name_len == name.len && text_equal_nocase((struct text){e->head + f->name, name.len}, name))
			return (struct text){e->head + f->value, f->value_len};
	}
	return (struct text){0};
}

void exchange_set_context(struct exchange *e, void *context)
{
	e->context = context;
}

void *exchange_context(const struct exchange *e)
{
	return e->context;
}

void exchange_tag(struct exchange *e, const struct uuid *session)
{
	registry_add(&e->connection->loop->registry, &e->registered, session);
}

void exchange_begin(struct exchange *e)
{
	struct net_loop *loop = e->connection->loop;

	e->begun = true;
	loop->server->handler.request(loop->own, e);
}

/* --- the body of the request --- */

static void ask(struct exchange *e, enum exchange_body how, uint64_t max)
{
	e->body = how;
	e->body_max = max;
	connection_touch(e->connection);
}

void exchange_collect(struct exchange *e, size_t max, exchange_collected done)
{
	if (e->body != EXCHANGE_BODY_UNASKED)
		return;
	e->on_body.collected = done;
	ask(e, EXCHANGE_BODY_COLLECT, max);
}

void exchange_stream(struct exchange *e, uint64_t max, exchange_piece piece)
{
	if (e->body != EXCHANGE_BODY_UNASKED)
		return;
	e->on_body.piece = piece;
	ask(e, EXCHANGE_BODY_STREAM, max);
}

void exchange_pause(struct exchange *e)
{
	e->paused = true;
}

void exchange_resume(struct exchange *e)
{
	e->paused = false;
	connection_touch(e->connection);
}

bool exchange_wants_body(const struct exchange *e)
{
	return (e->body == EXCHANGE_BODY_COLLECT || e->body == EXCHANGE_BODY_STREAM) && !e->body_delivered &&
	       !e->paused && !e->answered && !e->cut;
}

static void too_big(struct exchange *e)
{
	const struct status s = FAIL_AT(ST_TOO_BIG, "body");
	enum exchange_body how = e->body;

	e->body = EXCHANGE_BODY_DISCARD;
	if (how == EXCHANGE_BODY_COLLECT)
		e->on_body.collected(e, s, (struct bytes){0});
	else
		e->on_body.piece(e, s, (struct bytes){0}, true);
}

bool exchange_refuses_length(struct exchange *e)
{
	if (!exchange_wants_body(e) || !e->request.has_length || e->request.length <= e->body_max)
		return false;
	too_big(e);
	return true;
}

static void collect(struct exchange *e, struct bytes bytes, bool last)
{
	/* What was announced is reserved only as it arrives: lying is free for the client. */
	e->collected.max = e->body_max;
	if (bytes.len > 0 && !ok(buffer_put(&e->collected, bytes))) {
		exchange_cut(e);
		return;
	}
	if (last)
		e->on_body.collected(e, OK, buffer_bytes(&e->collected));
}

void exchange_deliver(struct exchange *e, struct bytes bytes, bool last)
{
	e->body_seen += bytes.len;
	if (e->body_seen > e->body_max) {
		too_big(e);
		return;
	}
	e->body_delivered = last;
	if (e->body == EXCHANGE_BODY_COLLECT)
		collect(e, bytes, last);
	else
		e->on_body.piece(e, OK, bytes, last);
}

/* --- the answer --- */

static void give_answer(struct exchange *e, const struct exchange_reply *r, const struct exchange_source *source)
{
	struct net_loop *loop = e->connection->loop;
	AUTO(reply_problem) problem = {0};

	if (e->answered || e->cut)
		return;
	if (!reply_is_valid(r)) {
		reply_problem(500, "header", &problem);
		r = &problem.reply;
		source = NULL;
	}
	e->answered = true;
	e->status = r->status;
	meter_add(&loop->meter.requests[r->status / 100], 1);
	if (source != NULL) {
		e->source = *source;
		e->has_source = true;
	}
	struct status s = e->connection->protocol->answer(e, r);
	if (!ok(s))
		e->cut = true;
	connection_touch(e->connection);
}

void exchange_answer(struct exchange *e, const struct exchange_reply *r)
{
	give_answer(e, r, NULL);
}

void exchange_answer_from(struct exchange *e, const struct exchange_reply *r, const struct exchange_source *source)
{
	give_answer(e, r, source);
}

void exchange_refuse(struct exchange *e, unsigned status, const char *what)
{
	AUTO(reply_problem) problem = {0};

	reply_problem(status, what, &problem);
	problem.reply.close = false;
	give_answer(e, &problem.reply, NULL);
}

void exchange_wake(struct exchange *e)
{
	e->waiting = false;
	connection_touch(e->connection);
}

void exchange_cut(struct exchange *e)
{
	e->cut = true;
	connection_touch(e->connection);
}

uint64_t exchange_length(const struct exchange *e, const struct exchange_reply *r)
{
	return e->has_source ? e->source.length : r->body.len;
}

struct status exchange_keep(struct exchange *e, struct bytes body)
{
	TRY(pool_take(&e->connection->loop->pool, body.len, &e->reply));
	memcpy(e->reply.bytes, body.at, body.len);
	e->reply_at = 0;
	e->reply_len = body.len;
	return OK;
}

static struct status from_source(struct exchange *e, uint8_t *out, size_t max, size_t *len)
{
	bool known = e->source.length != EXCHANGE_LENGTH_UNKNOWN, last = false;
	size_t made = 0;

	TRY(e->source.produce(e->source.context, out, max, &made, &last));
	if (made > max || (known && (made > e->left || (last && made < e->left))))
		return FAIL_AT(ST_INVALID, "length of the answer");
	e->left -= known ? made : 0;
	e->sent = last || (known && e->left == 0);
	e->waiting = made == 0 && !e->sent;
	*len = made;
	return OK;
}

struct status exchange_produce(struct exchange *e, uint8_t *out, size_t max, size_t *len)
{
	if (e->has_source)
		return from_source(e, out, max, len);

	size_t left = e->reply_len - e->reply_at, take = left < max ? left : max;
	if (take > 0)
		memcpy(out, e->reply.bytes + e->reply_at, take);
	e->reply_at += take;
	e->sent = e->reply_at == e->reply_len;
	*len = take;
	return OK;
}
