/* SPDX-License-Identifier: Apache-2.0 */
/* Hostile sealed texts, and hostile secret columns under a good seal. */
#include <string.h>

#include "hash.h"
#include "row.h"
#include "xaes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct status fixed_key(void *context, enum row_scope scope, const struct uuid *patient, struct key *out)
{
	(void)context;
	(void)scope;
	(void)patient;
	memset(out->bytes, 5, sizeof out->bytes);
	return OK;
}

static const struct row_keys keys = {fixed_key, NULL, NULL};
static const uint8_t zeros[32];

static struct status check(const struct row *row, struct bytes sealed)
{
	for (size_t i = 0; i < tables[row->table].secret_count; i++) {
		struct bytes secret = row->secret[i];
		uint64_t number;

		if (secret.len > sealed.len)
			__builtin_trap();
		if (ok(row_secret_number(row, i, &number)) && secret.len != 8)
			__builtin_trap();
	}
	return OK;
}

static struct status open_row(enum table_id id, struct bytes sealed, struct row_scratch *scratch)
{
	const struct table *table = &tables[id];
	AUTO(row) row = {0};

	TRY(row_reserve(&row, id, sealed.len));
	for (size_t i = 0; i < table->column_count; i++)
		row.plain[i].bytes = bytes_of(zeros, table->columns[i].type == COLUMN_UUID ? 16 : 32);
	TRY(row_open(&row, sealed, &keys, scratch));
	return check(&row, sealed);
}

/* The plain columns of open_row() as docs/FORMATS.md binds them. */
static struct status bind(const struct table *table, struct buffer *aad)
{
	static const char label[] = "tacenda/v1/row";

	TRY(buffer_put(aad, BYTES_OF(label)));
	TRY(buffer_put_sized(aad, bytes_of(table->name, strlen(table->name))));
	TRY(buffer_put_sized(aad, bytes_of(&table->version, 1)));
	for (size_t i = 0; i < table->column_count; i++) {
		enum column_type type = table->columns[i].type;

		TRY(buffer_put_sized(aad, bytes_of(zeros, type == COLUMN_U64 ? 8 : type == COLUMN_UUID ? 16 : 32)));
	}
	return OK;
}

static struct status open_sealed(enum table_id id, struct bytes plain, struct row_scratch *scratch)
{
	AUTO(buffer) aad = {.max = 4096};
	AUTO(buffer) sealed = {.max = 1 << 20};
	struct key key;

	TRY(fixed_key(NULL, ROW_SITE, NULL, &key));
	TRY(bind(&tables[id], &aad));
	TRY(buffer_put_u8(&sealed, tables[id].version));
	TRY(xaes_seal(&key, buffer_bytes(&aad), plain, &sealed));
	return open_row(id, buffer_bytes(&sealed), scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct row_scratch scratch;
	static bool ready;

	if (!ready)
		ready = ok(secret_setup()) && ok(crypto_setup()) && ok(row_scratch_new(&scratch));
	if (!ready || len == 0)
		return 0;
	enum table_id id = (enum table_id)(data[0] % TABLE_COUNT);
	(void)ok(open_row(id, bytes_of(data + 1, len - 1), &scratch));
	struct status s = open_sealed(id, bytes_of(data + 1, len - 1), &scratch);
	if (!ok(s) && s.code != ST_CORRUPT && s.code != ST_TOO_BIG)
		__builtin_trap();
	return 0;
}
