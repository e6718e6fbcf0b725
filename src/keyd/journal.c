/* SPDX-License-Identifier: Apache-2.0 */
#include "journal.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "hash.h"
#include "label.h"
#include "reader.h"
#include "rows.h"

#define MAGIC     "TKJ1"
#define HEAD      (4 + 8)
#define ENTRY_MIN (1 + sizeof(struct key_name) + 4 + sizeof(struct hash))

void journal_name(uint64_t night, char out[JOURNAL_NAME_LEN])
{
	(void)snprintf(out, JOURNAL_NAME_LEN, "journal.%08" PRIu64, night);
}

static struct status put_head(uint64_t night, uint8_t head[HEAD])
{
	struct buffer b = BUFFER_OVER(head, HEAD);

	TRY(buffer_put(&b, BYTES_LITERAL(MAGIC)));
	return buffer_put_u64(&b, night);
}

static struct status first_chain(const uint8_t head[HEAD], const struct hash *snapshot, struct hash *out)
{
	const struct bytes pieces[] = {bytes_of(head, HEAD), hash_bytes(snapshot)};

	return sha256_pieces(pieces, COUNT(pieces), out);
}

static struct status next_chain(const struct hash *before, struct bytes entry, struct hash *out)
{
	const struct bytes pieces[] = {hash_bytes(before), entry};

	return sha256_pieces(pieces, COUNT(pieces), out);
}

static bool entry_fits(uint8_t op, const struct key_name *name, size_t sealed_len)
{
	if (op == JOURNAL_PUT)
		return rows_fit(name, sealed_len);
	/* A sealed 256-bit key fits every scope that there is. */
	return op == JOURNAL_DESTROY && sealed_len == 0 && rows_fit(name, ROWS_SEALED_KEY);
}

/* Appending. */

struct journal_batch journal_batch_of(const struct journal *j)
{
	return (struct journal_batch){.bytes = {.max = JOURNAL_BYTES_MAX}, .chain = j->chain};
}

void journal_batch_clear(struct journal_batch *b)
{
	buffer_clear(&b->bytes);
}

struct status journal_batch_add(struct journal_batch *b, enum journal_op op, const struct key_name *name,
				struct bytes sealed)
{
	size_t start = b->bytes.len;
	struct hash chain;

	if (!entry_fits((uint8_t)op, name, sealed.len))
		return FAIL_AT(ST_INVALID, "journal entry");
	TRY(buffer_reserve(&b->bytes, ENTRY_MIN + sealed.len));
	/* Room was made: these cannot fail. */
	TRY(buffer_put_u8(&b->bytes, (uint8_t)op));
	TRY(buffer_put(&b->bytes, BYTES_OF(*name)));
	TRY(buffer_put_sized(&b->bytes, sealed));
	struct status s = next_chain(&b->chain, bytes_of(b->bytes.bytes + start, b->bytes.len - start), &chain);
	if (!ok(s)) {
		b->bytes.len = start;
		return s;
	}
	TRY(buffer_put(&b->bytes, hash_bytes(&chain)));
	b->chain = chain;
	return OK;
}

/* Bytes of a failed append must not stand behind a shorter one that succeeds. */
static struct status smooth(struct journal *j)
{
	if (!j->ragged)
		return OK;
	if (j->os->truncate(j->fd, (off_t)j->size) != 0)
		return FAIL_AT(ST_IO, REASON_WRITE);
	j->ragged = false;
	return OK;
}

static struct status append_durably(struct journal *j, struct bytes entries)
{
	TRY(os_write_all(j->os, j->fd, entries, j->size));
	return j->os->sync_data(j->fd) == 0 ? OK : FAIL_AT(ST_IO, REASON_WRITE);
}

struct status journal_write(struct journal *j, const struct journal_batch *batch)
{
	if (batch->bytes.len == 0)
		return OK;
	if (batch->bytes.len > JOURNAL_BYTES_MAX - j->size)
		return FAIL_AT(ST_TOO_BIG, REASON_KEYS_FULL);
	TRY(smooth(j));
	struct status s = append_durably(j, buffer_bytes(&batch->bytes));
	if (!ok(s)) {
		/* Now if it can be, or what was refused may come true after a restart;
		 * otherwise before the next append. */
		j->ragged = true;
		(void)ok(smooth(j));
		return s;
	}
	j->size += batch->bytes.len;
	j->chain = batch->chain;
	return OK;
}

/* Reading. */

/* An append that was cut short leaves a beginning of what it would have written,
 * or zeros where the file grew before its bytes arrived. */
static bool may_be_torn(struct bytes tail)
{
	struct reader r = reader_of(tail);
	struct key_name name;
	uint8_t op;
	uint32_t len;
	size_t zeros = 0;

	while (zeros < tail.len && tail.at[zeros] == 0)
		zeros++;
	if (zeros == tail.len)
		return true;
	if (!ok(reader_u8(&r, &op)) || (op != JOURNAL_PUT && op != JOURNAL_DESTROY))
		return false;
	if (reader_left(&r) == 0)
		return true;
	if (r.at[0] < KEY_PATIENT || r.at[0] > KEY_LOG_SIGNING)
		return false;
	if (!ok(reader_copy(&r, name.bytes, sizeof name.bytes)) || !ok(reader_u32(&r, &len)))
		return true;
	return entry_fits(op, &name, len) && reader_left(&r) < len + sizeof(struct hash);
}

static struct status read_entry(struct reader *r, struct hash *chain, const struct journal_visitor *visitor)
{
	struct reader ahead = *r;
	struct key_name name;
	struct bytes sealed;
	struct hash wanted, got;
	uint8_t op;

	TRY(reader_u8(&ahead, &op));
	TRY(reader_copy(&ahead, name.bytes, sizeof name.bytes));
	TRY(reader_sized(&ahead, ROWS_SEALED_MAX, &sealed));
	TRY(next_chain(chain, bytes_of(r->at, (size_t)(ahead.at - r->at)), &wanted));
	TRY(reader_copy(&ahead, got.bytes, sizeof got.bytes));
	if (!hash_equal(&wanted, &got) || !entry_fits(op, &name, sealed.len))
		return FAIL(ST_INVALID);
	struct status s = visitor->entry(visitor->context, (enum journal_op)op, &name, sealed);
	if (!ok(s))
		return s.code == ST_NO_MEMORY ? s : FAIL_AT(ST_CORRUPT, REASON_JOURNAL);
	*chain = got;
	*r = ahead;
	return OK;
}

static struct status check_head(struct bytes bytes, uint64_t night)
{
	uint8_t head[HEAD];

	TRY(put_head(night, head));
	if (bytes.len >= 4 && memcmp(bytes.at, MAGIC, 3) == 0 && bytes.at[3] > MAGIC[3] && bytes.at[3] <= '9')
		return FAIL_AT(ST_CONFLICT, REASON_NEWER);
	if (bytes.len < HEAD || memcmp(bytes.at, head, HEAD) != 0)
		return FAIL_AT(ST_CORRUPT, REASON_JOURNAL);
	return OK;
}

struct status journal_parse(struct bytes bytes, uint64_t night, const struct hash *snapshot,
			    const struct journal_visitor *visitor, uint64_t *good, struct hash *chain)
{
	struct hash last;

	TRY(check_head(bytes, night));
	TRY(first_chain(bytes.at, snapshot, &last));
	struct reader r = reader_of(bytes_of(bytes.at + HEAD, bytes.len - HEAD));
	while (reader_left(&r) > 0) {
		struct status s = read_entry(&r, &last, visitor);

		if (ok(s))
			continue;
		if (s.code != ST_INVALID && s.code != ST_TOO_BIG)
			return s;
		if (!may_be_torn(bytes_of(r.at, reader_left(&r))))
			return FAIL_AT(ST_CORRUPT, REASON_JOURNAL);
		break;
	}
	*good = bytes.len - reader_left(&r);
	*chain = last;
	return OK;
}

static struct status open_file(const struct os *os, int dir, uint64_t night, int flags, int *fd)
{
	char name[JOURNAL_NAME_LEN];

	journal_name(night, name);
	*fd = os->open(dir, name, flags, 0600);
	return *fd < 0 ? FAIL_AT(ST_IO, REASON_WRITE) : OK;
}

struct status journal_create(const struct os *os, int dir, uint64_t night, const struct hash *snapshot,
			     struct journal *out)
{
	AUTO(journal) j = {.os = os, .fd = -1, .size = HEAD};
	uint8_t head[HEAD];

	TRY(put_head(night, head));
	TRY(first_chain(head, snapshot, &j.chain));
	TRY(open_file(os, dir, night, O_RDWR | O_CREAT | O_TRUNC, &j.fd));
	TRY(os_write_all(os, j.fd, bytes_of(head, HEAD), 0));
	if (os->sync(j.fd) != 0 || os->sync(dir) != 0)
		return FAIL_AT(ST_IO, REASON_WRITE);
	*out = j;
	j.fd = -1;
	return OK;
}

struct status journal_open(const struct os *os, int dir, uint64_t night, const struct hash *snapshot,
			   const struct journal_visitor *visitor, struct journal *out)
{
	AUTO(journal) j = {.os = os, .fd = -1};
	AUTO(buffer) bytes = {.max = JOURNAL_BYTES_MAX};
	char name[JOURNAL_NAME_LEN];

	journal_name(night, name);
	struct status s = os_load(os, dir, name, JOURNAL_BYTES_MAX, &bytes);
	if (s.code == ST_NOT_FOUND || s.code == ST_TOO_BIG)
		return FAIL_AT(ST_CORRUPT, REASON_JOURNAL);
	TRY(s);
	TRY(journal_parse(buffer_bytes(&bytes), night, snapshot, visitor, &j.size, &j.chain));
	TRY(open_file(os, dir, night, O_RDWR, &j.fd));
	j.ragged = j.size < bytes.len;
	TRY(smooth(&j));
	if (j.size < bytes.len && os->sync(j.fd) != 0)
		return FAIL_AT(ST_IO, REASON_WRITE);
	*out = j;
	j.fd = -1;
	return OK;
}

void journal_clear(struct journal *j)
{
	if (j->fd >= 0)
		(void)j->os->close(j->fd);
	*j = (struct journal){.fd = -1};
}
