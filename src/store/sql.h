/* SPDX-License-Identifier: Apache-2.0 */
/**
 * sql: the text of every query, generated from the declaration of a table.
 *
 * Only what SQLite and PostgreSQL share: quoted names, $1, ON CONFLICT, row
 * comparison.  Parameters are numbered in the order in which they appear.
 * Nothing from outside ever becomes part of a text.
 */
#ifndef STORE_SQL_H
#define STORE_SQL_H

#include "table.h"

/** What a query does, and the shape of its WHERE; the same code, the same text. */
struct sql_shape {
	enum sql_kind { SQL_GET, SQL_INSERT, SQL_PUT, SQL_REMOVE, SQL_SCAN, SQL_COUNT } kind;
	enum table_id table;
	/* SQL_SCAN and SQL_COUNT: */
	uint8_t index;  /* position in the table's indexes, or TABLE_NONE for the primary key */
	uint8_t prefix; /* so many leading columns of the order are given and equal */
	uint8_t after;  /* so many columns behind them are given: begin beyond them */
	bool down;
};

/**
 * sql_order(table, index, order):
 * The columns that an index orders by, then those of the key that it lacks.
 * Returns how many; ${order} has room for TABLE_COLUMNS.
 */
size_t sql_order(const struct table *table, uint8_t index, uint8_t *order);

/** sql_create(table, out): CREATE TABLE, engine SQLite. */
MUST_CHECK struct status sql_create(const struct table *table, struct buffer *out);
/** sql_create_index(table, index, out). */
MUST_CHECK struct status sql_create_index(const struct table *table, uint8_t index, struct buffer *out);

/**
 * sql_query(shape, out): append the text, NUL-terminated.
 * Parameters: GET, REMOVE: key columns.  INSERT, PUT: all plain columns, sealed.
 * SCAN: prefix, after, limit.  COUNT: prefix.
 * Results of GET and SCAN: all plain columns, sealed.  ST_INVALID: no such shape.
 */
MUST_CHECK struct status sql_query(const struct sql_shape *shape, struct buffer *out);

#endif /* !STORE_SQL_H */
