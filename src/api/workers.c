/* SPDX-License-Identifier: Apache-2.0 */
#include "workers.h"

#include <pthread.h>
#include <stdlib.h>

#define THREADS_MAX 16

struct workers {
	pthread_t threads[THREADS_MAX];
	unsigned thread_count, waiting, waiting_max;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct worker_job *first, *last;
	bool stop;
};

static struct worker_job *take(struct workers *w)
{
	(void)pthread_mutex_lock(&w->lock);
	while (w->first == NULL && !w->stop)
		(void)pthread_cond_wait(&w->wake, &w->lock);
	struct worker_job *job = w->first;
	if (job != NULL) {
		w->first = job->next;
		w->waiting--;
	}
	(void)pthread_mutex_unlock(&w->lock);
	return job;
}

static void *work(void *context)
{
	struct workers *w = context;

	for (struct worker_job *job = take(w); job != NULL; job = take(w))
		job->run(job);
	return NULL;
}

struct status workers_start(unsigned threads, unsigned waiting, struct workers **out)
{
	struct workers *w = calloc(1, sizeof *w);

	if (w == NULL)
		return FAIL(ST_NO_MEMORY);
	w->waiting_max = waiting;
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
	struct status s = OK;

	job->next = NULL;
	(void)pthread_mutex_lock(&w->lock);
	if (w->stop || w->waiting == w->waiting_max) {
		s = FAIL_AT(ST_TOO_MANY, "sign-ins waiting");
	} else {
		if (w->first == NULL)
			w->first = job;
		else
			w->last->next = job;
		w->last = job;
		w->waiting++;
		(void)pthread_cond_signal(&w->wake);
	}
	(void)pthread_mutex_unlock(&w->lock);
	return s;
}
