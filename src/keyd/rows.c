/* SPDX-License-Identifier: Apache-2.0 */
#include "rows.h"

#include <stdlib.h>
#include <string.h>

#include "secret.h"

#define HEAD         (sizeof(struct key_name) + 4)
#define FIRST_PLACES 1024
/* The scope of a removed row. */
#define REMOVED 0

bool rows_fit(const struct key_name *name, size_t sealed_len)
{
	switch (key_name_scope(name)) {
	case KEY_PATIENT:
	case KEY_SITE_ROWS:
	case KEY_LOG_YEAR:
	case KEY_GENERATION:
	case KEY_LOG_SIGNING:
		return sealed_len == ROWS_SEALED_KEY;
	case KEY_TLS:
	case KEY_CA:
		return sealed_len > ROWS_SEALED_MAX - KEYWIRE_PRIVATE_MAX && sealed_len <= ROWS_SEALED_MAX;
	default:
		return false;
	}
}

static const uint8_t *row_at(const struct rows *r, size_t offset)
{
	return r->slab.bytes + offset;
}

static size_t sealed_len(const uint8_t *row)
{
	return (size_t)row[17] << 24 | (size_t)row[18] << 16 | (size_t)row[19] << 8 | row[20];
}

static size_t place_of(const struct rows *r, const struct key_name *name)
{
	return (size_t)key_name_hash(name, r->seed) & (r->capacity - 1);
}

/* Where ${name} stands in the table, or the free place where it would. */
static size_t find(const struct rows *r, const struct key_name *name)
{
	size_t at = place_of(r, name);

	while (r->table[at] != 0 && memcmp(row_at(r, r->table[at] - 1), name->bytes, sizeof name->bytes) != 0)
		at = (at + 1) & (r->capacity - 1);
	return at;
}

/* Twice as many places as live rows at least; removed ones are left out. */
static struct status rebuild(struct rows *r, size_t live)
{
	size_t capacity = FIRST_PLACES, cursor = 0;
	struct key_name name;
	struct bytes sealed;

	while (capacity < live * 2)
		capacity *= 2;
	uint32_t *table = calloc(capacity, sizeof *table);
	if (table == NULL)
		return FAIL_AT(ST_NO_MEMORY, "key table");
	free(r->table);
	r->table = table;
	r->capacity = capacity;
	r->used = 0;
	while (rows_next(r, &cursor, &name, &sealed)) {
		size_t row = (size_t)(sealed.at - r->slab.bytes) - HEAD;

		r->table[find(r, &name)] = (uint32_t)(row + 1);
		r->used++;
	}
	return OK;
}

static struct status make_room(struct rows *r, size_t more)
{
	if (r->slab.max == 0) {
		r->slab.max = ROWS_BYTES_MAX;
		secret_random(&r->seed, sizeof r->seed);
	}
	if (!ok(buffer_reserve(&r->slab, more)))
		return r->slab.len + more > r->slab.max ? FAIL_AT(ST_TOO_BIG, REASON_KEYS_FULL)
							: FAIL_AT(ST_NO_MEMORY, "key table");
	return r->used + 1 > r->capacity * 3 / 4 ? rebuild(r, (size_t)rows_count(r) + 1) : OK;
}

struct status rows_put(struct rows *r, const struct key_name *name, struct bytes sealed)
{
	if (!rows_fit(name, sealed.len))
		return FAIL_AT(ST_INVALID, "stored key");
	TRY(make_room(r, HEAD + sealed.len));
	size_t place = find(r, name);
	if (r->table[place] != 0)
		return FAIL_AT(ST_CONFLICT, "stored key");
	size_t row = r->slab.len;
	/* Room was made: these cannot fail. */
	TRY(buffer_put(&r->slab, BYTES_OF(*name)));
	TRY(buffer_put_sized(&r->slab, sealed));
	r->table[place] = (uint32_t)(row + 1);
	r->used++;
	r->counts[key_name_scope(name)]++;
	return OK;
}

struct status rows_get(const struct rows *r, const struct key_name *name, struct bytes *sealed)
{
	if (r->capacity == 0)
		return FAIL_AT(ST_NOT_FOUND, "stored key");
	uint32_t row = r->table[find(r, name)];
	if (row == 0)
		return FAIL_AT(ST_NOT_FOUND, "stored key");
	*sealed = bytes_of(row_at(r, row - 1) + HEAD, sealed_len(row_at(r, row - 1)));
	return OK;
}

/* The place in the table stays taken, by a row whose name nobody has: a free
 * place in the middle of a run would hide what stands behind it. */
void rows_remove(struct rows *r, const struct key_name *name)
{
	struct bytes sealed;

	if (!ok(rows_get(r, name, &sealed)))
		return;
	uint8_t *row = r->slab.bytes + (sealed.at - r->slab.bytes) - HEAD;
	r->counts[key_name_scope(name)]--;
	secret_wipe(row, sizeof(struct key_name));
	secret_wipe(row + HEAD, sealed.len);
}

size_t rows_mark(const struct rows *r)
{
	return r->slab.len;
}

/* What was put last is the last of its run in the table, so taking it out hides
 * nothing.  This walks the whole table: it happens when a disk fails. */
void rows_cut(struct rows *r, size_t mark)
{
	size_t cursor = mark;
	struct key_name name;
	struct bytes sealed;

	while (rows_next(r, &cursor, &name, &sealed))
		r->counts[key_name_scope(&name)]--;
	for (size_t place = 0; place < r->capacity; place++) {
		if (r->table[place] <= mark)
			continue;
		r->table[place] = 0;
		r->used--;
	}
	if (r->slab.len > mark) {
		secret_wipe(r->slab.bytes + mark, r->slab.len - mark);
		r->slab.len = mark;
	}
}

bool rows_next(const struct rows *r, size_t *cursor, struct key_name *name, struct bytes *sealed)
{
	while (*cursor < r->slab.len) {
		const uint8_t *row = row_at(r, *cursor);
		size_t len = sealed_len(row);

		*cursor += HEAD + len;
		if (row[0] == REMOVED)
			continue;
		memcpy(name->bytes, row, sizeof name->bytes);
		*sealed = bytes_of(row + HEAD, len);
		return true;
	}
	return false;
}

uint64_t rows_count(const struct rows *r)
{
	uint64_t count = 0;

	for (size_t scope = 1; scope <= KEY_SCOPES; scope++)
		count += r->counts[scope];
	return count;
}

void rows_clear(struct rows *r)
{
	if (r->slab.bytes != NULL)
		secret_wipe(r->slab.bytes, r->slab.len);
	buffer_clear(&r->slab);
	free(r->table);
	*r = (struct rows){0};
}
