/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that wait leave in the order of their times, never before, and none is lost at the end (PROMISES#K5). */
#include "testing.h"

#include <pthread.h>
#include <semaphore.h>

#include "later.h"

/* The loop's part: what is posted is noted. */
static struct noted {
	struct net_task *task;
	uint64_t at;
} noted[8];
static size_t noted_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static sem_t posted;

void __wrap_net_post(struct net_loop *loop, struct net_task *task);
void __wrap_net_post(struct net_loop *loop, struct net_task *task)
{
	assert_null(loop);
	(void)pthread_mutex_lock(&lock);
	noted[noted_count++] = (struct noted){task, later_now()};
	(void)pthread_mutex_unlock(&lock);
	(void)sem_post(&posted);
}

static int setup(void **state)
{
	(void)state;
	noted_count = 0;
	return sem_init(&posted, 0, 0);
}

static void each_leaves_at_its_time_and_in_that_order(void **state)
{
	static const uint64_t after_ms[] = {60, 20, 40, 20};
	static const size_t order[] = {1, 3, 2, 0};
	struct later_entry entries[COUNT(after_ms)], first;
	struct net_task tasks[COUNT(after_ms)], of_first;
	struct later *l;

	(void)state;
	assert_ok(later_start(&l));
	const uint64_t now = later_now();
	/* The first to be due waits for this lock, and so do all others behind it, until every one is there. */
	(void)pthread_mutex_lock(&lock);
	first = (struct later_entry){.due = 0, .task = &of_first};
	later_at(l, &first);
	for (size_t i = 0; i < COUNT(after_ms); i++) {
		entries[i] = (struct later_entry){.due = now + after_ms[i] * 1000000, .task = &tasks[i]};
		later_at(l, &entries[i]);
	}
	(void)pthread_mutex_unlock(&lock);
	for (size_t i = 0; i <= COUNT(after_ms); i++)
		assert_int_equal(sem_wait(&posted), 0);
	assert_ptr_equal(noted[0].task, &of_first);
	for (size_t i = 0; i < COUNT(after_ms); i++) {
		assert_ptr_equal(noted[i + 1].task, &tasks[order[i]]);
		assert_true(noted[i + 1].at >= entries[order[i]].due);
	}
	later_stop(l);
}

static void stopping_lets_go_what_waits(void **state)
{
	struct later_entry entries[3];
	struct net_task tasks[3];
	struct later *l;

	(void)state;
	assert_ok(later_start(&l));
	for (size_t i = 0; i < COUNT(tasks); i++) {
		entries[i] = (struct later_entry){.due = UINT64_MAX - i, .task = &tasks[i]};
		later_at(l, &entries[i]);
	}
	later_stop(l);
	assert_int_equal(noted_count, 3);
	later_stop(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(each_leaves_at_its_time_and_in_that_order, setup),
		cmocka_unit_test_setup(stopping_lets_go_what_waits, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
