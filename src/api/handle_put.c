/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handle_put: one record in one request (`POST /v1/records`).
 *
 * Its signed fields come first, so that who may not write there, and what finds no room,
 * is refused before the content's first byte.
 */
#include "changing.h"

#include "reader.h"
#include "room.h"
#include "route.h"

/* Statement, header and key come first, each sized; then the content to the end. */
#define PUT_HEAD_MAX (LIMIT_STATEMENT_BYTES + LIMIT_SEALED_HEADER + 1024)

struct putting {
	struct changing changing; /* must be first */
	struct buffer head;
	bool writing;          /* the fields have come; what follows is content */
	bool known;            /* the statement is there already: its content is passed over */
	struct status failure; /* the first one; the rest of the body is then passed over */
};

static void putting_release(struct call *c)
{
	struct putting *p = c->own;

	changing_release(c);
	buffer_clear(&p->head);
}

/** Whether the three sized fields have come whole; ${used} is then their length. */
static bool head_whole(struct bytes head, struct record_item *item, size_t *used)
{
	struct reader r = reader_of(head);

	if (!ok(reader_sized(&r, LIMIT_STATEMENT_BYTES, &item->statement)) ||
	    !ok(reader_sized(&r, LIMIT_SEALED_HEADER, &item->header)) || !ok(reader_sized(&r, 256, &item->key)))
		return false;
	*used = head.len - reader_left(&r);
	return true;
}

/** Before the content's first byte: what it is signed to be, whether he may, whether there is room. */
static struct status begin_content(struct call *c, struct putting *p)
{
	struct uuid object = uuid_new(call_now(c));
	struct record_outcome before;
	struct statement parsed;

	TRY(statement_parse(p->changing.change.items->statement, &parsed));
	if (parsed.kind != STATEMENT_RECORD)
		return FAIL_AT(ST_INVALID, "statement");
	if (!uuid_equal(&parsed.head.author.uuid, &c->caller.session.user.uuid))
		return FAIL_AT(ST_DENIED, "author");
	/* What is there already is answered as before and stores nothing. */
	const struct status asked = record_find(call_view(c), &parsed.name, &before);
	p->writing = true;
	p->known = ok(asked);
	if (p->known)
		return OK;
	p->changing.change.items->unknown = asked.code == ST_NOT_FOUND;
	TRY(room_record(c, &parsed.record));
	p->changing.change.items->content = p->changing.contents;
	return vault_write_begin(c->loop->service->vault, &object, p->changing.contents);
}

static struct status take_content(struct putting *p, struct bytes piece)
{
	return p->known ? OK : vault_write(p->changing.contents, piece);
}

static struct status take_piece(struct call *c, struct putting *p, struct bytes piece)
{
	struct record_item *item = p->changing.change.items;
	size_t used;

	if (p->writing)
		return take_content(p, piece);
	TRY(buffer_put(&p->head, piece));
	if (!head_whole(buffer_bytes(&p->head), item, &used))
		return p->head.len < PUT_HEAD_MAX ? OK : FAIL_AT(ST_INVALID, "record");
	TRY(begin_content(c, p));
	return take_content(p, bytes_of(p->head.bytes + used, p->head.len - used));
}

static void on_piece(struct exchange *e, struct status s, struct bytes piece, bool last)
{
	struct call *c = call_of(e);
	struct putting *p = c->own;

	if (c->stage != CALL_READING)
		return;
	if (ok(s) && piece.len > 0)
		s = take_piece(c, p, piece);
	if (ok(s) && last && !p->writing)
		s = FAIL_AT(ST_INVALID, "record");
	if (!ok(s) || last)
		changing_go_on(c, s);
}

/** What the announced length says of the content at least: how long the fields before it are is not known yet. */
static uint64_t announced(const struct call *c)
{
	const struct exchange_request *r = exchange_request(c->exchange);

	return quota_of_version(r->has_length && r->length > PUT_HEAD_MAX ? r->length - PUT_HEAD_MAX : 0);
}

void handle_put_record(struct call *c, struct bytes body)
{
	struct changing *g;
	void *room;

	(void)body;
	struct status s = changing_begin(c, 1, &g);
	if (ok(s))
		s = room_check(c, NULL, announced(c));
	if (ok(s))
		s = arena_take(&c->arena, sizeof(struct putting), &room);
	if (!ok(s)) {
		call_refuse(c, s);
		return;
	}
	struct putting *p = room;
	p->changing = *g;
	p->head = (struct buffer){.max = PUT_HEAD_MAX + 65536};
	c->own = p;
	c->release = putting_release;
	exchange_stream(c->exchange, c->route->max, on_piece);
}
