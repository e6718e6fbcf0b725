/* SPDX-License-Identifier: Apache-2.0 */
/**
 * database: one connection to the database, its prepared queries, and the
 * scratch memory for sealing.  Owned by one thread at a time.
 *
 * struct store_view of store.h is this; only this folder knows what is in it.
 */
#ifndef STORE_DATABASE_H
#define STORE_DATABASE_H

#include "disk.h"
#include "row.h"
#include "sql.h"

#define DATABASE_QUERIES 128

struct sqlite3;
struct sqlite3_stmt;

struct database_query {
	struct sql_shape shape;
	struct sqlite3_stmt *statement;
};

/* What a transaction consists of besides its queries; prepared once. */
enum database_step {
	DATABASE_BEGIN_READ,
	DATABASE_LOOK, /* reads something, which is what takes the snapshot */
	DATABASE_BEGIN_WRITE,
	DATABASE_COMMIT,
	DATABASE_ROLLBACK,
	DATABASE_SAVEPOINT,
	DATABASE_SAVEPOINT_KEEP,
	DATABASE_SAVEPOINT_UNDO,
	DATABASE_STEPS,
};

struct store_view {
	struct sqlite3 *engine;
	const struct row_keys *keys;
	struct row_scratch scratch;
	struct row row; /* the one a scan is at */
	struct sqlite3_stmt *steps[DATABASE_STEPS];
	struct database_query queries[DATABASE_QUERIES];
};

/** database_setup(): once per process, before any other call. */
MUST_CHECK struct status database_setup(void);

enum database_mode { DATABASE_READ, DATABASE_WRITE, DATABASE_CREATE };

/**
 * database_open(disk, mode, keys, out):
 * ${keys} must outlive it.  ST_NOT_FOUND when there is no database and ${mode}
 * is not DATABASE_CREATE; ST_CORRUPT, ST_IO.  database_close() it.
 */
MUST_CHECK struct status database_open(const struct disk *disk, enum database_mode mode, const struct row_keys *keys,
				       struct store_view **out);
void database_close(struct store_view *c);

MUST_CHECK struct status database_step(struct store_view *c, enum database_step step);
/** database_run(c, sql): a literal of ours without parameters or results. */
MUST_CHECK struct status database_run(struct store_view *c, const char *sql);
/** database_number(c, sql, out): the same with one number as its result. */
MUST_CHECK struct status database_number(struct store_view *c, const char *sql, uint64_t *out);
/** database_has_schema(c, text, out): whether the schema has an object made by exactly this text. */
MUST_CHECK struct status database_has_schema(struct store_view *c, const char *text, bool *out);
/** database_status(code): what the engine's result means; names the database. */
struct status database_status(int code);

/** database_query(c, shape, out): prepared once, kept; owned by ${c}. */
MUST_CHECK struct status database_query(struct store_view *c, const struct sql_shape *shape, struct sqlite3_stmt **out);

#endif /* !STORE_DATABASE_H */
