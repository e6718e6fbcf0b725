/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handle_record: the sealed bytes of one record version (PROMISES#S2).
 *
 * The object is opened and compared with the signed hash, then the read is logged,
 * then the first byte leaves.
 */
#include "digest.h"
#include "etag.h"
#include "facts.h"
#include "range.h"
#include "route.h"

#include <string.h>

struct reading {
	struct vault_reader reader;
	struct bytes piece; /* what the reader gave and has not been taken yet */
	struct record_id record;
	uint32_t version;
	uint64_t size;
	struct hash hash;
	struct text tag; /* inside of the entity tag: the hash, in hex */
	bool unchanged;  /* the client has it: 304 */
	bool partial;
	struct range range;
};

static void reading_release(struct call *c)
{
	struct reading *r = c->own;

	vault_reader_clear(&r->reader);
}

static struct status produce(void *context, uint8_t *out, size_t max, size_t *len, bool *last)
{
	struct reading *r = context;

	*len = 0;
	*last = false;
	while (*len < max) {
		if (r->piece.len == 0)
			TRY(vault_read(&r->reader, &r->piece));
		if (r->piece.len == 0) {
			*last = true;
			return OK;
		}
		size_t some = r->piece.len < max - *len ? r->piece.len : max - *len;
		memcpy(out + *len, r->piece.at, some);
		*len += some;
		r->piece = bytes_of(r->piece.at + some, r->piece.len - some);
	}
	return OK;
}

static struct status find_version(struct call *c, struct reading *r, struct row *row)
{
	r->record = c->record.record;
	TRY(text_to_u32(route_segment(c, "version"), 1, UINT32_MAX, &r->version));
	return record_version_open(call_view(c), &c->facts, &c->record, r->version, row);
}

static void add_header(struct call *c, struct text name, const struct buffer *value)
{
	struct text kept;

	if (c->header_count < COUNT(c->headers) && ok(arena_text(&c->arena, text_from(buffer_bytes(value)), &kept)))
		c->headers[c->header_count++] = (struct exchange_header){name, kept};
}

static struct status name_tag(struct call *c, struct reading *r)
{
	AUTO(buffer) hex = {.max = 128};

	TRY(text_put_hex(&hex, hash_bytes(&r->hash)));
	return arena_text(&c->arena, text_from(buffer_bytes(&hex)), &r->tag);
}

/** RFC 9110 section 13.2.2, steps 1 and 3: nothing here has a date. */
static struct status weigh_conditions(struct call *c, struct reading *r)
{
	struct text wanted = exchange_header(c->exchange, TEXT("if-match"));
	struct text held = exchange_header(c->exchange, TEXT("if-none-match"));
	bool holds = true;

	if (wanted.at != NULL)
		TRY(etag_match(wanted, r->tag, ETAG_STRONG, &holds));
	if (!holds) {
		c->problem.kind = PROBLEM_PRECONDITION;
		return FAIL_AT(ST_CONFLICT, "if-match");
	}
	if (held.at != NULL)
		TRY(etag_match(held, r->tag, ETAG_WEAK, &r->unchanged));
	return OK;
}

/** RFC 9110 section 13.1.5: a part goes only to who holds the rest of the same; any date is another. */
static bool range_counts(struct call *c, const struct reading *r)
{
	struct text held = exchange_header(c->exchange, TEXT("if-range"));
	bool same = false;

	if (held.at == NULL)
		return true;
	return text_starts(held, TEXT("\"")) && ok(etag_match(held, r->tag, ETAG_STRONG, &same)) && same;
}

static struct status no_such_range(struct call *c, const struct reading *r)
{
	AUTO(buffer) field = {.max = 64};

	/* RFC 9110 section 15.5.17: how much there is, so that the next request can fit. */
	TRY(range_put_none(&field, r->size));
	add_header(c, TEXT("content-range"), &field);
	c->problem.kind = PROBLEM_RANGE;
	return FAIL_AT(ST_INVALID, "range");
}

static struct status choose_range(struct call *c, struct reading *r)
{
	struct text field = exchange_header(c->exchange, TEXT("range"));

	r->range = (struct range){0, r->size};
	if (field.at == NULL || r->unchanged || !range_counts(c, r))
		return OK;
	struct status s = range_parse(field, r->size, &r->range);
	r->partial = ok(s);
	if (s.code == ST_NOT_FOUND)
		return no_such_range(c, r);
	if (!ok(s))
		r->range = (struct range){0, r->size};
	return OK;
}

static struct status open_object(struct call *c, struct reading *r)
{
	AUTO(row) row = {0};
	struct vault_object object = {0};

	TRY(find_version(c, r, &row));
	r->size = row_number(&row, COLUMN_VERSION_SIZE);
	/* Demographics have no content: nothing to open, and the hash of nothing. */
	if (r->size > 0)
		TRY(vault_object(&row, &object));
	else
		TRY(sha256(bytes_of("", 0), &object.hash));
	r->hash = object.hash;
	TRY(name_tag(c, r));
	TRY(weigh_conditions(c, r));
	if (r->size == 0)
		return OK;
	TRY(choose_range(c, r));
	/* Also for a 304: what is damaged here is not called unchanged. */
	return vault_read_begin(c->loop->service->vault, &object, (struct vault_range){r->range.first, r->range.len},
				&c->caller.session.id.uuid, &r->reader);
}

static void respond(struct call *c)
{
	struct reading *r = c->own;
	AUTO(buffer) digest = {.max = 128}, range = {.max = 128}, tag = {.max = 128};

	(void)ok(digest_put(&digest, &r->hash));
	(void)ok(etag_put(&tag, r->tag));
	add_header(c, TEXT("repr-digest"), &digest);
	add_header(c, TEXT("etag"), &tag);
	c->headers[c->header_count++] = (struct exchange_header){TEXT("accept-ranges"), TEXT("bytes")};
	if (r->partial && ok(range_put(&range, r->range, r->size)))
		add_header(c, TEXT("content-range"), &range);
	c->body.len = 0;
	if (r->unchanged) {
		c->http = 304;
		return;
	}
	c->http = r->partial ? 206 : 200;
	c->content_type = TEXT("application/octet-stream");
	if (r->size > 0)
		c->source = (struct exchange_source){.length = r->range.len, .produce = produce, .context = r};
}

void handle_content(struct call *c, struct bytes body)
{
	struct reading *r;
	void *room;

	(void)body;
	struct status s = arena_take(&c->arena, sizeof *r, &room);
	if (!ok(s)) {
		call_refuse(c, s);
		return;
	}
	r = room;
	c->own = r;
	c->release = reading_release;
	s = open_object(c, r);
	/* What is damaged or has ended is named; what is not there, or not for him, looks like any other. */
	if (s.code != ST_NOT_FOUND)
		c->problem.instance = text_of(c->asked.at);
	if (!ok(s)) {
		call_refuse(c, s);
		return;
	}
	call_event(c, LEAF_READ,
		   &(struct piece_subject){
			   .kind = PIECE_PATIENT, .id = c->patient.uuid, .record = r->record, .version = r->version});
	call_settle(c, respond);
}

/** Exporting is reading by a client that keeps what it read: the log says it before the first of it is read. */
void handle_export(struct call *c, struct bytes body)
{
	(void)body;
	c->http = 204;
	call_event(c, LEAF_READ,
		   &(struct piece_subject){.kind = PIECE_PATIENT, .id = c->patient.uuid, .detail = TEXT("export")});
	call_settle(c, NULL);
}
