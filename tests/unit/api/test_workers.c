/* SPDX-License-Identifier: Apache-2.0 */
/* The bounded pool for password hashes: past its bounds it refuses and never grows (PROMISES#S4). */
#include "testing.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "workers.h"

static sem_t begun, go;
static _Atomic unsigned running, most, done;

static void held(struct worker_job *job)
{
	(void)job;
	unsigned now = atomic_fetch_add(&running, 1) + 1, seen = atomic_load(&most);
	while (now > seen && !atomic_compare_exchange_weak(&most, &seen, now))
		;
	(void)sem_post(&begun);
	while (sem_wait(&go) != 0)
		;
	atomic_fetch_sub(&running, 1);
	atomic_fetch_add(&done, 1);
}

static int setup(void **state)
{
	(void)state;
	atomic_store(&running, 0);
	atomic_store(&most, 0);
	atomic_store(&done, 0);
	return sem_init(&begun, 0, 0) != 0 || sem_init(&go, 0, 0) != 0;
}

static int teardown(void **state)
{
	(void)state;
	(void)sem_destroy(&begun);
	(void)sem_destroy(&go);
	return 0;
}

static void refuses_past_its_bound_and_takes_again(void **state)
{
	struct worker_job jobs[16] = {0};
	struct workers *w;

	(void)state;
	for (size_t i = 0; i < COUNT(jobs); i++)
		jobs[i] = (struct worker_job){.run = held, .lane = WORKERS_KNOWN};
	assert_ok(workers_start(&(struct workers_bounds){2, 3, "jobs"}, &w));
	for (size_t i = 0; i < 2; i++)
		assert_ok(workers_submit(w, &jobs[i]));
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(sem_wait(&begun), 0);
	/* Two at work, three waiting, no more. */
	for (size_t i = 2; i < 5; i++)
		assert_ok(workers_submit(w, &jobs[i]));
	for (size_t i = 5; i < 16; i++)
		assert_fails(ST_TOO_MANY, workers_submit(w, &jobs[i]));
	assert_int_equal(sem_post(&go), 0);
	assert_int_equal(sem_wait(&begun), 0);
	assert_ok(workers_submit(w, &jobs[5]));
	for (int i = 0; i < 16; i++)
		assert_int_equal(sem_post(&go), 0);
	workers_stop(w);
	assert_int_equal(atomic_load(&done), 6);
	assert_int_equal(atomic_load(&most), 2);
}

static void whoever_is_known_never_waits_for_strangers(void **state)
{
	struct worker_job strangers[5] = {0}, known[2] = {0};
	struct workers *w;

	(void)state;
	assert_ok(workers_start(&(struct workers_bounds){2, 3, "jobs"}, &w));
	for (size_t i = 0; i < COUNT(strangers); i++)
		strangers[i].run = held;
	assert_ok(workers_submit(w, &strangers[0]));
	assert_int_equal(sem_wait(&begun), 0);
	/* One of two threads is the most that strangers get; their queue fills up. */
	for (size_t i = 1; i < 4; i++)
		assert_ok(workers_submit(w, &strangers[i]));
	assert_fails(ST_TOO_MANY, workers_submit(w, &strangers[4]));
	assert_int_equal(atomic_load(&running), 1);
	known[0] = known[1] = (struct worker_job){.run = held, .lane = WORKERS_KNOWN};
	assert_ok(workers_submit(w, &known[0]));
	assert_int_equal(sem_wait(&begun), 0);
	assert_int_equal(atomic_load(&running), 2);
	assert_ok(workers_submit(w, &known[1]));
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(sem_post(&go), 0);
	workers_stop(w);
	assert_int_equal(atomic_load(&done), 6);
}

static void stopping_finishes_what_waits(void **state)
{
	struct worker_job jobs[8] = {0};
	struct workers *w;

	(void)state;
	assert_ok(workers_start(&(struct workers_bounds){1, 8, "jobs"}, &w));
	for (size_t i = 0; i < COUNT(jobs); i++) {
		jobs[i].run = held;
		assert_ok(workers_submit(w, &jobs[i]));
	}
	for (size_t i = 0; i < COUNT(jobs); i++)
		assert_int_equal(sem_post(&go), 0);
	workers_stop(w);
	assert_int_equal(atomic_load(&done), COUNT(jobs));
	workers_stop(NULL);
}

static struct workers *shared;
static struct worker_job many[4][200];

static void *submit_many(void *context)
{
	struct worker_job *jobs = context;

	for (size_t i = 0; i < COUNT(many[0]); i++) {
		jobs[i].run = held;
		if (!ok(workers_submit(shared, &jobs[i])))
			atomic_fetch_add(&done, 1);
	}
	return NULL;
}

static void many_loops_submit_at_once(void **state)
{
	pthread_t threads[COUNT(many)];

	(void)state;
	assert_ok(workers_start(&(struct workers_bounds){4, 64, "jobs"}, &shared));
	for (size_t i = 0; i < COUNT(many) * COUNT(many[0]); i++)
		assert_int_equal(sem_post(&go), 0);
	for (size_t i = 0; i < COUNT(many); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, submit_many, many[i]), 0);
	for (size_t i = 0; i < COUNT(many); i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	const struct workers_metrics m = workers_metrics(shared);
	assert_true(m.most <= 4 && m.running <= 4 && m.waiting <= 128);
	workers_stop(shared);
	/* Every one was either run or refused. */
	assert_int_equal(atomic_load(&done), COUNT(many) * COUNT(many[0]));
	assert_true(atomic_load(&most) <= 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define EACH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		EACH(refuses_past_its_bound_and_takes_again),
		EACH(whoever_is_known_never_waits_for_strangers),
		EACH(stopping_finishes_what_waits),
		EACH(many_loops_submit_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
