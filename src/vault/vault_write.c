/* SPDX-License-Identifier: Apache-2.0 */
/* vault: the way in. */
#include <stdlib.h>
#include <string.h>

#include "limits.h"
#include "vault_internal.h"

#define TAG ((size_t)CHUNKED_SEALED - CHUNKED_PLAIN)
/* What may stand behind the full chunks of a window, so that an object of just that many is written at once. */
#define REST_MAX     ((size_t)512)
#define WINDOW_PLAIN ((size_t)VAULT_WINDOW * CHUNKED_PLAIN + REST_MAX)
#define WINDOW_MAX   (CHUNKED_HEADER + (size_t)VAULT_WINDOW * CHUNKED_SEALED + REST_MAX + TAG)
/* Small objects need less; a writer in waiting keeps this much. */
#define WINDOW_MIN (CHUNKED_HEADER + CHUNKED_SEALED)

/* The window is header || chunk || chunk ...: sealed where it stands, written in one call. */
static uint8_t *chunk_at(const struct vault_writer *w, size_t chunk)
{
	return w->window.bytes + CHUNKED_HEADER + chunk * CHUNKED_SEALED;
}

static struct status begin(struct vault *v, const struct uuid *id, struct vault_writer *w)
{
	*w = (struct vault_writer){
		.vault = v, .id = *id, .window = {.max = WINDOW_MAX}, .counts = {.max = (size_t)4 * PARTS_MAX}};
	return sha256_begin(&w->sha);
}

struct status vault_write_begin(struct vault *v, const struct uuid *id, struct vault_writer *out)
{
	struct status s = begin(v, id, out);

	out->hashed = true;
	if (ok(s))
		s = keyslot_take(&out->key);
	if (ok(s))
		secret_random(out->key.bytes, sizeof(struct key));
	if (!ok(s))
		vault_writer_clear(out);
	return s;
}

/* ---- Going on with an upload ---- */

static struct status close_part(struct vault_writer *w, uint64_t kept)
{
	struct parts parts = {buffer_bytes(&w->counts), kept};

	TRY(parts_check(&parts));
	/* The chunks of the part that lost its writer, if it has any. */
	struct parts_place end = parts_find(&parts, kept / CHUNKED_PLAIN);
	w->part_at = end.at;
	if (end.number == 0) {
		w->part_at = end.header_at;
		return OK;
	}
	if (w->counts.len == w->counts.max)
		return FAIL_AT(ST_TOO_MANY, "interruptions of an upload");
	return buffer_put_u32(&w->counts, (uint32_t)end.number);
}

static struct status restore(struct vault_writer *w, const struct row *upload)
{
	struct bytes tail = upload->secret[SECRET_UPLOAD_TAIL];

	w->size = row_number(upload, COLUMN_UPLOAD_SIZE);
	if (tail.len >= CHUNKED_PLAIN || tail.len != w->size % CHUNKED_PLAIN)
		return FAIL_AT(ST_CORRUPT, tables[TABLE_UPLOAD].name);
	TRY(keyslot_take(&w->key));
	TRY(row_secret_copy(upload, SECRET_UPLOAD_OBJECT_KEY, w->key.bytes, sizeof(struct key)));
	TRY(buffer_put(&w->counts, upload->secret[SECRET_UPLOAD_PARTS]));
	TRY(close_part(w, w->size - tail.len));
	TRY(buffer_reserve(&w->window, WINDOW_MIN));
	memcpy(chunk_at(w, 0), tail.len > 0 ? tail.at : (const uint8_t *)"", tail.len);
	w->pending = tail.len;
	TRY(object_begin(w->vault->objects, &w->id, &w->file));
	w->has_file = w->file.keep = true;
	w->hashed = w->size == 0;
	return OK;
}

struct status vault_write_resume(struct vault *v, const struct row *upload, struct vault_writer *out)
{
	struct uuid id = row_uuid(upload, COLUMN_UPLOAD_ID);
	struct status s = begin(v, &id, out);

	if (ok(s))
		s = restore(out, upload);
	if (!ok(s))
		vault_writer_clear(out);
	return s;
}

/* ---- Sealing ---- */

static struct status begin_part(struct vault_writer *w)
{
	uint8_t space[CONTEXT_MAX];
	struct buffer context = {.bytes = space, .capacity = sizeof space, .max = sizeof space};

	if (!w->has_file) {
		TRY(object_begin(w->vault->objects, &w->id, &w->file));
		w->has_file = true;
	}
	TRY(parts_context(&w->id, (uint32_t)(w->counts.len / 4), &context));
	TRY(chunked_seal_begin(keyslot_key(&w->key), buffer_bytes(&context), w->window.bytes, &w->part));
	w->begun = true;
	return OK;
}

/* Seal the first ${chunks} of the window; the last one of them has ${last_len} bytes. */
static struct status seal_window(struct vault_writer *w, size_t chunks, size_t last_len)
{
	bool with_header = !w->begun;

	if (with_header)
		TRY(begin_part(w));
	for (size_t i = 0; i < chunks; i++) {
		size_t len = i + 1 < chunks ? CHUNKED_PLAIN : last_len;

		TRY(chunked_seal_next(&w->part, bytes_of(chunk_at(w, i), len), chunk_at(w, i)));
	}
	uint8_t *from = with_header ? w->window.bytes : chunk_at(w, 0);
	struct bytes sealed = bytes_of(from, (size_t)(chunk_at(w, chunks - 1) - from) + last_len + TAG);
	TRY(object_write(&w->file, sealed, w->part_at));
	w->part_at += sealed.len;
	return OK;
}

/* Seal every full chunk and move what is left to the front. */
static struct status seal_full(struct vault_writer *w)
{
	size_t full = w->pending / CHUNKED_PLAIN;
	size_t left = w->pending % CHUNKED_PLAIN;

	if (full == 0)
		return OK;
	TRY(seal_window(w, full, CHUNKED_PLAIN));
	if (left > 0)
		memmove(chunk_at(w, 0), chunk_at(w, full), left);
	w->pending = left;
	return OK;
}

/* Room for all of the chunk that the next byte belongs to: for one chunk, or for all. */
static struct status make_room(struct vault_writer *w)
{
	size_t needed = w->pending < CHUNKED_PLAIN ? WINDOW_MIN : WINDOW_MAX;

	if (w->window.capacity >= needed)
		return OK;
	/* The buffer moves what it counts as its own. */
	w->window.len = w->window.capacity;
	return buffer_reserve(&w->window, needed - w->window.len);
}

static struct status take_piece(struct vault_writer *w, struct bytes piece)
{
	while (piece.len > 0) {
		if (w->pending == WINDOW_PLAIN)
			TRY(seal_full(w));
		TRY(make_room(w));
		size_t within = w->pending % CHUNKED_PLAIN;
		size_t room = w->pending / CHUNKED_PLAIN < VAULT_WINDOW ? CHUNKED_PLAIN - within : REST_MAX - within;
		size_t len = room < piece.len ? room : piece.len;

		memcpy(chunk_at(w, w->pending / CHUNKED_PLAIN) + within, piece.at, len);
		w->pending += len;
		w->size += len;
		piece = bytes_of(piece.at + len, piece.len - len);
	}
	return OK;
}

uint64_t vault_size_max(void)
{
	return chunked_sealed_len(LIMIT_RECORD_BYTES);
}

struct status vault_write(struct vault_writer *w, struct bytes piece)
{
	if (w->finished)
		return FAIL_AT(ST_INVALID, "finished object");
	if (piece.len > vault_size_max() - w->size)
		return FAIL_AT(ST_TOO_BIG, "record");
	if (w->hashed)
		TRY(sha256_add(&w->sha, piece));
	return take_piece(w, piece);
}

/* ---- Keeping ---- */

struct status vault_write_keep(struct vault_writer *w, struct row *upload)
{
	if (w->finished || upload->table != TABLE_UPLOAD)
		return FAIL_AT(ST_INVALID, "upload");
	TRY(seal_full(w));
	if (w->has_file) {
		TRY(object_sync(&w->file));
		w->file.keep = true;
	}
	upload->plain[COLUMN_UPLOAD_SIZE].number = w->size;
	upload->secret[SECRET_UPLOAD_OBJECT_KEY] = BYTES_OF(*keyslot_key(&w->key));
	upload->secret[SECRET_UPLOAD_PARTS] = buffer_bytes(&w->counts);
	upload->secret[SECRET_UPLOAD_TAIL] = w->pending > 0 ? bytes_of(chunk_at(w, 0), w->pending) : (struct bytes){0};
	return OK;
}

/* ---- Finishing ---- */

static struct status reopen_part(struct vault_writer *w, const struct parts_place *place, struct chunked *part)
{
	uint8_t space[CONTEXT_MAX], header[CHUNKED_HEADER];
	struct buffer context = {.bytes = space, .capacity = sizeof space, .max = sizeof space};

	chunked_clear(part);
	TRY(parts_context(&w->id, place->part, &context));
	TRY(object_reread(&w->file, place->header_at, header, sizeof header));
	return chunked_open_begin(keyslot_key(&w->key), buffer_bytes(&context), BYTES_OF(header), part);
}

/* Kept pieces of an earlier process were hashed by nobody who is still here. */
static struct status hash_again(struct vault_writer *w)
{
	uint64_t full = (w->size - w->pending) / CHUNKED_PLAIN;
	struct parts parts = {buffer_bytes(&w->counts), w->size};
	AUTO(buffer) chunk = {.max = CHUNKED_SEALED};
	AUTO(chunked) part = {0};

	TRY(buffer_reserve(&chunk, CHUNKED_SEALED));
	for (uint64_t i = 0; i < full; i++) {
		struct parts_place place = parts_find(&parts, i);

		if (place.number == 0)
			TRY(reopen_part(w, &place, &part));
		TRY(object_reread(&w->file, place.at, chunk.bytes, CHUNKED_SEALED));
		TRY(chunked_open_at(&part, place.number, false, bytes_of(chunk.bytes, CHUNKED_SEALED), chunk.bytes));
		TRY(sha256_add(&w->sha, bytes_of(chunk.bytes, CHUNKED_PLAIN)));
	}
	return w->pending > 0 ? sha256_add(&w->sha, bytes_of(chunk_at(w, 0), w->pending)) : OK;
}

static struct status check_signed(struct vault_writer *w, uint64_t size, const struct hash *hash)
{
	if (w->size != size)
		return FAIL_AT(ST_MISMATCH, "size");
	if (!w->hashed) {
		TRY(seal_full(w));
		TRY(hash_again(w));
	}
	TRY(sha256_end(&w->sha, &w->hash));
	return hash_equal(&w->hash, hash) ? OK : FAIL_AT(ST_MISMATCH, "content hash");
}

static struct status publish(struct vault_writer *w)
{
	if (!w->has_file) {
		TRY(object_begin_whole(w->vault->objects, &w->id, &w->file));
		w->has_file = true;
	}
	TRY(make_room(w)); /* the last chunk is a short one, perhaps empty */
	TRY(seal_window(w, w->pending / CHUNKED_PLAIN + 1, w->pending % CHUNKED_PLAIN));
	TRY(object_publish(&w->file, w->part_at));
	w->pending = 0;
	return OK;
}

struct status vault_write_finish(struct vault_writer *w, uint64_t size, const struct hash *hash)
{
	if (w->finished)
		return FAIL_AT(ST_INVALID, "finished object");
	TRY(check_signed(w, size, hash));
	if (w->size > LIMIT_INLINE_OBJECT)
		TRY(publish(w));
	w->finished = true;
	return OK;
}

struct status vault_write_row(const struct vault_writer *w, struct row *version)
{
	bool inlined = w->size <= LIMIT_INLINE_OBJECT;

	if (!w->finished || version->table != TABLE_VERSION)
		return FAIL_AT(ST_INVALID, "version");
	if (!inlined)
		TRY(object_settle(&w->file));
	version->plain[COLUMN_VERSION_OBJECT].bytes = uuid_bytes(&w->id);
	version->plain[COLUMN_VERSION_SIZE].number = w->size;
	version->secret[SECRET_VERSION_OBJECT_KEY] = inlined ? (struct bytes){0} : BYTES_OF(*keyslot_key(&w->key));
	version->secret[SECRET_VERSION_CONTENT_HASH] = hash_bytes(&w->hash);
	version->secret[SECRET_VERSION_PARTS] = inlined ? (struct bytes){0} : buffer_bytes(&w->counts);
	version->secret[SECRET_VERSION_INLINE] =
		inlined && w->size > 0 ? bytes_of(chunk_at(w, 0), w->size) : (struct bytes){0};
	return OK;
}

struct status vault_write_undo(struct vault_writer *w)
{
	return w->has_file ? object_unpublish(&w->file) : OK;
}

void vault_writer_clear(struct vault_writer *w)
{
	/* What lives in its row needs no file; while it is an upload, all of it is in the upload's row. */
	if (w->finished && w->size <= LIMIT_INLINE_OBJECT)
		w->file.keep = false;
	object_writer_clear(&w->file);
	chunked_clear(&w->part);
	sha256_state_clear(&w->sha);
	keyslot_clear(&w->key);
	buffer_clear(&w->counts);
	buffer_clear(&w->window);
	*w = (struct vault_writer){0};
}
