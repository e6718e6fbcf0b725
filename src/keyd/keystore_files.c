/* SPDX-License-Identifier: Apache-2.0 */
/* keystore, the part that begins, opens and replaces a night's files. */
#include <string.h>

#include "hash.h"
#include "keystore.h"
#include "label.h"
#include "nightfile.h"
#include "reader.h"
#include "snapshot.h"

#define CURRENT     "current"
#define MAGIC       "TKC1"
#define CURRENT_LEN (4 + 8 + 32)

/* `current`: magic, number, SHA-256 of both. */

static struct status save_current(const struct os *os, int dir, uint64_t number)
{
	uint8_t place[CURRENT_LEN];
	struct buffer b = BUFFER_OVER(place, sizeof place);
	struct hash digest;

	TRY(buffer_put(&b, BYTES_LITERAL(MAGIC)));
	TRY(buffer_put_u64(&b, number));
	TRY(sha256(buffer_bytes(&b), &digest));
	TRY(buffer_put(&b, hash_bytes(&digest)));
	return os_save(os, dir, CURRENT, buffer_bytes(&b));
}

static struct status read_current(struct bytes bytes, uint64_t *number)
{
	struct reader r = reader_of(bytes);
	struct bytes magic;
	struct hash wanted, got;
	uint64_t n;

	TRY(reader_take(&r, 4, &magic));
	TRY(reader_u64(&r, &n));
	TRY(reader_copy(&r, wanted.bytes, sizeof wanted.bytes));
	TRY(reader_done(&r));
	TRY(sha256(bytes_of(bytes.at, bytes.len - sizeof wanted.bytes), &got));
	if (!hash_equal(&wanted, &got) || n == 0 || n > NIGHTFILE_NUMBER_MAX)
		return FAIL(ST_INVALID);
	if (memcmp(magic.at, MAGIC, 3) == 0 && magic.at[3] > MAGIC[3])
		return FAIL_AT(ST_CONFLICT, REASON_NEWER);
	if (!bytes_equal(magic, BYTES_LITERAL(MAGIC)))
		return FAIL(ST_INVALID);
	*number = n;
	return OK;
}

struct status keystore_current(const struct os *os, int dir, uint64_t *number)
{
	uint8_t place[CURRENT_LEN];
	struct buffer bytes = BUFFER_OVER(place, sizeof place);

	struct status s = os_load(os, dir, CURRENT, sizeof place, &bytes);
	if (s.code != ST_OK && s.code != ST_NOT_FOUND && s.code != ST_TOO_BIG)
		return s;
	if (ok(s))
		s = read_current(buffer_bytes(&bytes), number);
	if (ok(s) || s.code == ST_CONFLICT)
		return s;
	return FAIL_AT(ST_CORRUPT, REASON_CURRENT);
}

struct status keystore_write(const struct os *os, int dir, struct keystore_night *n, const struct rows *rows)
{
	struct hash digest;

	TRY(snapshot_save(os, dir, n->number, rows, &digest));
	return journal_create(os, dir, n->number, &digest, &n->journal);
}

struct status keystore_create(const struct os *os, int dir, const struct secret *night_key,
			      const struct keystore_value *values, size_t count)
{
	AUTO(keystore_night) n = keystore_night_none;

	n.number = 1;
	for (size_t i = 0; i < count; i++) {
		uint8_t place[ROWS_SEALED_MAX];
		struct buffer sealed = BUFFER_OVER(place, sizeof place);

		TRY(keystore_seal(night_key, n.number, &values[i].name, values[i].value, &sealed));
		TRY(rows_put(&n.rows, &values[i].name, buffer_bytes(&sealed)));
	}
	TRY(keystore_write(os, dir, &n, &n.rows));
	return save_current(os, dir, n.number);
}

static struct status replay(void *context, enum journal_op op, const struct key_name *name, struct bytes sealed)
{
	struct rows *rows = context;
	struct bytes present;

	if (op == JOURNAL_PUT)
		return rows_put(rows, name, sealed);
	TRY(rows_get(rows, name, &present));
	rows_remove(rows, name);
	return OK;
}

struct status keystore_open(const struct os *os, int dir, uint64_t number, struct secret *night_key,
			    struct keystore *out)
{
	AUTO(keystore) k = keystore_none;
	struct hash digest;

	k.os = os;
	k.dir = dir;
	k.now.number = number;
	TRY(snapshot_load(os, dir, number, &k.now.rows, &digest));
	const struct journal_visitor visitor = {replay, &k.now.rows};
	TRY(journal_open(os, dir, number, &digest, &visitor, &k.now.journal));
	k.now.key = *night_key;
	*night_key = (struct secret){0};
	*out = k;
	k = keystore_none;
	return OK;
}

/* Taking over. */

static void take_over(struct keystore *k, struct keystore_night *next)
{
	keystore_night_clear(&k->now);
	k->now = *next;
	*next = keystore_night_none;
	k->unsettled = false;
}

struct status keystore_switch(struct keystore *k, struct keystore_night *next)
{
	uint64_t named;

	struct status s = save_current(k->os, k->dir, next->number);
	if (ok(s)) {
		take_over(k, next);
		return OK;
	}
	/* Still the old name: the rename did not happen, and cannot any more. */
	if (ok(keystore_current(k->os, k->dir, &named)) && named == k->now.number)
		return s;
	k->next = *next;
	*next = keystore_night_none;
	k->unsettled = true;
	return FAIL_AT(ST_IO, REASON_UNSETTLED);
}

struct status keystore_settle(struct keystore *k)
{
	if (!k->unsettled)
		return OK;
	if (!ok(save_current(k->os, k->dir, k->next.number)))
		return FAIL_AT(ST_IO, REASON_UNSETTLED);
	take_over(k, &k->next);
	return OK;
}

struct status keystore_remove_night(const struct os *os, int dir, uint64_t number)
{
	char rows[SNAPSHOT_NAME_LEN], journal[JOURNAL_NAME_LEN];

	snapshot_name(number, rows);
	journal_name(number, journal);
	TRY(os_remove(os, dir, rows));
	return os_remove(os, dir, journal);
}
