/* SPDX-License-Identifier: Apache-2.0 */
#include "errand.h"

#include <stddef.h>

void errand_init(struct errand *e)
{
	*e = (struct errand){0};
	(void)pthread_mutex_init(&e->lock, NULL);
	(void)pthread_cond_init(&e->wake, NULL);
}

static void *work(void *context)
{
	struct errand *e = context;

	(void)pthread_mutex_lock(&e->lock);
	for (;;) {
		while (e->run == NULL && !e->stop)
			(void)pthread_cond_wait(&e->wake, &e->lock);
		if (e->run == NULL)
			break;
		(void)pthread_mutex_unlock(&e->lock);
		e->run(e->context);
		atomic_store(&e->busy, false);
		if (e->done != NULL)
			e->done(e->done_context);
		(void)pthread_mutex_lock(&e->lock);
		e->run = NULL;
		(void)pthread_cond_broadcast(&e->wake);
	}
	(void)pthread_mutex_unlock(&e->lock);
	return NULL;
}

void errand_begin(struct errand *e, void (*run)(void *context), void *context)
{
	if (!e->threaded && pthread_create(&e->thread, NULL, work, e) != 0) {
		run(context);
		return;
	}
	e->threaded = true;
	(void)pthread_mutex_lock(&e->lock);
	e->run = run;
	e->context = context;
	atomic_store(&e->busy, true);
	(void)pthread_cond_broadcast(&e->wake);
	(void)pthread_mutex_unlock(&e->lock);
}

bool errand_done(const struct errand *e)
{
	return !atomic_load(&e->busy);
}

void errand_wait(struct errand *e)
{
	(void)pthread_mutex_lock(&e->lock);
	while (e->run != NULL)
		(void)pthread_cond_wait(&e->wake, &e->lock);
	(void)pthread_mutex_unlock(&e->lock);
}

void errand_clear(struct errand *e)
{
	errand_wait(e);
	(void)pthread_mutex_lock(&e->lock);
	e->stop = true;
	(void)pthread_cond_broadcast(&e->wake);
	(void)pthread_mutex_unlock(&e->lock);
	if (e->threaded)
		(void)pthread_join(e->thread, NULL);
	(void)pthread_mutex_destroy(&e->lock);
	(void)pthread_cond_destroy(&e->wake);
}
