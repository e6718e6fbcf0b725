/* SPDX-License-Identifier: Apache-2.0 */
/* store: reading and writing of rows, driven by the declaration of their table. */
#include <string.h>

#include "counter.h"
#include "limits.h"
#include "query.h"
#include "store_engine.h"

/* What a row costs beyond its secret columns; see row_seal(). */
#define SEALED_MAX (LIMIT_ROW_BYTES + 64)

/* ---- Reading ---- */

static struct status named(enum table_id table, struct status s)
{
	return (struct status){s.code, s.code == ST_CORRUPT || s.code == ST_CONFLICT ? tables[table].name : s.what};
}

static struct status keep_plain(struct row *row, size_t column, struct bytes value)
{
	size_t at = row->memory.len;

	if (value.len > sizeof(struct hash))
		return FAIL_AT(ST_CORRUPT, tables[row->table].name);
	TRY(buffer_put(&row->memory, value));
	row->plain[column].bytes = bytes_of(row->memory.bytes + at, value.len);
	return OK;
}

static struct status keep_all_plain(const struct query *q, struct row *row)
{
	const struct table *table = &tables[row->table];

	for (int i = 0; i < table->column_count; i++)
		if (table->columns[i].type == COLUMN_U64)
			row->plain[i].number = query_number(q, i);
		else
			TRY(keep_plain(row, (size_t)i, query_bytes(q, i)));
	return OK;
}

/* Columns of the result: every plain one, then the sealed text. */
static struct status read_row(struct store_view *view, const struct query *q, enum table_id id, struct row *out)
{
	struct bytes sealed = query_bytes(q, tables[id].column_count);

	if (sealed.len > SEALED_MAX)
		sealed.len = 0;
	TRY(row_reserve(out, id, sealed.len));
	struct status s = keep_all_plain(q, out);
	if (ok(s))
		s = row_open(out, sealed, view->keys, &view->scratch);
	out->state = s.code == ST_CORRUPT ? ROW_DAMAGED : s.code == ST_GONE ? ROW_ERASED : ROW_WHOLE;
	return s;
}

/* Copied, because the visitor may turn the range to the next page meanwhile. */
static struct status bind_copies(struct query *q, const struct table *table, const uint8_t *columns, size_t count,
				 const struct row_value *values)
{
	for (size_t i = 0; i < count; i++)
		TRY(query_bind_copy(q, table->columns[columns[i]].type, &values[i]));
	return OK;
}

static struct status bind_values(struct query *q, const struct table *table, const uint8_t *columns, size_t count,
				 const struct row_value *values)
{
	for (size_t i = 0; i < count; i++)
		TRY(query_bind(q, table->columns[columns[i]].type, &values[i]));
	return OK;
}

static const uint8_t in_order[TABLE_COLUMNS] = {0, 1, 2, 3, 4, 5, 6, 7};

static struct status find_key(struct store_view *view, enum table_id table, const struct row_value *key,
			      struct query *q)
{
	struct sql_shape shape = {.kind = SQL_GET, .table = table};
	bool found;

	TRY(query_begin(view, &shape, q));
	TRY(bind_values(q, &tables[table], in_order, tables[table].keys, key));
	TRY(query_step(q, &found));
	return found ? OK : FAIL_AT(ST_NOT_FOUND, tables[table].name);
}

static struct status get_row(struct store_view *view, enum table_id table, const struct row_value *key, struct row *out)
{
	AUTO(query) q = {0};

	TRY(find_key(view, table, key, &q));
	return read_row(view, &q, table, out);
}

struct status store_get(struct store_view *view, enum table_id table, const struct row_value *key, struct row *out)
{
	return named(table, get_row(view, table, key, out));
}

static struct status read_closed(const struct query *q, enum table_id table, struct row *row)
{
	TRY(row_reserve(row, table, 0));
	TRY(keep_all_plain(q, row));
	row->state = ROW_CLOSED;
	return OK;
}

static struct status peek_row(struct store_view *view, enum table_id table, const struct row_value *key,
			      struct row *out)
{
	AUTO(query) q = {0};

	TRY(find_key(view, table, key, &q));
	return read_closed(&q, table, out);
}

struct status store_peek(struct store_view *view, enum table_id table, const struct row_value *key, struct row *out)
{
	return named(table, peek_row(view, table, key, out));
}

static struct status begin_scan(struct store_view *view, enum table_id id, const struct store_range *range,
				struct query *q)
{
	const struct table *table = &tables[id];
	uint8_t order[TABLE_COLUMNS];
	struct sql_shape shape = {.kind = SQL_SCAN,
				  .table = id,
				  .index = range->index,
				  .prefix = range->prefix_count,
				  .after = range->after_count,
				  .down = range->down};
	struct row_value limit = ROW_NUMBER(range->limit == 0 ? LIMIT_PAGE : range->limit);

	if (range->limit > LIMIT_PAGE)
		return FAIL_AT(ST_TOO_BIG, "limit");
	TRY(query_begin(view, &shape, q)); /* checks the range against the table */
	(void)sql_order(table, range->index, order);
	TRY(bind_copies(q, table, order, range->prefix_count, range->prefix));
	TRY(bind_copies(q, table, order + range->prefix_count, range->after_count, range->after));
	return query_bind(q, COLUMN_U64, &limit);
}

static struct status find_row(struct store_view *view, enum table_id table, const struct store_range *range,
			      struct row *out)
{
	AUTO(query) q = {0};
	bool found;

	TRY(begin_scan(view, table, range, &q));
	TRY(query_step(&q, &found));
	return found ? read_row(view, &q, table, out) : FAIL_AT(ST_NOT_FOUND, tables[table].name);
}

struct status store_find(struct store_view *view, enum table_id table, uint8_t index, const struct row_value *values,
			 struct row *out)
{
	struct store_range range = {.index = index, .limit = 1};

	if (index >= TABLE_INDEXES)
		return FAIL_AT(ST_INVALID, "index");
	range.prefix_count = tables[table].indexes[index].count;
	memcpy(range.prefix, values, range.prefix_count * sizeof *values);
	return named(table, find_row(view, table, &range, out));
}

static struct status visit_row(struct store_view *view, const struct query *q, enum table_id table,
			       const struct store_range *range, struct row *row)
{
	if (range->closed)
		return read_closed(q, table, row);

	struct status s = read_row(view, q, table, row);

	if (s.code == ST_GONE || (s.code == ST_CORRUPT && range->tolerant))
		return OK;
	return s;
}

static struct status scan_rows(struct store_view *view, enum table_id table, const struct store_range *range,
			       store_visit *visit, void *context)
{
	AUTO(row) row = {0};
	AUTO(query) q = {0};
	bool more;

	TRY(named(table, begin_scan(view, table, range, &q)));
	TRY(named(table, query_step(&q, &more)));
	while (more) {
		TRY(visit_row(view, &q, table, range, &row));
		if (row.state == ROW_WHOLE || row.state == ROW_CLOSED || range->tolerant)
			TRY(visit(context, &row));
		TRY(named(table, query_step(&q, &more)));
	}
	return OK;
}

struct status store_scan(struct store_view *view, enum table_id table, const struct store_range *range,
			 store_visit *visit, void *context)
{
	return scan_rows(view, table, range, visit, context);
}

struct status store_expect(struct store_view *view, const struct uuid *patients, size_t count)
{
	const struct row_keys *keys = view->keys;

	return keys->expect != NULL && count > 0 ? keys->expect(keys->context, patients, count) : OK;
}

void store_after(const struct row *row, struct store_range *range)
{
	uint8_t order[TABLE_COLUMNS];
	size_t count = sql_order(&tables[row->table], range->index, order);

	range->after_count = (uint8_t)(count - range->prefix_count);
	for (size_t i = 0; i < range->after_count; i++) {
		struct row_value value = row->plain[order[range->prefix_count + i]];
		size_t len = value.bytes.len < sizeof range->memory[i] ? value.bytes.len : sizeof range->memory[i];

		memcpy(range->memory[i].bytes, len > 0 ? value.bytes.at : (const uint8_t *)"", len);
		range->after[i] = (struct row_value){value.number, bytes_of(range->memory[i].bytes, len)};
	}
}

struct status store_count(struct store_view *view, enum table_id table, const struct store_range *range, uint64_t *out)
{
	struct sql_shape shape = {
		.kind = SQL_COUNT, .table = table, .index = range->index, .prefix = range->prefix_count};
	uint8_t order[TABLE_COLUMNS];
	AUTO(query) q = {0};
	bool found;

	TRY(query_begin(view, &shape, &q));
	(void)sql_order(&tables[table], range->index, order);
	TRY(bind_values(&q, &tables[table], order, range->prefix_count, range->prefix));
	TRY(named(table, query_step(&q, &found)));
	*out = query_number(&q, 0);
	return OK;
}

struct status store_sequence(struct store_view *view, uint64_t *out)
{
	static const struct uuid nobody;
	const struct row_value key[] = {ROW_NUMBER(COUNTER_SEQUENCE), ROW_UUID(&nobody)};

	TRY(store_get(view, TABLE_COUNTER, key, &view->row));
	*out = row_number(&view->row, COLUMN_COUNTER_VALUE);
	return OK;
}

/* ---- Writing ---- */

static struct status write_row(struct store_txn *txn, enum sql_kind kind, const struct row *row)
{
	const struct table *table = &tables[row->table];
	struct sql_shape shape = {.kind = kind, .table = row->table};
	struct row_scratch *scratch = &txn->view->scratch;
	AUTO(query) q = {0};
	bool more;

	TRY(row_seal(row, txn->view->keys, scratch));
	TRY(query_begin(txn->view, &shape, &q));
	TRY(bind_values(&q, table, in_order, table->column_count, row->plain));
	TRY(query_bind_bytes(&q, buffer_bytes(&scratch->sealed)));
	TRY(query_step(&q, &more));
	txn->changed |= !table->unaudited;
	return OK;
}

static struct status number_and_write(struct store_txn *txn, enum sql_kind kind, struct row *row)
{
	uint8_t seq = tables[row->table].seq;

	if (seq != TABLE_NONE)
		row->plain[seq].number = txn->sequence + 1;
	TRY(named(row->table, write_row(txn, kind, row)));
	if (seq != TABLE_NONE)
		txn->sequence++;
	return OK;
}

struct status store_put(struct store_txn *txn, struct row *row)
{
	return number_and_write(txn, SQL_PUT, row);
}

struct status store_insert(struct store_txn *txn, struct row *row)
{
	return number_and_write(txn, SQL_INSERT, row);
}

struct status store_keep_sequence(struct store_txn *txn)
{
	return counter_put(txn, COUNTER_SEQUENCE, NULL, txn->sequence);
}

static struct status remove_row(struct store_txn *txn, enum table_id id, const struct row_value *key)
{
	const struct table *table = &tables[id];
	struct sql_shape shape = {.kind = SQL_REMOVE, .table = id};
	AUTO(query) q = {0};
	bool more;

	TRY(row_check(table, key, table->keys));
	TRY(query_begin(txn->view, &shape, &q));
	TRY(bind_values(&q, table, in_order, table->keys, key));
	TRY(query_step(&q, &more));
	if (query_changes(txn->view) == 0)
		return FAIL_AT(ST_NOT_FOUND, table->name);
	txn->changed |= !table->unaudited;
	return OK;
}

struct status store_remove(struct store_txn *txn, enum table_id table, const struct row_value *key)
{
	return named(table, remove_row(txn, table, key));
}
