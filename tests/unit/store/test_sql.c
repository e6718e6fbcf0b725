/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <string.h>

#include "sql.h"

static char text[2048];

static const char *query(struct sql_shape shape)
{
	struct buffer out = {.bytes = (uint8_t *)text, .capacity = sizeof text, .max = sizeof text - 1};

	assert_ok(sql_query(&shape, &out));
	return text;
}

static void a_table_is_created_as_it_is_declared(void **state)
{
	(void)state;
	struct buffer out = {.bytes = (uint8_t *)text, .capacity = sizeof text, .max = sizeof text - 1};

	assert_ok(sql_create(&tables[TABLE_RECORD], &out));
	assert_string_equal(text, "CREATE TABLE \"record\" (\"id\" BLOB NOT NULL, \"patient\" BLOB NOT NULL, "
				  "\"seq\" INTEGER NOT NULL, \"kind\" INTEGER NOT NULL, \"versions\" INTEGER NOT NULL, "
				  "\"token\" BLOB NOT NULL, \"sealed\" BLOB NOT NULL, PRIMARY KEY (\"id\")) STRICT, "
				  "WITHOUT ROWID");
	out.len = 0;
	assert_ok(sql_create_index(&tables[TABLE_USER], INDEX_USER_LOGIN, &out));
	assert_string_equal(text, "CREATE UNIQUE INDEX \"user_0\" ON \"user\" (\"login_token\")");
	/* An integer key is the table's own order, a wide table keeps its rows out of the tree of keys. */
	out.len = 0;
	assert_ok(sql_create(&tables[TABLE_OUTBOX], &out));
	assert_null(strstr(text, "WITHOUT ROWID"));
	out.len = 0;
	assert_ok(sql_create(&tables[TABLE_STATEMENT], &out));
	assert_null(strstr(text, "WITHOUT ROWID"));
}

static void rows_are_read_and_written_by_key(void **state)
{
	(void)state;
	assert_string_equal(query((struct sql_shape){.kind = SQL_GET, .table = TABLE_SETTING}),
			    "SELECT \"name_token\", \"seq\", \"sealed\" FROM \"setting\" WHERE \"name_token\" = $1");
	assert_string_equal(query((struct sql_shape){.kind = SQL_INSERT, .table = TABLE_SETTING}),
			    "INSERT INTO \"setting\" (\"name_token\", \"seq\", \"sealed\") VALUES ($1, $2, $3)");
	assert_string_equal(
		query((struct sql_shape){.kind = SQL_PUT, .table = TABLE_SETTING}),
		"INSERT INTO \"setting\" (\"name_token\", \"seq\", \"sealed\") VALUES ($1, $2, $3) ON CONFLICT "
		"(\"name_token\") DO UPDATE SET \"sealed\" = excluded.\"sealed\", \"seq\" = excluded.\"seq\"");
	assert_string_equal(query((struct sql_shape){.kind = SQL_REMOVE, .table = TABLE_SETTING}),
			    "DELETE FROM \"setting\" WHERE \"name_token\" = $1");
}

static void a_scan_orders_ties_by_the_key(void **state)
{
	(void)state;
	struct sql_shape shape = {
		.kind = SQL_SCAN, .table = TABLE_NOTICE, .index = INDEX_NOTICE_USER, .prefix = 1, .after = 2};

	assert_string_equal(query(shape),
			    "SELECT \"id\", \"user\", \"seq\", \"last\", \"sealed\" FROM \"notice\" WHERE "
			    "\"user\" = $1 AND (\"seq\", \"id\") > ($2, $3) ORDER BY \"seq\", \"id\" LIMIT $4");
	shape = (struct sql_shape){.kind = SQL_SCAN, .table = TABLE_NOTICE, .index = TABLE_NONE, .down = true};
	assert_string_equal(query(shape), "SELECT \"id\", \"user\", \"seq\", \"last\", \"sealed\" FROM \"notice\" "
					  "ORDER BY \"id\" DESC LIMIT $1");
	shape = (struct sql_shape){.kind = SQL_COUNT, .table = TABLE_NOTICE, .index = INDEX_NOTICE_USER, .prefix = 1};
	assert_string_equal(query(shape), "SELECT COUNT(*) FROM \"notice\" WHERE \"user\" = $1");
}

static void a_shape_that_no_table_has_is_refused(void **state)
{
	(void)state;
	struct buffer out = {.max = 4096};
	const struct sql_shape wrong[] = {
		{.kind = SQL_SCAN, .table = TABLE_OUTBOX, .index = 0},
		{.kind = SQL_SCAN, .table = TABLE_OUTBOX, .index = 200},
		{.kind = SQL_SCAN, .table = TABLE_OUTBOX, .index = TABLE_NONE, .prefix = 2},
		{.kind = SQL_SCAN, .table = TABLE_OUTBOX, .index = TABLE_NONE, .prefix = 1, .after = 1},
		{.kind = SQL_COUNT, .table = TABLE_USER, .index = INDEX_USER_SEQ, .prefix = 200, .after = 100},
	};

	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_fails(ST_INVALID, sql_query(&wrong[i], &out));
	buffer_clear(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_table_is_created_as_it_is_declared),
		TEST(rows_are_read_and_written_by_key),
		TEST(a_scan_orders_ties_by_the_key),
		TEST(a_shape_that_no_table_has_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
