/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handle_record: the sealed bytes of one record version (PROMISES#S2).
 *
 * The object is opened and compared with the signed hash, then the read is logged,
 * then the first byte leaves.
 */
#include "digest.h"
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

static struct status choose_range(struct call *c, struct reading *r)
{
	struct text field = exchange_header(c->exchange, TEXT("range"));

	r->range = (struct range){0, r->size};
	if (field.at == NULL || r->size == 0)
		return OK;
	struct status s = range_parse(field, r->size, &r->range);
	r->partial = ok(s);
	if (s.code == ST_NOT_FOUND) {
		c->problem.kind = PROBLEM_RANGE;
		return FAIL_AT(ST_INVALID, "range");
	}
	if (!ok(s))
		r->range = (struct range){0, r->size};
	return OK;
}

static struct status open_object(struct call *c, struct reading *r)
{
	AUTO(row) row = {0};
	struct vault_object object;

	TRY(find_version(c, r, &row));
	r->size = row_number(&row, COLUMN_VERSION_SIZE);
	/* Demographics have no content: nothing to open, and the hash of nothing. */
	if (r->size == 0)
		return sha256(bytes_of("", 0), &r->hash);
	TRY(vault_object(&row, &object));
	r->hash = object.hash;
	TRY(choose_range(c, r));
	return vault_read_begin(c->loop->service->vault, &object, (struct vault_range){r->range.first, r->range.len},
				&c->caller.session.id.uuid, &r->reader);
}

static void add_header(struct call *c, struct text name, const struct buffer *value)
{
	struct text kept;

	if (c->header_count < COUNT(c->headers) && ok(arena_text(&c->arena, text_from(buffer_bytes(value)), &kept)))
		c->headers[c->header_count++] = (struct exchange_header){name, kept};
}

static void respond(struct call *c)
{
	struct reading *r = c->own;
	AUTO(buffer) digest = {.max = 128}, range = {.max = 128}, tag = {.max = 128};

	(void)ok(digest_put(&digest, &r->hash));
	(void)ok(buffer_put_u8(&tag, '"'));
	(void)ok(text_put_hex(&tag, hash_bytes(&r->hash)));
	(void)ok(buffer_put_u8(&tag, '"'));
	add_header(c, TEXT("repr-digest"), &digest);
	add_header(c, TEXT("etag"), &tag);
	c->headers[c->header_count++] = (struct exchange_header){TEXT("accept-ranges"), TEXT("bytes")};
	if (r->partial && ok(range_put(&range, r->range, r->size)))
		add_header(c, TEXT("content-range"), &range);
	c->http = r->partial ? 206 : 200;
	c->content_type = TEXT("application/octet-stream");
	c->body.len = 0;
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
