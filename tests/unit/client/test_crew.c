/* SPDX-License-Identifier: Apache-2.0 */
/* Items checked by every core: each once, failures in order, and an end at any time. */
#include "testing.h"

#include <stdatomic.h>

#include "crew.h"

#define MANY (100 * CREW_SLICE + 7)

static struct seen {
	_Atomic unsigned times[MANY];
	_Atomic size_t busy[CREW_MAX + 1];
	size_t bad; /* and everything from it on fails */
} seen;

static struct status check(void *context, size_t worker, size_t index)
{
	struct seen *s = context;

	/* What belongs to a worker is touched by nobody else meanwhile. */
	assert_int_equal(atomic_fetch_add(&s->busy[worker], 1), 0);
	atomic_fetch_add(&s->times[index], 1);
	atomic_fetch_sub(&s->busy[worker], 1);
	if (index >= s->bad)
		return index == s->bad ? FAIL_AT(ST_CORRUPT, "first") : FAIL_AT(ST_INVALID, "later");
	return OK;
}

static struct crew *start(size_t count, size_t bad)
{
	struct crew *c = NULL;

	seen = (struct seen){.bad = bad};
	assert_ok(crew_start(&(struct crew_task){check, &seen, count}, &c));
	return c;
}

static void every_item_is_checked_once(void **state)
{
	static const size_t counts[] = {0, 1, CREW_SLICE, CREW_SLICE + 1, MANY};

	(void)state;
	for (size_t i = 0; i < COUNT(counts); i++) {
		struct crew *c = start(counts[i], SIZE_MAX);
		assert_ok(crew_wait(c, counts[i]));
		assert_ok(crew_wait(c, counts[i]));
		for (size_t at = 0; at < MANY; at++)
			assert_int_equal(seen.times[at], at < counts[i] ? 1 : 0);
		crew_clear(c);
	}
}

static void the_first_failure_in_order_is_the_answer(void **state)
{
	static const size_t bad[] = {0, 1, CREW_SLICE - 1, 50 * CREW_SLICE, MANY - 1};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct crew *c = start(MANY, bad[i]);
		/* What stands before it is not held up by it. */
		assert_ok(crew_wait(c, bad[i] / CREW_SLICE * CREW_SLICE));
		struct status s = crew_wait(c, MANY);
		assert_int_equal(s.code, ST_CORRUPT);
		assert_string_equal(s.what, "first");
		crew_clear(c);
	}
}

static void a_crew_may_be_sent_home_early(void **state)
{
	(void)state;
	crew_clear(start(MANY, SIZE_MAX));
	struct crew *c = start(MANY, SIZE_MAX);
	assert_ok(crew_wait(c, 1));
	crew_clear(c);
	for (size_t at = 0; at < MANY; at++)
		assert_true(seen.times[at] <= 1);
	crew_clear(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_item_is_checked_once),
		TEST(the_first_failure_in_order_is_the_answer),
		TEST(a_crew_may_be_sent_home_early),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
