/* SPDX-License-Identifier: Apache-2.0 */
#include "store.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "checkpointer.h"
#include "dirlock.h"
#include "hash.h"
#include "schema.h"
#include "store_engine.h"

/* ---- Opening ---- */

static struct status take_locks(struct store_engine *e, bool create)
{
	struct stat status;
	int run;

	TRY(os_open_dir(e->os, e->dir, "run", true, &run));
	struct status s = dirlock_take(e->os, run, "lock", 0, 0, &e->lock);
	(void)e->os->close(run);
	TRY(s);
	if (!create && e->os->stat(e->dir, DISK_DATABASE, &status) != 0)
		return os_status(errno, "database");
	return dirlock_take(e->os, e->dir, DISK_DATABASE, DIRLOCK_ENGINE_AT, DIRLOCK_ENGINE_LEN, &e->guard);
}

/* The key of the page checks is the site's row key's, so that the data directory
 * alone can neither open a row nor drop or add one unnoticed. */
static struct status derive_page_key(const struct row_keys *keys, struct secret *out)
{
	static const char label[] = "tacenda/v1/page";
	AUTO(secret) site = {0};
	AUTO(secret) page = {0};

	TRY(secret_empty(sizeof(struct key), &site));
	TRY(secret_empty(16, &page));
	TRY(keys->key(keys->context, ROW_SITE, NULL, (struct key *)site.bytes));
	TRY(hkdf_sha256_expand(secret_bytes(&site), bytes_of(label, sizeof label), page.bytes, page.len));
	*out = page;
	page = (struct secret){0};
	return OK;
}

/* What could not be had before may be there now; who cannot be asked is not full. */
static void look_for_room(struct store_engine *e)
{
	uint64_t left = 0;

	if (e->reserve == 0)
		return;
	bool kept = ok(disk_keep_reserve(e->disk, e->reserve));
	bool roomy = e->os->room(e->dir, &left) != 0 || left >= e->reserve;

	e->degraded = !kept || !roomy;
}

void store_look_for_room(struct store *s)
{
	look_for_room(s->engine);
	/* What was moved into the database is room in the log again. */
	if (s->engine->degraded && store_scarce(s))
		checkpointer_wake(s->engine->checkpointer);
}

bool store_scarce(const struct store *s)
{
	const struct store_engine *e = s->engine;

	return disk_scarce(e->disk) && !checkpointer_moved_all(e->checkpointer);
}

bool store_degraded(const struct store *s)
{
	return s->engine->degraded;
}

static struct status open_engine(const struct store_options *options, struct store_engine *e)
{
	AUTO(secret) page_key = {0};

	TRY(database_setup());
	TRY(take_locks(e, options->create));
	TRY(derive_page_key(&e->keys, &page_key));
	TRY(disk_open(e->os, e->dir, &page_key, &e->disk));
	look_for_room(e);
	TRY(database_open(e->disk, options->create ? DATABASE_CREATE : DATABASE_WRITE, &e->keys, &e->writer));
	TRY(schema_prepare(e, options->create));
	TRY(store_sequence(e->writer, &e->sequence));
	if (!options->background)
		return OK;
	TRY(checkpointer_start(e, &e->checkpointer));
	checkpointer_watch(e->checkpointer, e->writer);
	return OK;
}

struct status store_open(const struct store_options *options, struct store *out)
{
	struct store_engine *e = calloc(1, sizeof *e);

	if (e == NULL)
		return FAIL_AT(ST_NO_MEMORY, "store");
	e->os = options->os;
	e->dir = options->dir;
	e->keys = options->keys;
	e->reserve = options->reserve;
	e->lock = e->guard = -1;
	struct store opened = {e};
	struct status s = open_engine(options, e);
	if (!ok(s)) {
		store_clear(&opened);
		return s;
	}
	*out = opened;
	return OK;
}

void store_clear(struct store *s)
{
	struct store_engine *e = s->engine;

	if (e == NULL)
		return;
	checkpointer_stop(e->checkpointer);
	database_close(e->writer);
	disk_close(e->disk);
	if (e->guard >= 0)
		(void)e->os->close(e->guard);
	if (e->lock >= 0)
		(void)e->os->close(e->lock);
	free(e);
	*s = (struct store){0};
}

static bool take_writer(struct store_engine *e)
{
	bool idle = false;

	return atomic_compare_exchange_strong(&e->in_txn, &idle, true);
}

struct status store_checkpoint(struct store *s)
{
	int log, left = 0;

	if (!take_writer(s->engine))
		return FAIL_AT(ST_BUSY, "transaction");
	struct status moved = checkpointer_run(s->engine->writer, false, &log, &left);
	s->engine->in_txn = false;
	TRY(moved);
	s->engine->commits++;
	return left > 0 ? FAIL_AT(ST_BUSY, "checkpoint") : OK;
}

uint64_t store_committed(const struct store *s)
{
	return s->engine->sequence;
}

/* ---- Snapshots ---- */

/* The state is taken by the first read, so that there must be one here. */
static struct status begin_snapshot(struct store_snapshot *p)
{
	uint64_t commits = p->engine->commits;

	TRY(database_step(p->view, DATABASE_BEGIN_READ));
	p->begun = true;
	TRY(database_step(p->view, DATABASE_LOOK));
	p->commits = commits;
	return OK;
}

struct status store_snapshot_new(struct store *s, struct store_snapshot *out)
{
	struct store_snapshot p = {.engine = s->engine};

	TRY(database_open(p.engine->disk, DATABASE_READ, &p.engine->keys, &p.view));
	struct status begun = begin_snapshot(&p);
	if (!ok(begun)) {
		store_snapshot_clear(&p);
		return begun;
	}
	*out = p;
	return OK;
}

struct status store_snapshot_renew(struct store_snapshot *p)
{
	if (p->begun && p->commits == p->engine->commits)
		return OK;
	store_snapshot_rest(p);
	struct status s = begin_snapshot(p);
	if (!ok(s))
		store_snapshot_rest(p);
	return s;
}

void store_snapshot_rest(struct store_snapshot *p)
{
	/* The end of a transaction that only read cannot fail to let go of its state. */
	if (p->begun)
		(void)ok(database_step(p->view, DATABASE_COMMIT));
	p->begun = false;
}

void store_snapshot_clear(struct store_snapshot *p)
{
	database_close(p->view);
	*p = (struct store_snapshot){0};
}

/* ---- Transactions ---- */

struct status store_begin(struct store *s, struct store_txn *out)
{
	struct store_engine *e = s->engine;

	if (disk_broken(e->disk))
		return FAIL_AT(ST_IO, "a sync has failed: restart");
	if (!take_writer(e))
		return FAIL_AT(ST_BUSY, "transaction");
	checkpointer_give_way(e->checkpointer);
	struct status begun = database_step(e->writer, DATABASE_BEGIN_WRITE);
	if (!ok(begun)) {
		e->in_txn = false;
		return begun;
	}
	*out = (struct store_txn){.view = e->writer, .engine = e, .sequence = e->sequence};
	return OK;
}

static void end(struct store_txn *txn)
{
	struct store_engine *e = txn->engine;

	*txn = (struct store_txn){0};
	e->in_txn = false;
}

void store_txn_clear(struct store_txn *txn)
{
	if (txn->engine == NULL)
		return;
	/* The engine may have undone it by itself; then there is nothing to undo. */
	(void)ok(database_step(txn->view, DATABASE_ROLLBACK));
	end(txn);
}

struct status store_txn_audit(struct store_txn *txn, struct bytes event, uint64_t *number)
{
	struct row row = {
		.table = TABLE_OUTBOX,
		.plain = {[COLUMN_OUTBOX_EVENT] = ROW_NUMBER(txn->sequence + 1)},
		.secret = {[SECRET_OUTBOX_BYTES] = event},
	};

	TRY(store_insert(txn, &row));
	txn->sequence++;
	txn->audited = true;
	if (number != NULL)
		*number = txn->sequence;
	return OK;
}

static bool unaudited(const struct store_txn *txn)
{
	return txn->changed && !txn->audited;
}

struct status store_savepoint(struct store_txn *txn)
{
	if (txn->savepoint.open)
		return FAIL_AT(ST_INVALID, "savepoint");
	TRY(database_step(txn->view, DATABASE_SAVEPOINT));
	txn->savepoint.open = true;
	txn->savepoint.changed = txn->changed;
	txn->savepoint.audited = txn->audited;
	txn->savepoint.sequence = txn->sequence;
	txn->changed = txn->audited = false;
	return OK;
}

struct status store_savepoint_undo(struct store_txn *txn)
{
	if (!txn->savepoint.open)
		return FAIL_AT(ST_INVALID, "savepoint");
	txn->savepoint.open = false;
	txn->changed = txn->savepoint.changed;
	txn->audited = txn->savepoint.audited;
	/* Nobody was told of the numbers: a commit of nothing else does not count as one. */
	txn->sequence = txn->savepoint.sequence;
	TRY(database_step(txn->view, DATABASE_SAVEPOINT_UNDO));
	return database_step(txn->view, DATABASE_SAVEPOINT_KEEP);
}

struct status store_savepoint_keep(struct store_txn *txn)
{
	if (!txn->savepoint.open)
		return FAIL_AT(ST_INVALID, "savepoint");
	if (unaudited(txn)) {
		TRY(store_savepoint_undo(txn));
		return FAIL_AT(ST_UNAUDITED, "savepoint");
	}
	txn->savepoint.open = false;
	txn->changed = txn->savepoint.changed;
	txn->audited = txn->savepoint.audited;
	return database_step(txn->view, DATABASE_SAVEPOINT_KEEP);
}

static struct status write_and_commit(struct store_txn *txn)
{
	if (txn->savepoint.open)
		return FAIL_AT(ST_INVALID, "savepoint");
	if (unaudited(txn))
		return FAIL_AT(ST_UNAUDITED, "transaction");
	if (txn->sequence != txn->engine->sequence)
		TRY(store_keep_sequence(txn));
	return database_step(txn->view, DATABASE_COMMIT);
}

struct status store_commit(struct store_txn *txn)
{
	struct status s = write_and_commit(txn);

	if (!ok(s)) {
		store_txn_clear(txn);
		return s;
	}
	txn->engine->sequence = txn->sequence;
	txn->engine->commits++;
	end(txn);
	return OK;
}
