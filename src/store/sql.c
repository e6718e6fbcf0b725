/* SPDX-License-Identifier: Apache-2.0 */
#include "sql.h"

static const char *type_name(enum column_type type)
{
	return type == COLUMN_U64 ? "INTEGER" : "BLOB";
}

/* `"a", "b"` of the columns at the given positions. */
static struct status put_names(struct buffer *out, const struct table *table, const uint8_t *positions, size_t count)
{
	for (size_t i = 0; i < count; i++)
		TRY(buffer_print(out, "%s\"%s\"", i > 0 ? ", " : "", table->columns[positions[i]].name));
	return OK;
}

static const uint8_t leading[TABLE_COLUMNS] = {0, 1, 2, 3, 4, 5, 6, 7};

static struct status put_all_names(struct buffer *out, const struct table *table)
{
	TRY(put_names(out, table, leading, table->column_count));
	return buffer_print(out, ", \"sealed\"");
}

static struct status put_parameters(struct buffer *out, unsigned first, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		TRY(buffer_print(out, "%s$%u", i > 0 ? ", " : "", first + i));
	return OK;
}

size_t sql_order(const struct table *table, uint8_t index, uint8_t *order)
{
	size_t count = 0;
	bool used[TABLE_COLUMNS] = {false};

	if (index != TABLE_NONE)
		for (; count < table->indexes[index].count; count++) {
			order[count] = table->indexes[index].columns[count];
			used[order[count]] = true;
		}
	for (uint8_t i = 0; i < table->keys; i++)
		if (!used[i])
			order[count++] = i;
	return count;
}

/* A lone integer key is the table's own order; a narrow row lives in the tree of
 * keys (one descent instead of two); a wide one would fatten that tree. */
static struct status put_key(struct buffer *out, const struct table *table)
{
	TRY(buffer_print(out, ", PRIMARY KEY ("));
	TRY(put_names(out, table, leading, table->keys));
	if (table->wide || (table->keys == 1 && table->columns[0].type == COLUMN_U64))
		return buffer_print(out, ")) STRICT");
	return buffer_print(out, ")) STRICT, WITHOUT ROWID");
}

struct status sql_create(const struct table *table, struct buffer *out)
{
	TRY(buffer_print(out, "CREATE TABLE \"%s\" (", table->name));
	for (size_t i = 0; i < table->column_count; i++)
		TRY(buffer_print(out, "\"%s\" %s NOT NULL, ", table->columns[i].name,
				 type_name(table->columns[i].type)));
	TRY(buffer_print(out, "\"sealed\" BLOB NOT NULL"));
	TRY(put_key(out, table));
	return buffer_put_u8(out, 0);
}

struct status sql_create_index(const struct table *table, uint8_t index, struct buffer *out)
{
	const struct table_index *i = &table->indexes[index];

	TRY(buffer_print(out, "CREATE %sINDEX \"%s_%u\" ON \"%s\" (", i->unique ? "UNIQUE " : "", table->name, index,
			 table->name));
	TRY(put_names(out, table, i->columns, i->count));
	TRY(buffer_print(out, ")"));
	return buffer_put_u8(out, 0);
}

static struct status put_equal(struct buffer *out, const struct table *table, const uint8_t *order, size_t count)
{
	for (size_t i = 0; i < count; i++)
		TRY(buffer_print(out, "%s\"%s\" = $%zu", i > 0 ? " AND " : " WHERE ", table->columns[order[i]].name,
				 i + 1));
	return OK;
}

static struct status put_insert(struct buffer *out, const struct table *table)
{
	TRY(buffer_print(out, "INSERT INTO \"%s\" (", table->name));
	TRY(put_all_names(out, table));
	TRY(buffer_print(out, ") VALUES ("));
	TRY(put_parameters(out, 1, table->column_count + 1u));
	return buffer_print(out, ")");
}

static struct status put_replace(struct buffer *out, const struct table *table)
{
	TRY(put_insert(out, table));
	TRY(buffer_print(out, " ON CONFLICT ("));
	TRY(put_names(out, table, leading, table->keys));
	TRY(buffer_print(out, ") DO UPDATE SET \"sealed\" = excluded.\"sealed\""));
	for (size_t i = table->keys; i < table->column_count; i++)
		TRY(buffer_print(out, ", \"%s\" = excluded.\"%s\"", table->columns[i].name, table->columns[i].name));
	return OK;
}

static struct status put_after(struct buffer *out, const struct sql_shape *shape, const uint8_t *order)
{
	const struct table *table = &tables[shape->table];

	if (shape->after == 0)
		return OK;
	TRY(buffer_print(out, "%s(", shape->prefix > 0 ? " AND " : " WHERE "));
	TRY(put_names(out, table, order + shape->prefix, shape->after));
	TRY(buffer_print(out, ") %c (", shape->down ? '<' : '>'));
	TRY(put_parameters(out, shape->prefix + 1u, shape->after));
	return buffer_print(out, ")");
}

static struct status put_scan(struct buffer *out, const struct sql_shape *shape)
{
	const struct table *table = &tables[shape->table];
	uint8_t order[TABLE_COLUMNS];
	size_t count = sql_order(table, shape->index, order);

	TRY(buffer_print(out, "SELECT "));
	TRY(put_all_names(out, table));
	TRY(buffer_print(out, " FROM \"%s\"", table->name));
	TRY(put_equal(out, table, order, shape->prefix));
	TRY(put_after(out, shape, order));
	for (size_t i = shape->prefix; i < count; i++)
		TRY(buffer_print(out, "%s\"%s\"%s", i > shape->prefix ? ", " : " ORDER BY ",
				 table->columns[order[i]].name, shape->down ? " DESC" : ""));
	return buffer_print(out, " LIMIT $%u", shape->prefix + shape->after + 1u);
}

static struct status put_query(const struct sql_shape *shape, struct buffer *out)
{
	const struct table *table = &tables[shape->table];
	uint8_t order[TABLE_COLUMNS];

	switch (shape->kind) {
	case SQL_GET:
		TRY(buffer_print(out, "SELECT "));
		TRY(put_all_names(out, table));
		TRY(buffer_print(out, " FROM \"%s\"", table->name));
		return put_equal(out, table, leading, table->keys);
	case SQL_INSERT:
		return put_insert(out, table);
	case SQL_PUT:
		return put_replace(out, table);
	case SQL_REMOVE:
		TRY(buffer_print(out, "DELETE FROM \"%s\"", table->name));
		return put_equal(out, table, leading, table->keys);
	case SQL_SCAN:
		return put_scan(out, shape);
	case SQL_COUNT:
		(void)sql_order(table, shape->index, order);
		TRY(buffer_print(out, "SELECT COUNT(*) FROM \"%s\"", table->name));
		return put_equal(out, table, order, shape->prefix);
	}
	return FAIL_AT(ST_INVALID, "query");
}

struct status sql_query(const struct sql_shape *shape, struct buffer *out)
{
	const struct table *table = &tables[shape->table];
	uint8_t order[TABLE_COLUMNS];

	if (shape->kind == SQL_SCAN || shape->kind == SQL_COUNT) {
		if (shape->index != TABLE_NONE &&
		    (shape->index >= TABLE_INDEXES || table->indexes[shape->index].count == 0))
			return FAIL_AT(ST_INVALID, "index");
		size_t count = sql_order(table, shape->index, order);
		if (shape->prefix > count || shape->after > count - shape->prefix)
			return FAIL_AT(ST_INVALID, "range");
	}
	TRY(put_query(shape, out));
	return buffer_put_u8(out, 0);
}
