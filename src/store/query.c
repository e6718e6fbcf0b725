/* SPDX-License-Identifier: Apache-2.0 */
#include "query.h"

#include <sqlite3.h>

void query_clear(struct query *q)
{
	if (q->statement != NULL) {
		(void)sqlite3_reset(q->statement);
		(void)sqlite3_clear_bindings(q->statement);
	}
	*q = (struct query){0};
}

struct status query_begin(struct store_view *c, const struct sql_shape *shape, struct query *out)
{
	return database_query(c, shape, &out->statement);
}

/* A NULL pointer would bind NULL, not the empty value. */
static const void *present(struct bytes value)
{
	return value.len > 0 ? value.at : (const void *)"";
}

struct status query_bind_bytes(struct query *q, struct bytes value)
{
	return database_status(sqlite3_bind_blob64(q->statement, ++q->bound, present(value), value.len, SQLITE_STATIC));
}

struct status query_bind_copy(struct query *q, enum column_type type, const struct row_value *value)
{
	if (type == COLUMN_U64)
		return query_bind(q, type, value);
	return database_status(sqlite3_bind_blob64(q->statement, ++q->bound, present(value->bytes), value->bytes.len,
						   SQLITE_TRANSIENT));
}

struct status query_bind(struct query *q, enum column_type type, const struct row_value *value)
{
	if (type != COLUMN_U64)
		return query_bind_bytes(q, value->bytes);
	return database_status(sqlite3_bind_int64(q->statement, ++q->bound, (sqlite3_int64)value->number));
}

struct status query_step(struct query *q, bool *more)
{
	int code = sqlite3_step(q->statement);

	TRY(database_status(code));
	*more = code == SQLITE_ROW;
	return OK;
}

uint64_t query_number(const struct query *q, int column)
{
	return (uint64_t)sqlite3_column_int64(q->statement, column);
}

struct bytes query_bytes(const struct query *q, int column)
{
	const void *at = sqlite3_column_blob(q->statement, column);

	return bytes_of(at, (size_t)sqlite3_column_bytes(q->statement, column));
}

uint64_t query_changes(const struct store_view *c)
{
	return (uint64_t)sqlite3_changes64(c->engine);
}
