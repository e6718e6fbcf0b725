/* SPDX-License-Identifier: Apache-2.0 */
#include "database.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "limits.h"

#define QUERY_TEXT 2048

static pthread_once_t setup_once = PTHREAD_ONCE_INIT;
static int setup_result;

static void setup(void)
{
	/* One thread owns a connection, and nobody reads the statistics: no mutex, no counting. */
	setup_result = sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
	if (setup_result == SQLITE_OK)
		setup_result = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	if (setup_result == SQLITE_OK)
		setup_result = sqlite3_initialize();
}

struct status database_setup(void)
{
	(void)pthread_once(&setup_once, setup);
	return setup_result == SQLITE_OK ? OK : FAIL_AT(ST_NO_MEMORY, "database engine");
}

struct status database_status(int code)
{
	if (code == SQLITE_IOERR_DATA || code == SQLITE_IOERR_CORRUPTFS)
		return FAIL_AT(ST_CORRUPT, "database");
	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return OK;
	case SQLITE_CONSTRAINT:
		return FAIL_AT(ST_CONFLICT, "database");
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_FORMAT:
		return FAIL_AT(ST_CORRUPT, "database");
	case SQLITE_FULL:
		return FAIL_AT(ST_FULL, "database");
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return FAIL_AT(ST_BUSY, "database");
	case SQLITE_NOMEM:
		return FAIL_AT(ST_NO_MEMORY, "database");
	case SQLITE_TOOBIG:
		return FAIL_AT(ST_TOO_BIG, "database");
	default:
		return FAIL_AT(ST_IO, "database");
	}
}

struct status database_run(struct store_view *c, const char *sql)
{
	return database_status(sqlite3_exec(c->engine, sql, NULL, NULL, NULL));
}

static const char *const step_texts[DATABASE_STEPS] = {
	[DATABASE_BEGIN_READ] = "BEGIN",
	[DATABASE_LOOK] = "SELECT 1 FROM \"counter\" LIMIT 1",
	[DATABASE_BEGIN_WRITE] = "BEGIN IMMEDIATE",
	[DATABASE_COMMIT] = "COMMIT",
	[DATABASE_ROLLBACK] = "ROLLBACK",
	[DATABASE_SAVEPOINT] = "SAVEPOINT \"change\"",
	[DATABASE_SAVEPOINT_KEEP] = "RELEASE \"change\"",
	[DATABASE_SAVEPOINT_UNDO] = "ROLLBACK TO \"change\"",
};

struct status database_step(struct store_view *c, enum database_step step)
{
	int code = SQLITE_OK;

	if (c->steps[step] == NULL)
		code = sqlite3_prepare_v3(c->engine, step_texts[step], -1, SQLITE_PREPARE_PERSISTENT, &c->steps[step],
					  NULL);
	if (code != SQLITE_OK)
		return database_status(code);
	code = sqlite3_step(c->steps[step]);
	(void)sqlite3_reset(c->steps[step]);
	return database_status(code);
}

struct status database_number(struct store_view *c, const char *sql, uint64_t *out)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(c->engine, sql, -1, &statement, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	if (code == SQLITE_ROW)
		*out = (uint64_t)sqlite3_column_int64(statement, 0);
	(void)sqlite3_finalize(statement);
	return code == SQLITE_DONE ? FAIL_AT(ST_CORRUPT, "database") : database_status(code);
}

struct status database_has_schema(struct store_view *c, const char *text, bool *out)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(c->engine, "SELECT 1 FROM sqlite_schema WHERE sql = $1", -1, &statement, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_bind_text(statement, 1, text, -1, SQLITE_STATIC);
	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	*out = code == SQLITE_ROW;
	(void)sqlite3_finalize(statement);
	return database_status(code);
}

/* The only other writers are the checkpoint and a reader that recovers: both brief. */
#define BUSY_WAIT_NS 50000
#define BUSY_WAITS   40000

static int wait_while_busy(void *context, int waits)
{
	struct timespec pause = {0, BUSY_WAIT_NS};

	(void)context;
	if (waits >= BUSY_WAITS)
		return 0;
	(void)nanosleep(&pause, NULL);
	return 1;
}

/* Foreign schema objects must not run: the schema is also compared at open. */
static void harden(sqlite3 *engine)
{
	(void)sqlite3_db_config(engine, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(engine, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	(void)sqlite3_db_config(engine, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	(void)sqlite3_db_config(engine, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	(void)sqlite3_extended_result_codes(engine, 1);
	(void)sqlite3_busy_handler(engine, wait_while_busy, NULL);
	(void)sqlite3_wal_autocheckpoint(engine, 0);
}

/* cache_spill off: a transaction reaches the files only when it commits. */
static const char pragmas[] = "PRAGMA temp_store = MEMORY;"
			      "PRAGMA mmap_size = 0;"
			      "PRAGMA foreign_keys = OFF;"
			      "PRAGMA cell_size_check = ON;"
			      "PRAGMA secure_delete = ON;"
			      "PRAGMA cache_spill = OFF;"
			      "PRAGMA cache_size = -2048;"
			      "PRAGMA synchronous = FULL;";

static struct status begin_database(struct store_view *c)
{
	int reserved = DISK_PAGE_CHECK;
	uint64_t pages = 0;

	TRY(database_run(c, "PRAGMA page_size = 4096;"));
	(void)sqlite3_file_control(c->engine, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved);
	TRY(database_number(c, "PRAGMA page_count", &pages));
	return pages > 0 ? OK : database_run(c, "PRAGMA journal_mode = WAL;");
}

static struct status prepare_connection(struct store_view *c, const struct disk *disk, enum database_mode mode)
{
	int flags = mode == DATABASE_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;

	TRY(row_scratch_new(&c->scratch));
	if (mode == DATABASE_CREATE)
		flags |= SQLITE_OPEN_CREATE;
	int code = sqlite3_open_v2(DISK_DATABASE, &c->engine, flags | SQLITE_OPEN_NOMUTEX, disk_name(disk));
	if (code == SQLITE_CANTOPEN && mode != DATABASE_CREATE)
		return FAIL_AT(ST_NOT_FOUND, "database");
	TRY(database_status(code));
	harden(c->engine);
	TRY(database_run(c, pragmas));
	return mode == DATABASE_CREATE ? begin_database(c) : OK;
}

struct status database_open(const struct disk *disk, enum database_mode mode, const struct row_keys *keys,
			    struct store_view **out)
{
	struct store_view *c = calloc(1, sizeof *c);

	if (c == NULL)
		return FAIL_AT(ST_NO_MEMORY, "database");
	c->keys = keys;
	struct status s = prepare_connection(c, disk, mode);
	if (!ok(s)) {
		database_close(c);
		return s;
	}
	*out = c;
	return OK;
}

void database_close(struct store_view *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < DATABASE_QUERIES; i++)
		(void)sqlite3_finalize(c->queries[i].statement);
	for (size_t i = 0; i < DATABASE_STEPS; i++)
		(void)sqlite3_finalize(c->steps[i]);
	(void)sqlite3_close(c->engine);
	row_scratch_clear(&c->scratch);
	row_clear(&c->row);
	free(c);
}

static bool same_shape(const struct sql_shape *a, const struct sql_shape *b)
{
	return a->kind == b->kind && a->table == b->table && a->index == b->index && a->prefix == b->prefix &&
	       a->after == b->after && a->down == b->down;
}

static size_t slot_of(const struct sql_shape *shape)
{
	size_t index = shape->index, prefix = shape->prefix, after = shape->after;
	size_t n = (size_t)shape->table * 6 + (size_t)shape->kind;

	return (n + 5 * index + 17 * prefix + 29 * after + (shape->down ? 61 : 0)) % DATABASE_QUERIES;
}

static struct status prepare_query(struct store_view *c, const struct sql_shape *shape, struct database_query *slot)
{
	char text[QUERY_TEXT];
	struct buffer b = {.bytes = (uint8_t *)text, .capacity = sizeof text, .max = sizeof text - 1};
	sqlite3_stmt *statement = NULL;

	TRY(sql_query(shape, &b));
	TRY(database_status(
		sqlite3_prepare_v3(c->engine, text, (int)b.len, SQLITE_PREPARE_PERSISTENT, &statement, NULL)));
	(void)sqlite3_finalize(slot->statement);
	*slot = (struct database_query){*shape, statement};
	return OK;
}

/* Open addressing over a few neighbours; the product has far fewer shapes than
 * slots; a shape that finds none free replaces an idle one. */
#define NEIGHBOURS 16

struct status database_query(struct store_view *c, const struct sql_shape *shape, struct sqlite3_stmt **out)
{
	struct database_query *free_slot = NULL;
	size_t start = slot_of(shape);

	for (size_t i = 0; i < NEIGHBOURS; i++) {
		struct database_query *slot = &c->queries[(start + i) % DATABASE_QUERIES];

		bool busy = sqlite3_stmt_busy(slot->statement) != 0;

		if (slot->statement != NULL && same_shape(&slot->shape, shape)) {
			*out = slot->statement;
			return busy ? FAIL_AT(ST_BUSY, "query within itself") : OK;
		}
		if (slot->statement == NULL || (free_slot == NULL && !busy))
			free_slot = slot;
		if (slot->statement == NULL)
			break;
	}
	if (free_slot == NULL)
		return FAIL_AT(ST_TOO_MANY, "queries");
	TRY(prepare_query(c, shape, free_slot));
	*out = free_slot->statement;
	return OK;
}
