/* SPDX-License-Identifier: Apache-2.0 */
#include "later.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define SECOND_NS 1000000000ull

struct later {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct later_entry *first; /* in the order of falling due */
	bool stop;
};

uint64_t later_now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * SECOND_NS + (uint64_t)t.tv_nsec;
}

/** The first that is due, taken off the list; NULL when told to stop and nothing is left. */
static struct later_entry *take(struct later *l)
{
	struct later_entry *due = NULL;

	(void)pthread_mutex_lock(&l->lock);
	while (due == NULL && (l->first != NULL || !l->stop)) {
		if (l->first == NULL) {
			(void)pthread_cond_wait(&l->wake, &l->lock);
		} else if (l->stop || l->first->due <= later_now()) {
			due = l->first;
			l->first = due->next;
		} else {
			const struct timespec until = {(time_t)(l->first->due / SECOND_NS),
						       (long)(l->first->due % SECOND_NS)};
			(void)pthread_cond_timedwait(&l->wake, &l->lock, &until);
		}
	}
	(void)pthread_mutex_unlock(&l->lock);
	return due;
}

static void *run(void *context)
{
	struct later *l = context;

	for (struct later_entry *due = take(l); due != NULL; due = take(l))
		net_post(due->loop, due->task);
	return NULL;
}

struct status later_start(struct later **out)
{
	struct later *l = calloc(1, sizeof *l);
	pthread_condattr_t monotonic;

	if (l == NULL)
		return FAIL(ST_NO_MEMORY);
	(void)pthread_mutex_init(&l->lock, NULL);
	(void)pthread_condattr_init(&monotonic);
	(void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&l->wake, &monotonic);
	(void)pthread_condattr_destroy(&monotonic);
	if (pthread_create(&l->thread, NULL, run, l) != 0) {
		free(l);
		return FAIL_AT(ST_NO_MEMORY, "threads");
	}
	*out = l;
	return OK;
}

void later_stop(struct later *l)
{
	if (l == NULL)
		return;
	(void)pthread_mutex_lock(&l->lock);
	l->stop = true;
	(void)pthread_cond_signal(&l->wake);
	(void)pthread_mutex_unlock(&l->lock);
	(void)pthread_join(l->thread, NULL);
	(void)pthread_cond_destroy(&l->wake);
	(void)pthread_mutex_destroy(&l->lock);
	free(l);
}

void later_at(struct later *l, struct later_entry *entry)
{
	struct later_entry **at = &l->first;

	(void)pthread_mutex_lock(&l->lock);
	while (*at != NULL && (*at)->due <= entry->due)
		at = &(*at)->next;
	entry->next = *at;
	*at = entry;
	(void)pthread_cond_signal(&l->wake);
	(void)pthread_mutex_unlock(&l->lock);
}
