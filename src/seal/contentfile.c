/* SPDX-License-Identifier: Apache-2.0 */
#include "contentfile.h"

#include <errno.h>
#include <unistd.h>

/* A piece in, with what was pending before it, out. */
#define OUT_MAX (KEYHOLDER_PIECE + 2 * (size_t)CHUNKED_SEALED)

/* The plain side has no offsets: it may be a pipe.  Fewer than ${len} bytes only at its end. */
static struct status read_plain(int fd, struct secret *into, size_t *len)
{
	size_t filled = 0;

	while (filled < into->len) {
		ssize_t n = read(fd, into->bytes + filled, into->len - filled);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return os_status(errno, "plain content");
		if (n == 0)
			break;
		filled += (size_t)n;
	}
	*len = filled;
	return OK;
}

static struct status write_plain(int fd, struct bytes plain)
{
	while (plain.len > 0) {
		ssize_t n = write(fd, plain.at, plain.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return os_status(errno, "plain content");
		plain = bytes_of(plain.at + n, plain.len - (size_t)n);
	}
	return OK;
}

/* Append what is in ${sealed} to the file, and empty it. */
static struct status flush_sealed(const struct contentfile *files, struct buffer *sealed, uint64_t *at)
{
	TRY(os_write_all(files->os, files->sealed_fd, buffer_bytes(sealed), *at));
	*at += sealed->len;
	sealed->len = 0;
	return OK;
}

static struct status seal_pieces(const struct keyholder *k, const struct contentfile *files, struct buffer *sealed,
				 uint64_t *at, uint64_t *plain_size)
{
	AUTO(secret) piece = {0};
	size_t len = 0;

	TRY(secret_empty((size_t)4 * CHUNKED_PLAIN, &piece));
	do {
		TRY(read_plain(files->plain_fd, &piece, &len));
		TRY(keyholder_content_seal_add(k, plain_of(piece.bytes, len), sealed));
		TRY(flush_sealed(files, sealed, at));
		*plain_size += len;
	} while (len == piece.len);
	return OK;
}

/* After a failure: the holder shall not go on holding the keys of a content that nobody ends. */
static struct status abandon(const struct keyholder *k, struct status why)
{
	(void)ok(keyholder_content_open_end(k));
	return why;
}

struct status contentfile_seal(const struct keyholder *k, const struct keyholder_record *record,
			       const struct sealed_key *sealed_key, const struct contentfile *files,
			       struct recordcontent_claim *claim, uint64_t *plain_size)
{
	AUTO(buffer) sealed = {.max = OUT_MAX};
	struct recordcontent_claim made;
	uint64_t at = 0, size = 0;

	TRY(keyholder_content_seal_begin(k, record, sealed_key, &sealed));
	struct status s = seal_pieces(k, files, &sealed, &at, &size);
	if (!ok(s))
		return abandon(k, s);
	TRY(keyholder_content_seal_end(k, &sealed, &made));
	TRY(flush_sealed(files, &sealed, &at));
	if (at != made.size)
		return FAIL_AT(ST_CORRUPT, "content size");
	if (files->os->truncate(files->sealed_fd, (off_t)at) != 0 || files->os->sync(files->sealed_fd) != 0)
		return os_status(errno, "sealed content");
	*claim = made;
	if (plain_size != NULL)
		*plain_size = size;
	return OK;
}

/* The next piece of the sealed file; ST_CORRUPT when it ends before the statement says. */
static struct status read_sealed(const struct contentfile *files, uint64_t at, uint64_t size, struct buffer *piece)
{
	size_t len = size - at < KEYHOLDER_PIECE ? (size_t)(size - at) : KEYHOLDER_PIECE;

	piece->len = 0;
	TRY(buffer_reserve(piece, len));
	TRY(os_read_all(files->os, files->sealed_fd, piece->bytes, len, at));
	piece->len = len;
	return OK;
}

/* Nothing behind what was signed. */
static struct status check_end(const struct contentfile *files, uint64_t size)
{
	uint8_t more;
	ssize_t n;

	do {
		n = files->os->read(files->sealed_fd, &more, 1, (off_t)size);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return os_status(errno, "sealed content");
	return n == 0 ? OK : FAIL_AT(ST_CORRUPT, "content size");
}

struct status contentfile_check(const struct contentfile *files, const struct recordcontent_claim *claim)
{
	AUTO(sha256_state) hashing = {0};
	AUTO(buffer) piece = {.max = KEYHOLDER_PIECE};
	struct hash hash;

	if (claim->size > LIMIT_RECORD_BYTES)
		return FAIL_AT(ST_CORRUPT, "content size");
	TRY(sha256_begin(&hashing));
	for (uint64_t at = 0; at < claim->size; at += piece.len) {
		TRY(read_sealed(files, at, claim->size, &piece));
		TRY(sha256_add(&hashing, buffer_bytes(&piece)));
	}
	TRY(check_end(files, claim->size));
	TRY(sha256_end(&hashing, &hash));
	return hash_equal(&hash, &claim->hash) ? OK : FAIL_AT(ST_CORRUPT, "content hash");
}

static struct status open_pieces(const struct keyholder *k, const struct contentfile *files, uint64_t size)
{
	AUTO(buffer) piece = {.max = KEYHOLDER_PIECE};
	AUTO(buffer) plain = {.max = OUT_MAX, .wipe = true};

	for (uint64_t at = 0; at < size; at += piece.len) {
		TRY(read_sealed(files, at, size, &piece));
		TRY(keyholder_content_open_add(k, (struct sealed){buffer_bytes(&piece)}, &plain));
		TRY(write_plain(files->plain_fd, buffer_bytes(&plain)));
		plain.len = 0;
	}
	return OK;
}

struct status contentfile_open(const struct keyholder *k, const struct keyholder_record *record,
			       const struct sealed_key *sealed_key, const struct contentfile *files,
			       const struct recordcontent_claim *claim)
{
	TRY(contentfile_check(files, claim));
	TRY(keyholder_content_open_begin(k, record, sealed_key, claim));
	struct status s = open_pieces(k, files, claim->size);
	return ok(s) ? keyholder_content_open_end(k) : abandon(k, s);
}

static struct status open_memory(const struct keyholder *k, struct bytes sealed, struct buffer *out)
{
	for (size_t at = 0; at < sealed.len; at += KEYHOLDER_PIECE) {
		size_t left = sealed.len - at;

		TRY(keyholder_content_open_add(
			k, sealed_of(sealed.at + at, left < KEYHOLDER_PIECE ? left : KEYHOLDER_PIECE), out));
	}
	return keyholder_content_open_end(k);
}

struct status contentfile_open_bytes(const struct keyholder *k, const struct keyholder_record *record,
				     const struct sealed_key *sealed_key, struct sealed sealed,
				     const struct recordcontent_claim *claim, struct buffer *out)
{
	struct hash hash;
	size_t before = out->len;

	if (sealed.bytes.len != claim->size)
		return FAIL_AT(ST_CORRUPT, "content size");
	TRY(sha256(sealed.bytes, &hash));
	if (!hash_equal(&hash, &claim->hash))
		return FAIL_AT(ST_CORRUPT, "content hash");
	TRY(keyholder_content_open_begin(k, record, sealed_key, claim));
	struct status s = open_memory(k, sealed.bytes, out);
	if (!ok(s) && out->len > before) {
		secret_wipe(out->bytes + before, out->len - before);
		out->len = before;
	}
	return s;
}
