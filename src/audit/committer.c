/* SPDX-License-Identifier: Apache-2.0 */
#include "committer.h"

#include <stdlib.h>

#include "committer_internal.h"

/* ---- The thread ---- */

/* As far as a round goes; under the lock. */
static size_t take(struct committer *c, struct committer_list *out)
{
	size_t count = c->metrics.waiting;

	*out = (struct committer_list){0};
	if (count <= COMMITTER_ROUND_MAX) {
		/* As a whole: its entries are in the caches of those who submitted them. */
		committer_list_join(out, &c->queue);
	} else {
		for (count = 0; count < COMMITTER_ROUND_MAX; count++)
			committer_list_add(out, committer_list_take(&c->queue));
	}
	c->metrics.waiting -= count;
	return count;
}

/* What waits, and what was prepared; false when it is time to end. */
static bool take_round(struct committer *c, struct committer_list *out)
{
	const bool prepared = c->prepared.first != NULL;

	(void)pthread_mutex_lock(&c->lock);
	while (c->queue.first == NULL && !prepared && !c->stop)
		(void)pthread_cond_wait(&c->wake, &c->lock);
	const size_t count = take(c, out);
	(void)pthread_mutex_unlock(&c->lock);
	return count > 0 || prepared;
}

bool committer_take_meanwhile(struct committer *c, struct committer_list *out)
{
	(void)pthread_mutex_lock(&c->lock);
	while (c->queue.first == NULL && !log_append_done(c->options.log))
		(void)pthread_cond_wait(&c->wake, &c->lock);
	const size_t count = log_append_done(c->options.log) ? 0 : take(c, out);
	(void)pthread_mutex_unlock(&c->lock);
	return count > 0;
}

/* The log has written. */
static void wake(void *context)
{
	struct committer *c = context;

	(void)pthread_mutex_lock(&c->lock);
	(void)pthread_cond_broadcast(&c->wake);
	(void)pthread_mutex_unlock(&c->lock);
}

static void run(struct committer *c)
{
	struct committer_list entries = {0};

	while (take_round(c, &entries)) {
		do {
			struct committer_list left = {0};

			committer_round(c, &entries, &left);
			entries = left;
		} while (entries.first != NULL);
	}
}

/* How starting went, handed from the new thread to the one that waits for it. */
struct starting {
	struct committer *committer;
	struct status status;
	bool told;
};

static void *begin_and_run(void *context)
{
	struct starting *starting = context;
	struct committer *c = starting->committer;
	const struct committer_options *o = &c->options;
	struct status begun = o->begin != NULL ? o->begin(o->context) : OK;
	const bool end = ok(begun) && o->end != NULL;

	if (ok(begun))
		begun = committer_replay(c);
	(void)pthread_mutex_lock(&c->lock);
	starting->status = begun;
	starting->told = true;
	(void)pthread_cond_broadcast(&c->wake);
	(void)pthread_mutex_unlock(&c->lock);
	if (ok(begun))
		run(c);
	if (end)
		o->end(o->context);
	return NULL;
}

/* ---- Beginning and end ---- */

static void free_committer(struct committer *c)
{
	log_tell(c->options.log, NULL, NULL);
	draft_free(c->draft);
	draft_free(c->next);
	buffer_clear(&c->exported);
	(void)pthread_mutex_destroy(&c->lock);
	(void)pthread_cond_destroy(&c->wake);
	free(c);
}

static struct status start_thread(struct committer *c)
{
	struct starting starting = {.committer = c};

	log_tell(c->options.log, wake, c);
	TRY(draft_new(c->options.log, &c->draft));
	TRY(draft_new(c->options.log, &c->next));
	if (pthread_create(&c->thread, NULL, begin_and_run, &starting) != 0)
		return FAIL_AT(ST_NO_MEMORY, "thread");
	(void)pthread_mutex_lock(&c->lock);
	while (!starting.told)
		(void)pthread_cond_wait(&c->wake, &c->lock);
	(void)pthread_mutex_unlock(&c->lock);
	if (!ok(starting.status))
		(void)pthread_join(c->thread, NULL);
	return starting.status;
}

struct status committer_start(const struct committer_options *options, struct committer **out)
{
	struct committer *c = calloc(1, sizeof *c);

	if (c == NULL)
		return FAIL_AT(ST_NO_MEMORY, "committer");
	c->options = *options;
	c->exported = (struct buffer){.max = DRAFT_EXPORT_MAX, .wipe = true};
	(void)pthread_mutex_init(&c->lock, NULL);
	(void)pthread_cond_init(&c->wake, NULL);
	struct status s = start_thread(c);

	if (!ok(s)) {
		free_committer(c);
		return s;
	}
	*out = c;
	return OK;
}

void committer_stop(struct committer *c)
{
	if (c == NULL)
		return;
	(void)pthread_mutex_lock(&c->lock);
	c->stop = true;
	(void)pthread_cond_broadcast(&c->wake);
	(void)pthread_mutex_unlock(&c->lock);
	(void)pthread_join(c->thread, NULL);
	free_committer(c);
}

/* ---- From other threads ---- */

struct status committer_submit(struct committer *c, struct committer_entry *first, struct committer_entry *last,
			       size_t count)
{
	struct status s = OK;

	last->next = NULL;
	(void)pthread_mutex_lock(&c->lock);
	if (c->stop) {
		s = FAIL_AT(ST_BUSY, "stopping");
	} else if (count > c->options.waiting_max || c->metrics.waiting > c->options.waiting_max - count) {
		s = FAIL_AT(ST_TOO_MANY, "changes waiting");
	} else {
		if (c->queue.first == NULL)
			c->queue.first = first;
		else
			c->queue.last->next = first;
		c->queue.last = last;
		c->metrics.waiting += count;
		(void)pthread_cond_broadcast(&c->wake);
	}
	(void)pthread_mutex_unlock(&c->lock);
	return s;
}

/* Somebody who waits for one entry. */
struct waiter {
	struct committer_entry entry; /* must be first */
	struct committer_entry *wanted;
	struct committer *committer;
	struct status status;
	bool told;
};

static void tell_waiter(struct committer_entry *entry, struct status s)
{
	struct waiter *w = (struct waiter *)entry;
	struct committer *c = w->committer;

	w->wanted->leaf = entry->leaf;
	(void)pthread_mutex_lock(&c->lock);
	w->status = s;
	w->told = true;
	(void)pthread_cond_broadcast(&c->wake);
	(void)pthread_mutex_unlock(&c->lock);
}

static struct status apply_wanted(struct committer_entry *entry, struct committer_turn *turn)
{
	struct waiter *w = (struct waiter *)entry;

	return w->wanted->apply(w->wanted, turn);
}

struct status committer_run(struct committer *c, struct committer_entry *entry)
{
	struct waiter w = {.entry = *entry, .wanted = entry, .committer = c};

	w.entry.done = tell_waiter;
	if (entry->apply != NULL)
		w.entry.apply = apply_wanted;
	TRY(committer_submit(c, &w.entry, &w.entry, 1));
	(void)pthread_mutex_lock(&c->lock);
	while (!w.told)
		(void)pthread_cond_wait(&c->wake, &c->lock);
	(void)pthread_mutex_unlock(&c->lock);
	return w.status;
}

struct committer_metrics committer_metrics(struct committer *c)
{
	(void)pthread_mutex_lock(&c->lock);
	struct committer_metrics m = c->metrics;
	(void)pthread_mutex_unlock(&c->lock);
	return m;
}
