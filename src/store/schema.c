/* SPDX-License-Identifier: Apache-2.0 */
#include "schema.h"

#define TEXT_MAX 2048

typedef struct status visit_text(struct store_view *c, const char *text);

static struct status each_text_of(struct store_view *c, const struct table *table, visit_text *visit)
{
	char text[TEXT_MAX];
	struct buffer b = {.bytes = (uint8_t *)text, .capacity = sizeof text, .max = sizeof text - 1};

	TRY(sql_create(table, &b));
	TRY(visit(c, text));
	for (uint8_t i = 0; i < TABLE_INDEXES && table->indexes[i].count > 0; i++) {
		b.len = 0;
		TRY(sql_create_index(table, i, &b));
		TRY(visit(c, text));
	}
	return OK;
}

/* Calls ${visit} with the text of every table and index. */
static struct status each_text(struct store_view *c, visit_text *visit)
{
	for (size_t t = 0; t < TABLE_COUNT; t++)
		TRY(each_text_of(c, &tables[t], visit));
	return OK;
}

static struct status expect(struct store_view *c, const char *text)
{
	bool present;

	TRY(database_has_schema(c, text, &present));
	return present ? OK : FAIL_AT(ST_CORRUPT, "database schema");
}

static uint64_t declared(void)
{
	uint64_t count = TABLE_COUNT;

	for (size_t t = 0; t < TABLE_COUNT; t++)
		for (size_t i = 0; i < TABLE_INDEXES; i++)
			count += tables[t].indexes[i].count > 0;
	return count;
}

static struct status create_all(struct store_engine *e)
{
	struct store_txn txn = {.view = e->writer, .engine = e};

	TRY(each_text(e->writer, database_run));
	TRY(store_keep_sequence(&txn));
	/* "Tcda": tells file(1) and a human whose database this is. */
	TRY(database_run(e->writer, "PRAGMA application_id = 1415799905"));
	return database_run(e->writer, "PRAGMA user_version = 1");
}

static struct status create(struct store_engine *e)
{
	_Static_assert(TABLE_SCHEMA == 1, "user_version above");

	TRY(database_step(e->writer, DATABASE_BEGIN_WRITE));
	struct status s = create_all(e);
	if (ok(s))
		s = database_step(e->writer, DATABASE_COMMIT);
	if (!ok(s))
		(void)ok(database_step(e->writer, DATABASE_ROLLBACK));
	return s;
}

struct status schema_prepare(struct store_engine *e, bool create_missing)
{
	uint64_t version, count;

	TRY(database_number(e->writer, "PRAGMA user_version", &version));
	if (version > TABLE_SCHEMA)
		return FAIL_AT(ST_INVALID, "database schema is newer than this program");
	if (version == 0 && !create_missing)
		return FAIL_AT(ST_CORRUPT, "database");
	if (version == 0)
		TRY(create(e));
	TRY(each_text(e->writer, expect));
	TRY(database_number(e->writer, "SELECT COUNT(*) FROM sqlite_schema WHERE sql IS NOT NULL", &count));
	return count == declared() ? OK : FAIL_AT(ST_CORRUPT, "database schema");
}
