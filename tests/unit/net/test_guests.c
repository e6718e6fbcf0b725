/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <pthread.h>
#include <stdio.h>

#include "guests.h"

static struct address at(const char *text)
{
	struct address a;

	assert_ok(address_parse(text_of(text), &a));
	return a;
}

static void counts_in_all_and_by_address(void **state)
{
	struct guests *g;
	struct address a = at("10.0.0.1"), b = at("10.0.0.2"), c = at("10.0.0.3");

	(void)state;
	assert_ok(guests_new(5, 2, &g));
	assert_int_equal(guests_enter(g, &a), GUESTS_WELCOME);
	a.port = 99;
	assert_int_equal(guests_enter(g, &a), GUESTS_WELCOME);
	assert_int_equal(guests_enter(g, &a), GUESTS_ADDRESS_FULL);
	assert_int_equal(guests_enter(g, &b), GUESTS_WELCOME);
	assert_int_equal(guests_enter(g, &b), GUESTS_WELCOME);
	assert_int_equal(guests_enter(g, &c), GUESTS_WELCOME);
	assert_int_equal(guests_enter(g, &c), GUESTS_HOUSE_FULL);
	guests_leave(g, &a);
	assert_int_equal(guests_enter(g, &c), GUESTS_WELCOME);
	assert_int_equal(guests_count(g), 5);
	guests_leave(g, &c);
	guests_leave(g, &c);
	guests_leave(g, &b);
	guests_leave(g, &b);
	assert_false(guests_wait_empty(g, 1));
	guests_leave(g, &a);
	assert_true(guests_wait_empty(g, 1000));
	guests_free(g);
}

static void an_ipv6_host_is_its_64(void **state)
{
	struct guests *g;
	struct address a = at("2001:db8:0:1::1"), b = at("2001:db8:0:1:ffff::2"), c = at("2001:db8:0:2::1");

	(void)state;
	assert_ok(guests_new(10, 1, &g));
	assert_int_equal(guests_enter(g, &a), GUESTS_WELCOME);
	assert_int_equal(guests_enter(g, &b), GUESTS_ADDRESS_FULL);
	assert_int_equal(guests_enter(g, &c), GUESTS_WELCOME);
	guests_free(g);
}

static void nobody_counts_in_all_only(void **state)
{
	struct guests *g;
	struct address nobody = {0};

	(void)state;
	assert_ok(guests_new(3, 1, &g));
	for (int i = 0; i < 3; i++)
		assert_int_equal(guests_enter(g, &nobody), GUESTS_WELCOME);
	assert_int_equal(guests_enter(g, &nobody), GUESTS_HOUSE_FULL);
	guests_free(g);
}

/* Every address once, many times over: entries are used again and again. */
static void remembers_nobody_who_left(void **state)
{
	struct guests *g;
	char text[32];

	(void)state;
	assert_ok(guests_new(20, 1, &g));
	for (int i = 0; i < 20000; i++) {
		(void)snprintf(text, sizeof text, "10.%d.%d.7", i / 200 % 200, i % 200);
		struct address a = at(text);
		assert_int_equal(guests_enter(g, &a), GUESTS_WELCOME);
		if (i % 20 != 19)
			continue;
		for (int k = i - 19; k <= i; k++) {
			(void)snprintf(text, sizeof text, "10.%d.%d.7", k / 200 % 200, k % 200);
			a = at(text);
			guests_leave(g, &a);
		}
		assert_int_equal(guests_count(g), 0);
	}
	guests_free(g);
}

static void *come_and_go(void *context)
{
	struct address a = at("10.0.0.1");

	for (int i = 0; i < 20000; i++)
		if (guests_enter(context, &a) == GUESTS_WELCOME)
			guests_leave(context, &a);
	return NULL;
}

static void many_threads_agree(void **state)
{
	struct guests *g;
	pthread_t threads[4];

	(void)state;
	assert_ok(guests_new(3, 2, &g));
	for (size_t i = 0; i < COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, g), 0);
	for (size_t i = 0; i < COUNT(threads); i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(guests_count(g), 0);
	guests_free(g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(counts_in_all_and_by_address), TEST(an_ipv6_host_is_its_64), TEST(nobody_counts_in_all_only),
		TEST(remembers_nobody_who_left),    TEST(many_threads_agree),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
