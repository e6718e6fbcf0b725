/* SPDX-License-Identifier: Apache-2.0 */
#include "recordcontent.h"

#include <assert.h>
#include <string.h>

#include "subkey.h"

#define TAG 16

void recordcontent_clear(struct recordcontent *c)
{
	chunked_clear(&c->chunked);
	sha256_state_clear(&c->hashing);
	secret_clear(&c->pending);
	secret_clear(&c->key);
	buffer_clear(&c->context);
	*c = (struct recordcontent){0};
}

/* Everything both directions begin with; ${c} holds key and context. */
static struct status prepare(const struct key *record_key, const struct record_place *place,
			     const struct user_id *author, struct recordcontent *c)
{
	c->context.max = CONTEXT_MAX;
	TRY(context_record_content(place, author, &c->context));
	TRY(secret_empty(sizeof(struct key), &c->key));
	TRY(subkey_derive(bytes_of(record_key->bytes, sizeof record_key->bytes), CONTEXT_RECORD_CONTENT,
			  (struct key *)c->key.bytes));
	TRY(secret_empty(CHUNKED_SEALED, &c->pending));
	return sha256_begin(&c->hashing);
}

/* The key has done its work once the message key is derived from it. */
static void forget_key(struct recordcontent *c)
{
	secret_clear(&c->key);
	buffer_clear(&c->context);
}

/* Everything that leaves is counted and hashed here. */
static struct status sealed_more(struct recordcontent *c, struct bytes sealed)
{
	if (sealed.len > LIMIT_RECORD_BYTES - c->size)
		return FAIL_AT(ST_TOO_BIG, "record");
	c->size += sealed.len;
	return sha256_add(&c->hashing, sealed);
}

static struct status begin_sealing(struct recordcontent *c, struct buffer *out)
{
	uint8_t header[CHUNKED_HEADER];

	TRY(chunked_seal_begin(secret_key(&c->key), buffer_bytes(&c->context), header, &c->chunked));
	forget_key(c);
	TRY(sealed_more(c, BYTES_OF(header)));
	return buffer_put(out, BYTES_OF(header));
}

struct status recordcontent_seal_begin(const struct key *record_key, const struct record_place *place,
				       const struct user_id *author, struct buffer *out, struct recordcontent *c)
{
	AUTO(recordcontent) fresh = {0};

	TRY(prepare(record_key, place, author, &fresh));
	TRY(begin_sealing(&fresh, out));
	*c = fresh;
	fresh = (struct recordcontent){0};
	return OK;
}

static struct status seal_chunk(struct recordcontent *c, struct bytes plain, struct buffer *out)
{
	TRY(buffer_reserve(out, plain.len + TAG));
	TRY(chunked_seal_next(&c->chunked, plain, out->bytes + out->len));
	TRY(sealed_more(c, bytes_of(out->bytes + out->len, plain.len + TAG)));
	out->len += plain.len + TAG;
	return OK;
}

/* Cut from the front of ${rest} what makes a whole piece of ${need} bytes: straight
 * from ${rest} when nothing is pending, otherwise by way of it. */
static bool take_piece(struct recordcontent *c, size_t need, struct bytes *rest, struct bytes *piece)
{
	size_t missing = need - c->pending_len;
	size_t taken = rest->len < missing ? rest->len : missing;
	bool direct = c->pending_len == 0 && taken == need;

	if (direct)
		*piece = bytes_of(rest->at, need);
	else if (taken > 0)
		memcpy(c->pending.bytes + c->pending_len, rest->at, taken);
	if (taken > 0)
		*rest = bytes_of(rest->at + taken, rest->len - taken);
	if (direct)
		return true;
	c->pending_len += taken;
	if (c->pending_len < need)
		return false;
	*piece = bytes_of(c->pending.bytes, need);
	c->pending_len = 0;
	return true;
}

struct status recordcontent_seal_add(struct recordcontent *c, struct plain plain, struct buffer *out)
{
	struct bytes rest = plain.bytes, piece;

	if (c->ended)
		return FAIL_AT(ST_INVALID, "content has ended");
	while (take_piece(c, CHUNKED_PLAIN, &rest, &piece))
		TRY(seal_chunk(c, piece, out));
	return OK;
}

struct status recordcontent_seal_end(struct recordcontent *c, struct buffer *out, struct recordcontent_claim *claim)
{
	struct recordcontent_claim made;

	if (c->ended)
		return FAIL_AT(ST_INVALID, "content has ended");
	c->ended = true;
	/* Always shorter than a whole chunk, perhaps empty: that is what marks the end. */
	TRY(seal_chunk(c, bytes_of(c->pending.bytes, c->pending_len), out));
	TRY(sha256_end(&c->hashing, &made.hash));
	made.size = c->size;
	*claim = made;
	return OK;
}

struct status recordcontent_open_begin(const struct key *record_key, const struct record_place *place,
				       const struct user_id *author, const struct recordcontent_claim *claim,
				       struct recordcontent *c)
{
	AUTO(recordcontent) fresh = {.claim = *claim};
	uint64_t plain_len;

	if (claim->size > LIMIT_RECORD_BYTES)
		return FAIL_AT(ST_CORRUPT, "content size");
	TRY(chunked_plain_len(claim->size, &plain_len));
	TRY(prepare(record_key, place, author, &fresh));
	*c = fresh;
	fresh = (struct recordcontent){0};
	return OK;
}

/* How long the next whole piece is; 0 when everything has been opened. */
static size_t next_piece(const struct recordcontent *c)
{
	uint64_t left = c->claim.size - c->consumed;

	if (c->consumed == 0)
		return CHUNKED_HEADER;
	return left < CHUNKED_SEALED ? (size_t)left : CHUNKED_SEALED;
}

static struct status open_header(struct recordcontent *c, struct bytes header)
{
	TRY(chunked_open_begin(secret_key(&c->key), buffer_bytes(&c->context), header, &c->chunked));
	forget_key(c);
	return OK;
}

static struct status open_chunk(struct recordcontent *c, struct bytes sealed, struct buffer *out)
{
	uint64_t number = (c->consumed - CHUNKED_HEADER) / CHUNKED_SEALED;
	bool last = c->consumed + sealed.len == c->claim.size;

	TRY(buffer_reserve(out, sealed.len - TAG));
	TRY(chunked_open_at(&c->chunked, number, last, sealed, out->bytes + out->len));
	out->len += sealed.len - TAG;
	return OK;
}

struct status recordcontent_open_add(struct recordcontent *c, struct sealed sealed, struct buffer *out)
{
	struct bytes rest = sealed.bytes, piece;

	assert(out->wipe);
	if (c->ended || rest.len > c->claim.size - c->size)
		return FAIL_AT(ST_CORRUPT, "content size");
	c->size += rest.len;
	TRY(sha256_add(&c->hashing, rest));
	for (size_t need = next_piece(c); need > 0 && take_piece(c, need, &rest, &piece); need = next_piece(c)) {
		TRY(c->consumed == 0 ? open_header(c, piece) : open_chunk(c, piece, out));
		c->consumed += piece.len;
	}
	return OK;
}

struct status recordcontent_open_end(struct recordcontent *c)
{
	struct hash hash;

	if (c->ended || c->consumed != c->claim.size)
		return FAIL_AT(ST_CORRUPT, "content size");
	c->ended = true;
	TRY(sha256_end(&c->hashing, &hash));
	return hash_equal(&hash, &c->claim.hash) ? OK : FAIL_AT(ST_CORRUPT, "content hash");
}
