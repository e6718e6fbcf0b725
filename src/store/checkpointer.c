/* SPDX-License-Identifier: Apache-2.0 */
#include "checkpointer.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <time.h>

/* Pages in the log before a checkpoint begins (4 MiB): fewer cost more syncs of
 * the database, more make recovery and each checkpoint longer. */
#define BEGIN_AT 1000
/* When readers and writers have let the log grow to 16 MiB, make them pause. */
#define INSIST_AT 4000
/* A first pass copies what there is, the next only what came meanwhile: this few
 * pages are left when commits are made to wait. */
#define LEFT_AT_MOST 64
#define PASSES       8
#define PAUSE_NS     100000
/* 5 ms, and 50 ms once that was not enough for four times as long a log. */
#define PAUSES         50
#define PAUSES_AT_LAST 500

struct checkpointer {
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t wake, go_on;
	bool wanted, stop;
	_Atomic bool insisting; /* no transaction begins */
	_Atomic int begin_at;   /* length of the log at which the next run begins */
	_Atomic int frames;     /* in the log after the last commit */
	_Atomic int moved;      /* as many as that were when the last run had moved all of them; 0: it had not */
	struct store_engine *engine;
	struct store_view *view;
};

static int wait_for_readers(void *context, int waits)
{
	struct store_engine *engine = context;
	struct timespec pause = {0, PAUSE_NS};

	/* No commit tells readers to move on while we hold commits up. */
	engine->commits++;
	if (waits >= (engine->checkpointer->begin_at > 4 * INSIST_AT ? PAUSES_AT_LAST : PAUSES))
		return 0;
	(void)nanosleep(&pause, NULL);
	return 1;
}

struct status checkpointer_run(struct store_view *view, bool wait, int *log, int *left)
{
	int moved = 0;
	int mode = wait ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE;

	*log = 0;
	TRY(database_status(sqlite3_wal_checkpoint_v2(view->engine, "main", mode, log, &moved)));
	*left = *log - moved;
	return OK;
}

/* Without this a busy committer would take the lock again before we see it free. */
static void set_insisting(struct checkpointer *c, bool insisting)
{
	(void)pthread_mutex_lock(&c->mutex);
	c->insisting = insisting;
	(void)pthread_cond_broadcast(&c->go_on);
	(void)pthread_mutex_unlock(&c->mutex);
}

void checkpointer_give_way(struct checkpointer *c)
{
	if (c == NULL || !c->insisting)
		return;
	(void)pthread_mutex_lock(&c->mutex);
	while (c->insisting)
		(void)pthread_cond_wait(&c->go_on, &c->mutex);
	(void)pthread_mutex_unlock(&c->mutex);
}

static void insist(struct checkpointer *c)
{
	int log, left;

	set_insisting(c, true);
	(void)ok(checkpointer_run(c->view, true, &log, &left));
	set_insisting(c, false);
}

/* A failure is not lost: the log stays as it is and the next commit meets the
 * same disk; nothing was acknowledged on the strength of a checkpoint. */
static void run_passes(struct checkpointer *c)
{
	int log = 0, left = 0, before;

	for (int pass = 0; pass < PASSES; pass++) {
		before = left;
		if (!ok(checkpointer_run(c->view, false, &log, &left)) || left <= LEFT_AT_MOST)
			break;
		if (pass > 0 && left >= before) /* a reader holds on to the rest */
			break;
	}
	c->moved = left == 0 ? log : 0;
	c->begin_at = c->frames + BEGIN_AT;
	if (log >= INSIST_AT)
		insist(c);
	/* Readers that move on now read the database and let the log begin anew. */
	c->engine->commits++;
}

static void *run(void *context)
{
	struct checkpointer *c = context;

	(void)pthread_mutex_lock(&c->mutex);
	while (!c->stop) {
		if (!c->wanted) {
			(void)pthread_cond_wait(&c->wake, &c->mutex);
			continue;
		}
		c->wanted = false;
		(void)pthread_mutex_unlock(&c->mutex);
		run_passes(c);
		(void)pthread_mutex_lock(&c->mutex);
	}
	(void)pthread_mutex_unlock(&c->mutex);
	return NULL;
}

void checkpointer_wake(struct checkpointer *c)
{
	if (c == NULL)
		return;
	(void)pthread_mutex_lock(&c->mutex);
	c->wanted = true;
	(void)pthread_cond_signal(&c->wake);
	(void)pthread_mutex_unlock(&c->mutex);
}

static int committed(void *context, sqlite3 *engine, const char *name, int frames)
{
	struct checkpointer *c = context;

	(void)engine;
	(void)name;
	if (frames < c->frames) /* it has begun anew */
		c->begin_at = BEGIN_AT;
	c->frames = frames;
	if (frames < c->begin_at)
		return SQLITE_OK;
	checkpointer_wake(c);
	return SQLITE_OK;
}

bool checkpointer_moved_all(const struct checkpointer *c)
{
	return c != NULL && c->moved > 0 && c->moved == c->frames;
}

void checkpointer_watch(struct checkpointer *c, struct store_view *writer)
{
	(void)sqlite3_wal_hook(writer->engine, committed, c);
}

struct status checkpointer_start(struct store_engine *engine, struct checkpointer **out)
{
	struct checkpointer *c = calloc(1, sizeof *c);

	if (c == NULL)
		return FAIL_AT(ST_NO_MEMORY, "checkpoint");
	c->engine = engine;
	c->begin_at = BEGIN_AT;
	struct status s = database_open(engine->disk, DATABASE_WRITE, &engine->keys, &c->view);
	if (!ok(s)) {
		free(c);
		return s;
	}
	(void)sqlite3_busy_handler(c->view->engine, wait_for_readers, engine);
	(void)pthread_mutex_init(&c->mutex, NULL);
	(void)pthread_cond_init(&c->wake, NULL);
	(void)pthread_cond_init(&c->go_on, NULL);
	if (pthread_create(&c->thread, NULL, run, c) != 0) {
		database_close(c->view);
		free(c);
		return FAIL_AT(ST_NO_MEMORY, "checkpoint");
	}
	*out = c;
	return OK;
}

void checkpointer_stop(struct checkpointer *c)
{
	if (c == NULL)
		return;
	(void)pthread_mutex_lock(&c->mutex);
	c->stop = true;
	(void)pthread_cond_signal(&c->wake);
	(void)pthread_mutex_unlock(&c->mutex);
	(void)pthread_join(c->thread, NULL);
	database_close(c->view);
	(void)pthread_cond_destroy(&c->wake);
	(void)pthread_cond_destroy(&c->go_on);
	(void)pthread_mutex_destroy(&c->mutex);
	free(c);
}
