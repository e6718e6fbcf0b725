/* SPDX-License-Identifier: Apache-2.0 */
#include "workers.h"

#include <pthread.h>
#include <stdlib.h>

#define THREADS_MAX 16

struct lane {
	struct worker_job *first, *last;
	unsigned waiting, running, running_max;
};

struct workers {
	pthread_t threads[THREADS_MAX];
	unsigned thread_count, waiting_max;
	const char *full;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct lane lanes[WORKERS_LANES];
	struct workers_metrics metrics; /* but for what the lanes know */
	bool stop;
};

/** The lane whose turn it is: the known first; NULL when none may run. */
static struct lane *turn_of(struct workers *w)
{
	for (size_t i = WORKERS_LANES; i-- > 0;)
		if (w->lanes[i].first != NULL && w->lanes[i].running < w->lanes[i].running_max)
			return &w->lanes[i];
	return NULL;
}

static bool idle(const struct workers *w)
{
	for (size_t i = 0; i < WORKERS_LANES; i++)
		if (w->lanes[i].first != NULL)
			return false;
	return true;
}

/** The next job; NULL when told to stop and nothing waits. */
static struct worker_job *take(struct workers *w)
{
	struct lane *lane;
	struct worker_job *job = NULL;

	(void)pthread_mutex_lock(&w->lock);
	while ((lane = turn_of(w)) == NULL && !(w->stop && idle(w)))
		(void)pthread_cond_wait(&w->wake, &w->lock);
	if (lane != NULL) {
		job = lane->first;
		lane->first = job->next;
		lane->waiting--;
		lane->running++;
		w->metrics.running++;
		if (w->metrics.running > w->metrics.most)
			w->metrics.most = w->metrics.running;
	}
	(void)pthread_mutex_unlock(&w->lock);
	return job;
}

static void done(struct workers *w, enum workers_lane lane)
{
	(void)pthread_mutex_lock(&w->lock);
	w->lanes[lane].running--;
	w->metrics.running--;
	w->metrics.done++;
	/* Whoever was done takes the next job itself, of this lane too; to others it matters only at the end. */
	if (w->stop)
		(void)pthread_cond_broadcast(&w->wake);
	(void)pthread_mutex_unlock(&w->lock);
}

static void *work(void *context)
{
	struct workers *w = context;

	for (struct worker_job *job = take(w); job != NULL; job = take(w)) {
		/* Once it has run it is the caller's again. */
		enum workers_lane lane = job->lane;
		job->run(job);
		done(w, lane);
	}
	return NULL;
}

struct status workers_start(const struct workers_bounds *bounds, struct workers **out)
{
	const unsigned threads = bounds->threads;
	struct workers *w = calloc(1, sizeof *w);

	if (w == NULL)
		return FAIL(ST_NO_MEMORY);
	w->waiting_max = bounds->waiting;
	w->full = bounds->full;
	w->lanes[WORKERS_KNOWN].running_max = threads;
	w->lanes[WORKERS_STRANGER].running_max = threads > 1 ? threads - 1 : 1;
	(void)pthread_mutex_init(&w->lock, NULL);
	(void)pthread_cond_init(&w->wake, NULL);
	for (; w->thread_count < threads && w->thread_count < THREADS_MAX; w->thread_count++)
		if (pthread_create(&w->threads[w->thread_count], NULL, work, w) != 0) {
			workers_stop(w);
			return FAIL_AT(ST_NO_MEMORY, "threads");
		}
	*out = w;
	return OK;
}

void workers_stop(struct workers *w)
{
	if (w == NULL)
		return;
	(void)pthread_mutex_lock(&w->lock);
	w->stop = true;
	(void)pthread_cond_broadcast(&w->wake);
	(void)pthread_mutex_unlock(&w->lock);
	for (unsigned i = 0; i < w->thread_count; i++)
		(void)pthread_join(w->threads[i], NULL);
	(void)pthread_mutex_destroy(&w->lock);
	(void)pthread_cond_destroy(&w->wake);
	free(w);
}

struct status workers_submit(struct workers *w, struct worker_job *job)
{
	struct lane *lane = &w->lanes[job->lane];
	struct status s = OK;

	job->next = NULL;
	(void)pthread_mutex_lock(&w->lock);
	if (w->stop || lane->waiting == w->waiting_max) {
		s = FAIL_AT(ST_TOO_MANY, w->full);
		w->metrics.refused++;
	} else {
		if (lane->first == NULL)
			lane->first = job;
		else
			lane->last->next = job;
		lane->last = job;
		lane->waiting++;
		(void)pthread_cond_signal(&w->wake);
	}
	(void)pthread_mutex_unlock(&w->lock);
	return s;
}

struct workers_metrics workers_metrics(struct workers *w)
{
	(void)pthread_mutex_lock(&w->lock);
	struct workers_metrics m = w->metrics;
	for (size_t i = 0; i < WORKERS_LANES; i++)
		m.waiting += w->lanes[i].waiting;
	(void)pthread_mutex_unlock(&w->lock);
	return m;
}
