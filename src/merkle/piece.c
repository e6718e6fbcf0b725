/* SPDX-License-Identifier: Apache-2.0 */
#include "piece.h"

#include <string.h>

#include "hash.h"
#include "reader.h"

#define OBJECT_BYTES 20

/* ---- What is allowed, in both directions ---- */

static struct status check_chain(bool exists, uint64_t sequence, const struct hash *previous)
{
	bool first = hash_is_zero(previous);

	if ((sequence == 0) != first || (!exists && !first))
		return FAIL_AT(ST_INVALID, "place in the chain");
	return OK;
}

static struct status check_actor(const struct piece_actor *p)
{
	if (p->address.len != 0 && p->address.len != 4 && p->address.len != 16)
		return FAIL_AT(ST_INVALID, "address");
	if (p->client.len > PIECE_CLIENT_MAX || !text_is_utf8(p->client))
		return FAIL_AT(ST_INVALID, "client");
	if (p->detail.len > PIECE_DETAIL_MAX || !text_is_utf8(p->detail))
		return FAIL_AT(ST_INVALID, "detail");
	return check_chain(!uuid_is_zero(&p->user.uuid), p->sequence, &p->previous);
}

static bool has_id(enum piece_kind kind)
{
	return kind == PIECE_PATIENT || kind == PIECE_USER || kind == PIECE_LIST;
}

static struct status check_subject(const struct piece_subject *p)
{
	if (has_id(p->kind) == uuid_is_zero(&p->id))
		return FAIL_AT(ST_INVALID, "subject");
	if (uuid_is_zero(&p->record.uuid) != (p->version == 0))
		return FAIL_AT(ST_INVALID, "record version");
	if (p->detail.len > PIECE_DETAIL_MAX || !text_is_utf8(p->detail))
		return FAIL_AT(ST_INVALID, "detail");
	return check_chain(p->kind != PIECE_NONE, p->sequence, &p->previous);
}

/* ---- Encoding ---- */

/* Sized; nothing for a value that is all zeros. */
static struct status put_optional(struct buffer *b, struct bytes value, bool absent)
{
	return buffer_put_sized(b, absent ? bytes_of("", 0) : value);
}

static struct status put_uuid(struct buffer *b, const struct uuid *u)
{
	return put_optional(b, uuid_bytes(u), uuid_is_zero(u));
}

static struct status put_chain(struct buffer *b, uint64_t sequence, const struct hash *previous)
{
	TRY(buffer_put_u32(b, sizeof sequence));
	TRY(buffer_put_u64(b, sequence));
	return buffer_put_sized(b, hash_bytes(previous));
}

struct status piece_put_actor(struct buffer *b, const struct piece_actor *p)
{
	TRY(check_actor(p));
	TRY(put_uuid(b, &p->user.uuid));
	TRY(put_uuid(b, &p->session.uuid));
	TRY(put_uuid(b, &p->device.uuid));
	TRY(buffer_put_sized(b, p->address));
	TRY(buffer_put_sized(b, text_bytes(p->client)));
	TRY(put_chain(b, p->sequence, &p->previous));
	return buffer_put_sized(b, text_bytes(p->detail));
}

static struct status put_object(struct buffer *b, const struct piece_subject *p)
{
	if (p->version == 0)
		return buffer_put_u32(b, 0);
	TRY(buffer_put_u32(b, OBJECT_BYTES));
	TRY(buffer_put(b, uuid_bytes(&p->record.uuid)));
	return buffer_put_u32(b, p->version);
}

struct status piece_put_subject(struct buffer *b, const struct piece_subject *p)
{
	TRY(check_subject(p));
	TRY(buffer_put_u8(b, (uint8_t)p->kind));
	TRY(put_uuid(b, &p->id));
	TRY(put_chain(b, p->sequence, &p->previous));
	TRY(put_optional(b, hash_bytes(&p->statement), hash_is_zero(&p->statement)));
	TRY(put_object(b, p));
	return buffer_put_sized(b, text_bytes(p->detail));
}

/* ---- Parsing ---- */

/* Exactly ${len} bytes that are not all zero, or none. */
static struct status take_optional(struct reader *r, void *out, size_t len)
{
	static const uint8_t zeros[sizeof(struct hash)];
	struct bytes value;

	TRY(reader_sized(r, len, &value));
	memset(out, 0, len);
	if (value.len == 0)
		return OK;
	if (value.len != len || bytes_equal(value, bytes_of(zeros, len)))
		return FAIL_AT(ST_INVALID, "optional field");
	memcpy(out, value.at, len);
	return OK;
}

static struct status take_chain(struct reader *r, uint64_t *sequence, struct hash *previous)
{
	struct bytes value;

	TRY(reader_sized(r, sizeof *sequence, &value));
	struct reader number = reader_of(value);

	TRY(reader_u64(&number, sequence));
	TRY(reader_sized(r, sizeof *previous, &value));
	if (value.len != sizeof *previous)
		return FAIL_AT(ST_INVALID, "previous leaf");
	memcpy(previous->bytes, value.at, sizeof *previous);
	return OK;
}

static struct status take_text(struct reader *r, size_t max, struct text *out)
{
	struct bytes value;

	TRY(reader_sized(r, max, &value));
	*out = text_from(value);
	return OK;
}

struct status piece_parse_actor(struct bytes bytes, struct piece_actor *out)
{
	struct reader r = reader_of(bytes);
	struct piece_actor p;

	TRY(take_optional(&r, &p.user, sizeof p.user));
	TRY(take_optional(&r, &p.session, sizeof p.session));
	TRY(take_optional(&r, &p.device, sizeof p.device));
	TRY(reader_sized(&r, 16, &p.address));
	TRY(take_text(&r, PIECE_CLIENT_MAX, &p.client));
	TRY(take_chain(&r, &p.sequence, &p.previous));
	TRY(take_text(&r, PIECE_DETAIL_MAX, &p.detail));
	TRY(reader_done(&r));
	TRY(check_actor(&p));
	*out = p;
	return OK;
}

static struct status take_object(struct reader *r, struct piece_subject *p)
{
	struct bytes value;

	memset(&p->record, 0, sizeof p->record);
	p->version = 0;
	TRY(reader_sized(r, OBJECT_BYTES, &value));
	if (value.len == 0)
		return OK;
	struct reader object = reader_of(value);

	TRY(reader_copy(&object, &p->record, sizeof p->record));
	TRY(reader_u32(&object, &p->version));
	TRY(reader_done(&object));
	return p->version == 0 ? FAIL_AT(ST_INVALID, "record version") : OK;
}

struct status piece_parse_subject(struct bytes bytes, struct piece_subject *out)
{
	struct reader r = reader_of(bytes);
	struct piece_subject p;
	uint8_t kind;

	TRY(reader_u8(&r, &kind));
	if (kind > PIECE_SITE)
		return FAIL_AT(ST_INVALID, "subject kind");
	p.kind = (enum piece_kind)kind;
	TRY(take_optional(&r, &p.id, sizeof p.id));
	TRY(take_chain(&r, &p.sequence, &p.previous));
	TRY(take_optional(&r, &p.statement, sizeof p.statement));
	TRY(take_object(&r, &p));
	TRY(take_text(&r, PIECE_DETAIL_MAX, &p.detail));
	TRY(reader_done(&r));
	TRY(check_subject(&p));
	*out = p;
	return OK;
}

struct status piece_digest(const struct hash *nonce, struct bytes piece, struct hash *out)
{
	const struct bytes pieces[] = {hash_bytes(nonce), piece};

	return sha256_pieces(pieces, COUNT(pieces), out);
}
