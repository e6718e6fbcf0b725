/* SPDX-License-Identifier: Apache-2.0 */
#include "counter.h"

static const struct uuid the_site;

struct status counter_get(struct store_view *view, uint64_t kind, const struct uuid *holder, uint64_t *out)
{
	const struct row_value key[] = {ROW_NUMBER(kind), ROW_UUID(holder != NULL ? holder : &the_site)};
	AUTO(row) row = {0};
	const struct status got = store_get(view, TABLE_COUNTER, key, &row);

	if (!ok(got) && got.code != ST_NOT_FOUND)
		return got;
	*out = ok(got) ? row_number(&row, COLUMN_COUNTER_VALUE) : 0;
	return OK;
}

struct status counter_put(struct store_txn *txn, uint64_t kind, const struct uuid *holder, uint64_t value)
{
	struct row row = {.table = TABLE_COUNTER,
			  .plain = {[COLUMN_COUNTER_KIND] = ROW_NUMBER(kind),
				    [COLUMN_COUNTER_HOLDER] = ROW_UUID(holder != NULL ? holder : &the_site),
				    [COLUMN_COUNTER_VALUE] = ROW_NUMBER(value)}};

	return store_put(txn, &row);
}
