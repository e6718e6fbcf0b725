/* SPDX-License-Identifier: Apache-2.0 */
#include "crew.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

/** One slice; guarded by the lock. */
struct slice {
	struct status status;
	bool done;
};

struct crew {
	struct crew_task task;
	pthread_mutex_t lock;
	pthread_cond_t finished;
	size_t next, slices; /* guarded by the lock */
	size_t threads;
	pthread_t thread[CREW_MAX];
	struct member {
		struct crew *crew;
		size_t number;
	} members[CREW_MAX];
	struct slice slice[];
};

static bool take(struct crew *c, size_t *slice)
{
	(void)pthread_mutex_lock(&c->lock);
	bool any = c->next < c->slices;
	if (any)
		*slice = c->next++;
	(void)pthread_mutex_unlock(&c->lock);
	return any;
}

static struct status check(const struct crew_task *task, size_t worker, size_t slice)
{
	size_t end = (slice + 1) * CREW_SLICE < task->count ? (slice + 1) * CREW_SLICE : task->count;

	for (size_t i = slice * CREW_SLICE; i < end; i++)
		TRY(task->check(task->context, worker, i));
	return OK;
}

static bool work(struct crew *c, size_t worker)
{
	size_t slice;

	if (!take(c, &slice))
		return false;
	struct status s = check(&c->task, worker, slice);
	(void)pthread_mutex_lock(&c->lock);
	c->slice[slice] = (struct slice){s, true};
	(void)pthread_cond_broadcast(&c->finished);
	(void)pthread_mutex_unlock(&c->lock);
	return true;
}

static void *run(void *context)
{
	const struct member *m = context;

	while (work(m->crew, m->number))
		;
	return NULL;
}

/** Fewer than wanted is no failure. */
static void start_threads(struct crew *c)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	size_t wanted = cores < 1 ? 1 : (size_t)cores;

	if (wanted > CREW_MAX)
		wanted = CREW_MAX;
	if (wanted > c->slices)
		wanted = c->slices;
	while (c->slices > 1 && c->threads < wanted) {
		c->members[c->threads] = (struct member){c, c->threads};
		if (pthread_create(&c->thread[c->threads], NULL, run, &c->members[c->threads]) != 0)
			return;
		c->threads++;
	}
}

struct status crew_start(const struct crew_task *task, struct crew **out)
{
	size_t slices = (task->count + CREW_SLICE - 1) / CREW_SLICE;
	struct crew *c = calloc(1, sizeof *c + slices * sizeof *c->slice);

	if (c == NULL)
		return FAIL(ST_NO_MEMORY);
	c->task = *task;
	c->slices = slices;
	(void)pthread_mutex_init(&c->lock, NULL);
	(void)pthread_cond_init(&c->finished, NULL);
	start_threads(c);
	*out = c;
	return OK;
}

static struct status wait_for(struct crew *c, size_t slice)
{
	while (c->threads == 0 && !c->slice[slice].done)
		(void)work(c, CREW_MAX);
	(void)pthread_mutex_lock(&c->lock);
	while (!c->slice[slice].done)
		(void)pthread_cond_wait(&c->finished, &c->lock);
	struct status s = c->slice[slice].status;
	(void)pthread_mutex_unlock(&c->lock);
	return s;
}

struct status crew_wait(struct crew *c, size_t count)
{
	for (size_t i = 0; i * CREW_SLICE < count; i++)
		TRY(wait_for(c, i));
	return OK;
}

void crew_clear(struct crew *c)
{
	if (c == NULL)
		return;
	(void)pthread_mutex_lock(&c->lock);
	c->next = c->slices;
	(void)pthread_mutex_unlock(&c->lock);
	for (size_t i = 0; i < c->threads; i++)
		(void)pthread_join(c->thread[i], NULL);
	(void)pthread_mutex_destroy(&c->lock);
	(void)pthread_cond_destroy(&c->finished);
	free(c);
}
