/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nonce.h"
#include "secret.h"

#define LEN 24
enum { MANY = 2000 };

static int by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, LEN);
}

static void assert_all_differ(uint8_t (*all)[LEN], size_t count)
{
	qsort(all, count, LEN, by_bytes);
	for (size_t i = 1; i < count; i++)
		assert_memory_not_equal(all[i - 1], all[i], LEN);
}

static void never_hands_out_the_same_twice(void **state)
{
	(void)state;
	static uint8_t all[MANY][LEN];

	for (size_t i = 0; i < MANY; i++)
		nonce_random(all[i], LEN);
	assert_all_differ(all, MANY);
}

/* Two processes that sealed under the same nonce and key would have given both
 * messages away. */
static void a_child_never_repeats_its_parent(void **state)
{
	(void)state;
	static uint8_t all[2 * MANY][LEN];
	int ends[2], ended;

	nonce_random(all[0], LEN);
	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		for (size_t i = 0; i < MANY; i++)
			nonce_random(all[i], LEN);
		_exit(write(ends[1], all, MANY * LEN) == MANY * LEN ? 0 : 1);
	}
	for (size_t i = 0; i < MANY; i++)
		nonce_random(all[i], LEN);
	for (size_t got = 0; got < MANY * LEN;) {
		ssize_t n = read(ends[0], (uint8_t *)all[MANY] + got, MANY * LEN - got);

		assert_true(n > 0);
		got += (size_t)n;
	}
	assert_int_equal(waitpid(child, &ended, 0), child);
	assert_int_equal(ended, 0);
	close(ends[0]);
	close(ends[1]);
	assert_all_differ(all, 2 * MANY);
}

static void *fill(void *at)
{
	for (size_t i = 0; i < MANY; i++)
		nonce_random((uint8_t *)at + i * LEN, LEN);
	return NULL;
}

static void threads_share_none(void **state)
{
	(void)state;
	static uint8_t all[4 * MANY][LEN];
	pthread_t threads[4];

	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, fill, all[i * MANY]), 0);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_all_differ(all, 4 * MANY);
}

static void any_length_is_filled(void **state)
{
	(void)state;
	static uint8_t out[8192];
	static const size_t lengths[] = {0, 1, 16, 1022, 1023, 4096, 8192};

	for (size_t i = 0; i < COUNT(lengths); i++) {
		memset(out, 0, sizeof out);
		nonce_random(out, lengths[i]);
		for (size_t j = lengths[i]; j < sizeof out; j++)
			assert_int_equal(out[j], 0);
		if (lengths[i] < 16)
			continue;
		/* The last 16 bytes are not all zero, but once in 2^128. */
		uint8_t any = 0;
		for (size_t j = lengths[i] - 16; j < lengths[i]; j++)
			any |= out[j];
		assert_int_not_equal(any, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(never_hands_out_the_same_twice),
		TEST(a_child_never_repeats_its_parent),
		TEST(threads_share_none),
		TEST(any_length_is_filled),
	};
	return ok(secret_setup()) ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
