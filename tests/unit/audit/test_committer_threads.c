/* SPDX-License-Identifier: Apache-2.0 */
/* Several loops hand in chains of entries at once, each with a group of its own: every entry is answered, every group
 * told. */
#include "committer_fixture.h"

#include <stdatomic.h>

#define LOOPS   4
#define TURNS   40
#define MEMBERS 5

/** A loop of the server: hands in what a turn collected, sleeps until its group is told. */
struct turner {
	struct committer_group group; /* must be first */
	struct site *site;
	uint32_t number;
	pthread_mutex_t lock;
	pthread_cond_t woken;
	size_t answered, told, told_early; /* under the lock; told_early: with nothing answered since */
};

struct member {
	struct change change; /* must be first; a change, or leaves alone */
	struct turner *turner;
};

static void on_done(struct committer_entry *entry, struct status s)
{
	struct turner *t = ((struct member *)(void *)entry)->turner;

	pthread_mutex_lock(&t->lock);
	t->answered += ok(s) ? 1 : 1000;
	pthread_mutex_unlock(&t->lock);
}

static void on_told(struct committer_group *group)
{
	struct turner *t = (struct turner *)(void *)group;

	pthread_mutex_lock(&t->lock);
	t->told_early += t->answered == 0;
	t->told++;
	pthread_cond_signal(&t->woken);
	pthread_mutex_unlock(&t->lock);
}

static bool one_turn(struct turner *t, uint32_t turn, const struct event *read)
{
	struct member members[MEMBERS];

	t->answered = 0;
	for (uint32_t i = 0; i < MEMBERS; i++) {
		const uint32_t number = (t->number * TURNS + turn) * MEMBERS + i;
		members[i] = (struct member){.change = change_of(number, 1 + i % 2, NO_FAULT), .turner = t};
		struct committer_entry *e = &members[i].change.entry;
		if (i == MEMBERS - 1)
			*e = (struct committer_entry){.events = read, .event_count = 1};
		e->done = on_done;
		e->group = &t->group;
		e->next = i + 1 < MEMBERS ? &members[i + 1].change.entry : NULL;
	}
	if (!ok(committer_submit(t->site->committer, &members[0].change.entry, &members[MEMBERS - 1].change.entry,
				 MEMBERS)))
		return false;
	pthread_mutex_lock(&t->lock);
	/* What did not fit into one round comes in the next, and the group is told again. */
	while (t->answered < MEMBERS || t->told == 0)
		pthread_cond_wait(&t->woken, &t->lock);
	t->told = 0;
	const bool right = t->answered == MEMBERS && t->told_early == 0;
	pthread_mutex_unlock(&t->lock);
	return right;
}

static void *turn(void *context)
{
	struct turner *t = context;
	const struct event read = rig_event(1);

	for (uint32_t i = 0; i < TURNS; i++)
		if (!one_turn(t, i, &read))
			return t;
	return NULL;
}

static void groups_of_many_threads_are_each_told(void **state)
{
	struct site s;
	struct turner turners[LOOPS];
	pthread_t threads[LOOPS];
	void *failed;

	(void)state;
	site_new(&s);
	s.rig.options.background = true;
	site_start(&s);
	for (uint32_t i = 0; i < LOOPS; i++) {
		turners[i] = (struct turner){.group = {.told = on_told}, .site = &s, .number = i};
		assert_int_equal(pthread_mutex_init(&turners[i].lock, NULL), 0);
		assert_int_equal(pthread_cond_init(&turners[i].woken, NULL), 0);
		assert_int_equal(pthread_create(&threads[i], NULL, turn, &turners[i]), 0);
	}
	for (size_t i = 0; i < LOOPS; i++) {
		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
	for (uint32_t i = 0; i < LOOPS * TURNS * MEMBERS; i++)
		if (i % MEMBERS != MEMBERS - 1)
			check_change(&s, i, true);
	/* The committer may still be on its way back from the last told(). */
	stop_all(&s);
	for (size_t i = 0; i < LOOPS; i++) {
		pthread_cond_destroy(&turners[i].woken);
		pthread_mutex_destroy(&turners[i].lock);
	}
	site_remove(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(groups_of_many_threads_are_each_told),
	};

	if (!rig_setup())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
