/* SPDX-License-Identifier: Apache-2.0 */
#include "snapshot.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "hash.h"
#include "label.h"
#include "reader.h"

#define MAGIC    "TKR1"
#define HEAD     (4 + 8 + 8)
#define PIECE    65536
#define FILE_MAX (HEAD + ROWS_BYTES_MAX + sizeof(struct hash))

void snapshot_name(uint64_t night, char out[SNAPSHOT_NAME_LEN])
{
	(void)snprintf(out, SNAPSHOT_NAME_LEN, "rows.%08" PRIu64, night);
}

/* A file under way: hashed and written a piece at a time. */
struct writing {
	const struct os *os;
	int fd;
	uint64_t at;
	struct sha256_state hash;
	struct buffer piece;
};

static void writing_clear(struct writing *w)
{
	sha256_state_clear(&w->hash);
	buffer_clear(&w->piece);
	if (w->fd >= 0)
		(void)w->os->close(w->fd);
	w->fd = -1;
}

static struct status flush(struct writing *w)
{
	TRY(sha256_add(&w->hash, buffer_bytes(&w->piece)));
	TRY(os_write_all(w->os, w->fd, buffer_bytes(&w->piece), w->at));
	w->at += w->piece.len;
	w->piece.len = 0;
	return OK;
}

static struct status write_rows(struct writing *w, const struct rows *rows)
{
	size_t cursor = 0;
	struct key_name name;
	struct bytes sealed;

	while (rows_next(rows, &cursor, &name, &sealed)) {
		if (w->piece.len + sizeof name + 4 + sealed.len > w->piece.max)
			TRY(flush(w));
		TRY(buffer_put(&w->piece, BYTES_OF(name)));
		TRY(buffer_put_sized(&w->piece, sealed));
	}
	return flush(w);
}

static struct status write_file(struct writing *w, uint64_t night, const struct rows *rows, struct hash *digest)
{
	TRY(sha256_begin(&w->hash));
	TRY(buffer_put(&w->piece, BYTES_LITERAL(MAGIC)));
	TRY(buffer_put_u64(&w->piece, night));
	TRY(buffer_put_u64(&w->piece, rows_count(rows)));
	TRY(write_rows(w, rows));
	TRY(sha256_end(&w->hash, digest));
	TRY(os_write_all(w->os, w->fd, hash_bytes(digest), w->at));
	return w->os->sync(w->fd) == 0 ? OK : FAIL_AT(ST_IO, REASON_WRITE);
}

struct status snapshot_save(const struct os *os, int dir, uint64_t night, const struct rows *rows, struct hash *digest)
{
	AUTO(writing) w = {.os = os, .fd = -1, .piece = {.max = PIECE}};
	char name[SNAPSHOT_NAME_LEN];
	struct hash got;

	snapshot_name(night, name);
	w.fd = os->open(dir, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (w.fd < 0)
		return FAIL_AT(ST_IO, REASON_WRITE);
	TRY(write_file(&w, night, rows, &got));
	int closed = os->close(w.fd);
	w.fd = -1;
	/* Network file systems report a full disk here. */
	if (closed != 0)
		return FAIL_AT(ST_IO, REASON_WRITE);
	*digest = got;
	return OK;
}

static struct status read_rows(struct reader *r, uint64_t count, struct rows *rows)
{
	for (uint64_t i = 0; i < count; i++) {
		struct key_name name;
		struct bytes sealed;

		TRY(reader_copy(r, name.bytes, sizeof name.bytes));
		TRY(reader_sized(r, ROWS_SEALED_MAX, &sealed));
		TRY(rows_put(rows, &name, sealed));
	}
	return reader_done(r);
}

static struct status read_file(struct bytes bytes, uint64_t night, struct rows *rows, struct hash *digest)
{
	struct reader r = reader_of(bytes);
	struct bytes magic, body;
	struct hash wanted, got;
	uint64_t number, count;

	TRY(reader_take(&r, 4, &magic));
	TRY(reader_u64(&r, &number));
	TRY(reader_u64(&r, &count));
	if (!bytes_equal(magic, BYTES_LITERAL(MAGIC)) || number != night || reader_left(&r) < sizeof wanted.bytes)
		return FAIL(ST_INVALID);
	TRY(reader_take(&r, reader_left(&r) - sizeof wanted.bytes, &body));
	TRY(reader_copy(&r, wanted.bytes, sizeof wanted.bytes));
	TRY(sha256(bytes_of(bytes.at, bytes.len - sizeof wanted.bytes), &got));
	if (!hash_equal(&wanted, &got))
		return FAIL(ST_INVALID);
	struct reader inside = reader_of(body);
	TRY(read_rows(&inside, count, rows));
	*digest = got;
	return OK;
}

struct status snapshot_parse(struct bytes bytes, uint64_t night, struct rows *rows, struct hash *digest)
{
	if (bytes.len >= 4 && memcmp(bytes.at, MAGIC, 3) == 0 && bytes.at[3] > MAGIC[3] && bytes.at[3] <= '9')
		return FAIL_AT(ST_CONFLICT, REASON_NEWER);
	struct status s = read_file(bytes, night, rows, digest);
	if (ok(s) || s.code == ST_NO_MEMORY)
		return s;
	return FAIL_AT(ST_CORRUPT, REASON_ROWS);
}

struct status snapshot_load(const struct os *os, int dir, uint64_t night, struct rows *rows, struct hash *digest)
{
	AUTO(buffer) bytes = {.max = FILE_MAX};
	char name[SNAPSHOT_NAME_LEN];

	snapshot_name(night, name);
	struct status s = os_load(os, dir, name, FILE_MAX, &bytes);
	if (s.code == ST_NOT_FOUND || s.code == ST_TOO_BIG)
		return FAIL_AT(ST_CORRUPT, REASON_ROWS);
	TRY(s);
	return snapshot_parse(buffer_bytes(&bytes), night, rows, digest);
}
