/* SPDX-License-Identifier: Apache-2.0 */
/**
 * query: one execution of a prepared query.  It borrows every value it is given
 * until query_clear(), and what it returns lives until the next step.
 */
#ifndef STORE_QUERY_H
#define STORE_QUERY_H

#include "database.h"

/** `AUTO(query) q = {0};` */
struct query {
	struct sqlite3_stmt *statement;
	int bound;
};
void query_clear(struct query *q);

MUST_CHECK struct status query_begin(struct store_view *c, const struct sql_shape *shape, struct query *out);
/** query_bind(q, type, value): the next parameter. */
MUST_CHECK struct status query_bind(struct query *q, enum column_type type, const struct row_value *value);
/** query_bind_copy(q, type, value): the same, and ${value} may change at once. */
MUST_CHECK struct status query_bind_copy(struct query *q, enum column_type type, const struct row_value *value);
MUST_CHECK struct status query_bind_bytes(struct query *q, struct bytes value);
/** query_step(q, more): ${more} says whether a result row is there. */
MUST_CHECK struct status query_step(struct query *q, bool *more);
uint64_t query_number(const struct query *q, int column);
struct bytes query_bytes(const struct query *q, int column);
/** query_changes(c): rows that the last change on ${c} touched. */
uint64_t query_changes(const struct store_view *c);

#endif /* !STORE_QUERY_H */
