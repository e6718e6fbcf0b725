/* SPDX-License-Identifier: Apache-2.0 */
#include "row.h"

#include <string.h>

#include "limits.h"
#include "reader.h"
#include "xaes.h"

/* A NUL ends the label: sizeof includes it. */
static const char label[] = "tacenda/v1/row";
#define LABEL bytes_of(label, sizeof label)

void row_clear(struct row *row)
{
	row->memory.wipe = true;
	buffer_clear(&row->memory);
	*row = (struct row){0};
}

static void forget(struct buffer *b)
{
	secret_wipe(b->bytes, b->len);
	b->len = 0;
}

struct uuid row_uuid(const struct row *row, size_t column)
{
	struct uuid out = {0};
	struct bytes value = row->plain[column].bytes;

	if (value.len == sizeof out.bytes)
		memcpy(out.bytes, value.at, sizeof out.bytes);
	return out;
}

struct hash row_hash(const struct row *row, size_t column)
{
	struct hash out = {0};
	struct bytes value = row->plain[column].bytes;

	if (value.len == sizeof out.bytes)
		memcpy(out.bytes, value.at, sizeof out.bytes);
	return out;
}

struct status row_secret_copy(const struct row *row, size_t secret, void *out, size_t len)
{
	if (row->secret[secret].len != len)
		return FAIL_AT(ST_CORRUPT, tables[row->table].name);
	if (len > 0)
		memcpy(out, row->secret[secret].at, len);
	return OK;
}

struct status row_secret_number(const struct row *row, size_t secret, uint64_t *out)
{
	struct reader r = reader_of(row->secret[secret]);
	uint64_t number;

	if (!ok(reader_u64(&r, &number)) || !ok(reader_done(&r)))
		return FAIL_AT(ST_CORRUPT, tables[row->table].name);
	*out = number;
	return OK;
}

struct status row_scratch_new(struct row_scratch *out)
{
	*out = (struct row_scratch){
		.plain = {.max = LIMIT_ROW_BYTES, .wipe = true},
		.aad = {.max = LIMIT_ROW_BYTES},
		.sealed = {.max = LIMIT_ROW_BYTES + 1 + XAES_OVERHEAD},
	};
	return secret_empty(sizeof(struct key), &out->key);
}

void row_scratch_clear(struct row_scratch *scratch)
{
	secret_clear(&scratch->key);
	buffer_clear(&scratch->plain);
	buffer_clear(&scratch->aad);
	buffer_clear(&scratch->sealed);
}

void row_scratch_wipe(struct row_scratch *scratch)
{
	forget(&scratch->plain);
	secret_wipe(scratch->key.bytes, scratch->key.len);
}

static bool fits(enum column_type type, const struct row_value *value)
{
	switch (type) {
	case COLUMN_U64:
		return value->number <= INT64_MAX;
	case COLUMN_UUID:
		return value->bytes.len == sizeof(struct uuid);
	case COLUMN_HASH:
		return value->bytes.len == sizeof(struct hash);
	case COLUMN_TOKEN:
		return value->bytes.len == sizeof(struct hash) || value->bytes.len == 0;
	}
	return false;
}

struct status row_check(const struct table *table, const struct row_value *plain, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!fits(table->columns[i].type, &plain[i]))
			return FAIL_AT(ST_INVALID, table->columns[i].name);
	return OK;
}

static struct status put_plain(struct buffer *aad, enum column_type type, const struct row_value *value)
{
	if (type != COLUMN_U64)
		return buffer_put_sized(aad, value->bytes);
	TRY(buffer_put_u32(aad, 8));
	return buffer_put_u64(aad, value->number);
}

static struct status bind_plain(const struct row *row, struct buffer *aad)
{
	const struct table *table = &tables[row->table];

	aad->len = 0;
	TRY(buffer_put(aad, LABEL));
	TRY(buffer_put_sized(aad, bytes_of(table->name, strlen(table->name))));
	TRY(buffer_put_sized(aad, bytes_of(&table->version, 1)));
	for (size_t i = 0; i < table->column_count; i++)
		TRY(put_plain(aad, table->columns[i].type, &row->plain[i]));
	return OK;
}

static struct status fetch_key(const struct row *row, const struct row_keys *keys, struct secret *out)
{
	const struct table *table = &tables[row->table];
	struct key *key = (struct key *)out->bytes;
	struct uuid patient = {0};

	if (table->patient != TABLE_NONE)
		patient = row_uuid(row, table->patient);
	if (table->holder_kind != TABLE_NONE && row_number(row, table->holder_kind) != TABLE_HOLDER_PATIENT)
		patient = (struct uuid){0};
	if (uuid_is_zero(&patient))
		return keys->key(keys->context, ROW_SITE, NULL, key);
	return keys->key(keys->context, ROW_PATIENT, &patient, key);
}

static struct status seal_with_key(const struct row *row, const struct row_keys *keys, struct row_scratch *scratch)
{
	const struct table *table = &tables[row->table];

	for (size_t i = 0; i < table->secret_count; i++)
		TRY(buffer_put_sized(&scratch->plain, row->secret[i]));
	TRY(bind_plain(row, &scratch->aad));
	TRY(fetch_key(row, keys, &scratch->key));
	scratch->sealed.len = 0;
	TRY(buffer_put_u8(&scratch->sealed, table->version));
	return xaes_seal(secret_key(&scratch->key), buffer_bytes(&scratch->aad), buffer_bytes(&scratch->plain),
			 &scratch->sealed);
}

struct status row_seal(const struct row *row, const struct row_keys *keys, struct row_scratch *scratch)
{
	TRY(row_check(&tables[row->table], row->plain, tables[row->table].column_count));

	struct status s = seal_with_key(row, keys, scratch);
	row_scratch_wipe(scratch);
	return s;
}

struct status row_reserve(struct row *row, enum table_id table, size_t sealed_len)
{
	struct buffer memory = row->memory;

	forget(&memory);
	memory.max = LIMIT_ROW_BYTES + TABLE_COLUMNS * sizeof(struct hash);
	memory.wipe = true;
	*row = (struct row){.table = table, .memory = memory};
	return buffer_reserve(&row->memory, sealed_len + TABLE_COLUMNS * sizeof(struct hash));
}

static struct status read_secrets(struct row *row, struct bytes opened)
{
	const struct table *table = &tables[row->table];
	struct bytes secret[TABLE_SECRETS] = {{0}};
	struct reader r = reader_of(opened);

	for (size_t i = 0; i < table->secret_count; i++)
		TRY(reader_sized(&r, LIMIT_ROW_BYTES, &secret[i]));
	TRY(reader_done(&r));
	memcpy(row->secret, secret, sizeof secret);
	return OK;
}

static struct status open_with_key(struct row *row, struct bytes sealed, const struct row_keys *keys,
				   struct row_scratch *scratch)
{
	TRY(bind_plain(row, &scratch->aad));
	TRY(fetch_key(row, keys, &scratch->key));
	return xaes_open(secret_key(&scratch->key), buffer_bytes(&scratch->aad), sealed, &row->memory);
}

struct status row_open(struct row *row, struct bytes sealed, const struct row_keys *keys, struct row_scratch *scratch)
{
	const struct table *table = &tables[row->table];
	size_t before = row->memory.len;

	if (sealed.len < 1 + XAES_OVERHEAD || sealed.at[0] != table->version ||
	    !ok(row_check(table, row->plain, table->column_count)))
		return FAIL_AT(ST_CORRUPT, table->name);
	struct status s = open_with_key(row, bytes_of(sealed.at + 1, sealed.len - 1), keys, scratch);
	secret_wipe(scratch->key.bytes, scratch->key.len);
	if (ok(s))
		s = read_secrets(row, bytes_of(row->memory.bytes + before, row->memory.len - before));
	if (s.code == ST_INVALID || s.code == ST_CORRUPT || s.code == ST_TOO_BIG)
		return FAIL_AT(ST_CORRUPT, table->name);
	return s;
}
