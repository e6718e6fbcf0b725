/* SPDX-License-Identifier: Apache-2.0 */
/* vault: the way out. */
#include <string.h>

#include "limits.h"
#include "vault_internal.h"

#define TAG ((size_t)CHUNKED_SEALED - CHUNKED_PLAIN)
/* Chunks of an object that is opened in one pass. */
#define ONE_PASS_CHUNKS (VAULT_ONE_PASS / CHUNKED_PLAIN + 1)

static struct status damaged(struct status s)
{
	/* Not there, too short, not openable: one thing to whoever asked for it. */
	if (s.code == ST_CORRUPT || s.code == ST_NOT_FOUND || s.code == ST_INVALID)
		return FAIL_AT(ST_CORRUPT, "object");
	return s;
}

static size_t window_chunks(const struct vault_reader *r)
{
	return r->parts.size <= VAULT_ONE_PASS ? ONE_PASS_CHUNKS : VAULT_READ_WINDOW;
}

static uint64_t chunk_len(const struct vault_reader *r, uint64_t chunk)
{
	return chunk + 1 < parts_chunks(&r->parts) ? CHUNKED_PLAIN : r->parts.size % CHUNKED_PLAIN;
}

/* ---- Loading ---- */

static struct status open_part(struct vault_reader *r, const struct key *key, const struct parts_place *place)
{
	uint8_t space[CONTEXT_MAX], header[CHUNKED_HEADER];
	struct buffer context = {.bytes = space, .capacity = sizeof space, .max = sizeof space};

	if (r->part_open && r->part_number == place->part)
		return OK;
	chunked_clear(&r->part);
	r->part_open = false;
	TRY(parts_context(&r->id, place->part, &context));
	TRY(object_read(&r->file, place->header_at, header, sizeof header));
	TRY(chunked_open_begin(key, buffer_bytes(&context), BYTES_OF(header), &r->part));
	r->part_open = true;
	r->part_number = place->part;
	return OK;
}

/* Open up to a window of chunks from ${chunk} on, within its part, into the window. */
static struct status load(struct vault_reader *r, const struct key *key, uint64_t chunk)
{
	struct parts_place place = parts_find(&r->parts, chunk);
	uint64_t count = place.left < window_chunks(r) ? place.left : window_chunks(r);
	uint64_t last = chunk + count - 1;
	size_t len = (size_t)((count - 1) * CHUNKED_SEALED + chunk_len(r, last) + TAG);

	r->loaded = 0;
	TRY(open_part(r, key, &place));
	r->window.len = 0;
	TRY(buffer_reserve(&r->window, len));
	TRY(object_read(&r->file, place.at, r->window.bytes, len));
	for (uint64_t i = 0; i < count; i++) {
		uint8_t *at = r->window.bytes + i * CHUNKED_SEALED;
		bool final = chunk + i + 1 == parts_chunks(&r->parts);
		struct bytes sealed = bytes_of(at, (size_t)chunk_len(r, chunk + i) + TAG);

		TRY(chunked_open_at(&r->part, place.number + i, final, sealed, at));
	}
	r->first = chunk;
	r->loaded = count;
	return OK;
}

static struct status compare(struct vault_reader *r, const struct key *key)
{
	AUTO(sha256_state) sha = {0};
	struct hash hash;

	TRY(sha256_begin(&sha));
	for (uint64_t chunk = 0; chunk < parts_chunks(&r->parts); chunk = r->first + r->loaded) {
		TRY(load(r, key, chunk));
		for (uint64_t i = 0; i < r->loaded; i++)
			TRY(sha256_add(
				&sha, bytes_of(r->window.bytes + i * CHUNKED_SEALED, (size_t)chunk_len(r, chunk + i))));
	}
	TRY(sha256_end(&sha, &hash));
	return hash_equal(&hash, &r->hash) ? OK : FAIL_AT(ST_CORRUPT, "object");
}

/* ---- Beginning ---- */

static struct status compare_inline(struct vault_reader *r, struct bytes content)
{
	struct hash hash;

	r->window.len = 0;
	TRY(buffer_put(&r->window, content));
	TRY(sha256(content, &hash));
	return hash_equal(&hash, &r->hash) ? OK : FAIL_AT(ST_CORRUPT, "object");
}

/* Whatever the reader needs again once the caller's row is gone. */
static struct status keep_key(struct vault_reader *r, const struct vault_object *object)
{
	if (object->parts.counts.len == 0)
		return OK;
	TRY(buffer_put(&r->counts, object->parts.counts));
	r->parts.counts = buffer_bytes(&r->counts);
	TRY(keyslot_take(&r->key));
	memcpy(r->key.bytes, object->key->bytes, sizeof *object->key);
	return OK;
}

static struct status compare_file(struct vault *v, const struct vault_object *object, const struct uuid *session,
				  struct vault_reader *r)
{
	TRY(object_open(v->objects, &object->id, &r->file));
	if (r->file.size != parts_file_len(&r->parts))
		return FAIL_AT(ST_CORRUPT, "object");
	TRY(keep_key(r, object));

	struct verified entry = {.object = object->id, .file = r->file.state};
	if (session != NULL)
		entry.session = *session;
	if (session != NULL && vault_verified(v, &entry)) {
		struct parts_place start = {0};
		return open_part(r, object->key, &start);
	}
	TRY(compare(r, object->key));
	if (session != NULL)
		vault_remember(v, &entry);
	return OK;
}

static struct status begin(struct vault *v, const struct vault_object *object, const struct uuid *session,
			   struct vault_reader *r)
{
	r->id = object->id;
	r->hash = object->hash;
	r->parts = object->parts;
	r->window.max = ONE_PASS_CHUNKS * CHUNKED_SEALED;
	r->counts.max = (size_t)4 * PARTS_MAX;
	r->counts.len = 0;
	if (object->key == NULL)
		return compare_inline(r, object->inline_bytes);
	return compare_file(v, object, session, r);
}

/** close_object(r): close, but keep the memory for the next object. */
static void close_object(struct vault_reader *r)
{
	struct buffer window = r->window, counts = r->counts;

	object_reader_clear(&r->file);
	chunked_clear(&r->part);
	keyslot_clear(&r->key);
	*r = (struct vault_reader){.window = window, .counts = counts};
}

struct status vault_read_begin(struct vault *v, const struct vault_object *object, struct vault_range range,
			       const struct uuid *session, struct vault_reader *out)
{
	if (range.at > object->parts.size || range.len > object->parts.size - range.at)
		return FAIL_AT(ST_INVALID, "range");
	close_object(out);
	struct status s = damaged(begin(v, object, session, out));
	if (!ok(s)) {
		close_object(out);
		return s;
	}
	out->at = range.at;
	out->end = range.at + range.len;
	return OK;
}

/* ---- Giving out ---- */

static struct status next_piece(struct vault_reader *r, struct bytes *piece)
{
	uint64_t chunk = r->at / CHUNKED_PLAIN, within = r->at % CHUNKED_PLAIN;

	/* The one open part serves while its key is not needed: keep_key(). */
	if (chunk < r->first || chunk - r->first >= r->loaded)
		TRY(load(r, r->key.bytes != NULL ? keyslot_key(&r->key) : NULL, chunk));
	uint64_t len = chunk_len(r, chunk) - within;
	if (len > r->end - r->at)
		len = r->end - r->at;
	*piece = bytes_of(r->window.bytes + (chunk - r->first) * CHUNKED_SEALED + within, (size_t)len);
	r->at += len;
	return OK;
}

struct status vault_read(struct vault_reader *r, struct bytes *piece)
{
	if (r->at == r->end) {
		*piece = (struct bytes){0};
		return OK;
	}
	if (r->file.os != NULL)
		return damaged(next_piece(r, piece));
	*piece = bytes_of(r->window.bytes + r->at, (size_t)(r->end - r->at));
	r->at = r->end;
	return OK;
}

void vault_reader_clear(struct vault_reader *r)
{
	close_object(r);
	buffer_clear(&r->window);
	buffer_clear(&r->counts);
	*r = (struct vault_reader){0};
}
