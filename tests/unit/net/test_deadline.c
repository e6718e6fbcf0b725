/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "deadline.h"
#include "status.h"

static const uint64_t spans[DEADLINE_KINDS] = {100, 200, 300, 400, 500, 600, 700};

static void each_falls_due_after_its_span(void **state)
{
	struct deadlines all;
	struct deadline d[DEADLINE_KINDS] = {0};

	(void)state;
	deadlines_setup(&all, spans);
	assert_int_equal(deadline_wait(&all, 0), -1);
	for (size_t i = 0; i < DEADLINE_KINDS; i++)
		deadline_arm(&all, &d[i], (enum deadline_kind)i, 1000);
	assert_int_equal(deadline_wait(&all, 1000), 100);
	for (size_t i = 0; i < DEADLINE_KINDS; i++) {
		assert_null(deadline_due(&all, 1000 + spans[i] - 1));
		assert_ptr_equal(deadline_due(&all, 1000 + spans[i]), &d[i]);
		assert_true(deadline_armed(&d[i]));
		deadline_disarm(&d[i]);
		assert_false(deadline_armed(&d[i]));
	}
	assert_null(deadline_due(&all, UINT64_MAX));
}

static void the_oldest_comes_first_and_arming_again_moves(void **state)
{
	struct deadlines all;
	struct deadline a = {0}, b = {0}, c = {0};

	(void)state;
	deadlines_setup(&all, spans);
	deadline_arm(&all, &a, DEADLINE_HEAD, 10);
	deadline_arm(&all, &b, DEADLINE_HEAD, 20);
	deadline_arm(&all, &c, DEADLINE_HEAD, 30);
	assert_ptr_equal(deadline_oldest(&all, DEADLINE_HEAD), &a);
	deadline_arm(&all, &a, DEADLINE_HEAD, 40);
	assert_ptr_equal(deadline_oldest(&all, DEADLINE_HEAD), &b);
	assert_ptr_equal(deadline_after(&all, &b), &c);
	assert_ptr_equal(deadline_after(&all, &c), &a);
	assert_null(deadline_after(&all, &a));
	deadline_arm(&all, &b, DEADLINE_STALL, 50);
	assert_ptr_equal(deadline_oldest(&all, DEADLINE_HEAD), &c);
	assert_ptr_equal(deadline_oldest(&all, DEADLINE_STALL), &b);
	deadline_disarm(&a);
	deadline_disarm(&a); /* twice is fine */
	assert_null(deadline_oldest(&all, DEADLINE_GRACE));
	assert_int_equal(deadline_wait(&all, 10000), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_falls_due_after_its_span),
		TEST(the_oldest_comes_first_and_arming_again_moves),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
