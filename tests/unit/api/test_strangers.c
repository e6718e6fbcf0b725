/* SPDX-License-Identifier: Apache-2.0 */
/* Refused strangers are logged, and cannot flood the log (PROMISES#S3). */
#include "testing.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "strangers.h"

static struct strangers *strangers;

static int setup(void **state)
{
	(void)state;
	return ok(strangers_new(&strangers)) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	strangers_free(strangers);
	return 0;
}

static bool refused(const char *from, uint64_t now, uint64_t *rest)
{
	struct address source;
	bool log;

	assert_ok(address_parse(text_of(from), &source));
	strangers_refused(strangers, &source, now, &log, rest);
	return log;
}

static void twenty_a_minute_are_logged_then_one_with_the_count(void **state)
{
	uint64_t rest;

	(void)state;
	for (int i = 0; i < 100; i++) {
		assert_int_equal(refused("192.0.2.1", 1000 + (uint64_t)i, &rest), i < STRANGERS_LEAVES);
		assert_int_equal(rest, 0);
	}
	assert_false(refused("192.0.2.1", 1000 + STRANGERS_MINUTE_MS - 1, &rest));
	assert_true(refused("192.0.2.1", 1000 + STRANGERS_MINUTE_MS, &rest));
	assert_int_equal(rest, 101 - STRANGERS_LEAVES);
	assert_true(refused("192.0.2.1", 1000 + 2 * STRANGERS_MINUTE_MS, &rest));
	assert_int_equal(rest, 0);
}

static _Atomic unsigned logged_together;

/** One of several loops that the same source tries, and another source each. */
static void *loop(void *context)
{
	struct address common, own;
	const unsigned number = *(const unsigned *)context;
	char text[32];
	uint64_t rest;
	bool log;

	(void)snprintf(text, sizeof text, "198.51.100.%u", number);
	assert_ok(address_parse(TEXT("192.0.2.9"), &common));
	assert_ok(address_parse(text_of(text), &own));
	for (unsigned i = 0; i < 200; i++) {
		strangers_refused(strangers, &common, 1000, &log, &rest);
		logged_together += log;
		strangers_refused(strangers, &own, 1000, &log, &rest);
		if (log != (i < STRANGERS_LEAVES))
			return context;
	}
	return NULL;
}

static void loops_count_a_source_together(void **state)
{
	pthread_t threads[4];
	unsigned numbers[4] = {1, 2, 3, 4};
	void *failed;
	uint64_t rest;

	(void)state;
	logged_together = 0;
	for (size_t i = 0; i < COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, loop, &numbers[i]), 0);
	for (size_t i = 0; i < COUNT(threads); i++) {
		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
	assert_int_equal(logged_together, STRANGERS_LEAVES);
	assert_true(refused("192.0.2.9", 1000 + STRANGERS_MINUTE_MS, &rest));
	assert_int_equal(rest, COUNT(threads) * 200 - STRANGERS_LEAVES);
}

static void one_source_does_not_silence_another(void **state)
{
	uint64_t rest;

	(void)state;
	for (int i = 0; i < 100; i++)
		(void)refused("192.0.2.1", 1, &rest);
	assert_true(refused("192.0.2.2", 1, &rest));
	assert_true(refused("2001:db8::1", 1, &rest));
}

static void a_network_of_ipv6_is_one_source(void **state)
{
	uint64_t rest;
	char from[64];

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		(void)snprintf(from, sizeof from, "2001:db8:0:1:%x::%x", i + 1, i);
		assert_int_equal(refused(from, 1, &rest), i < STRANGERS_LEAVES);
	}
	assert_true(refused("2001:db8:0:2::1", 1, &rest));
	/* Its first four bytes make no IPv4 address of it. */
	assert_true(refused("32.1.13.184", 1, &rest));
}

static void many_sources_take_no_more_memory(void **state)
{
	uint64_t rest, logged = 0;
	char from[64];

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		(void)snprintf(from, sizeof from, "10.%u.%u.%u", i >> 16, i >> 8 & 255, i & 255);
		logged += refused(from, i, &rest);
	}
	assert_int_equal(logged, 20000);
	/* The one that came last is still counted. */
	for (int i = 0; i < 40; i++)
		assert_int_equal(refused("192.0.2.7", 20000, &rest), i < STRANGERS_LEAVES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define EACH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		EACH(twenty_a_minute_are_logged_then_one_with_the_count),
		EACH(loops_count_a_source_together),
		EACH(one_source_does_not_silence_another),
		EACH(a_network_of_ipv6_is_one_source),
		EACH(many_sources_take_no_more_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
