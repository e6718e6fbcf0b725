/* SPDX-License-Identifier: Apache-2.0 */
/* The real tacenda-keyd, killed at random moments while it makes keys and goes
 * through nights: nothing that was acknowledged is ever lost. */
#include "testing.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "den.h"

#define ROUNDS 40
#define BATCH  5

/* Every key that was ever acknowledged. */
static struct key known[200000];
static size_t known_count;

/* Kills keyd after a while. */
struct killer {
	pid_t pid;
	struct timespec after;
};

static void *kill_later(void *context)
{
	const struct killer *k = context;

	/* The moment is the point of this test: it is the one thing not awaited. */
	(void)nanosleep(&k->after, NULL);
	(void)kill(k->pid, SIGKILL);
	return NULL;
}

static void make_until_it_dies(struct keyring *r)
{
	for (;;) {
		struct key_name names[BATCH];
		struct key keys[BATCH];

		assert_true(known_count + BATCH <= COUNT(known));
		for (size_t i = 0; i < BATCH; i++)
			names[i] = den_name(known_count + i);
		if (!ok(keyring_create(r, names, BATCH)))
			return;
		/* Acknowledged; from the cache, so no second message can fail. */
		for (size_t i = 0; i < BATCH; i++)
			assert_ok(keyring_get(r, &names[i], &keys[i]));
		memcpy(known + known_count, keys, sizeof keys);
		known_count += BATCH;
	}
}

static void *nights_until_it_dies(void *context)
{
	struct keyring *r = context;
	uint64_t night;

	while (ok(keyring_rewrap(r, &night)))
		continue;
	return NULL;
}

static void check_all(struct keyring *r)
{
	for (size_t i = 0; i < known_count; i++) {
		const struct key_name name = den_name(i);
		struct key key;

		assert_ok(keyring_get(r, &name, &key));
		assert_memory_equal(&key, &known[i], sizeof key);
	}
}

static void nothing_acknowledged_is_lost(void **state)
{
	struct den d;
	uint64_t last_night = 1;

	(void)state;
	srand(7);
	den_make(&d, 2);
	den_init(&d);
	for (int round = 0; round < ROUNDS; round++) {
		struct keyring nights = {.fd = -1};
		struct keywire_status about;
		pthread_t killer, night_thread;
		struct killer how = {d.process.pid, {.tv_nsec = 1000000 + (long)(rand() % 40000) * 1000}};

		assert_ok(keyring_open(&d.process, 1, &nights));
		assert_int_equal(pthread_create(&killer, NULL, kill_later, &how), 0);
		assert_int_equal(pthread_create(&night_thread, NULL, nights_until_it_dies, &nights), 0);
		make_until_it_dies(&d.ring);
		assert_int_equal(pthread_join(killer, NULL), 0);
		assert_int_equal(pthread_join(night_thread, NULL), 0);
		keyring_clear(&nights);
		den_restart(&d);
		assert_ok(keyring_status(&d.ring, &about));
		assert_true(about.night >= last_night);
		last_night = about.night;
		check_all(&d.ring);
	}
	print_message("# %zu keys, %llu nights, %d kills\n", known_count, (unsigned long long)last_night, ROUNDS);
	assert_true(known_count > 100);
	assert_true(last_night > 5);
	den_remove(&d);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {TEST(nothing_acknowledged_is_lost)};

	if (argc < 2 || !ok(secret_setup()))
		return 1;
	den_program = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
