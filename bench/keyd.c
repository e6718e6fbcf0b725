/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How fast the key store is: keys unwrapped in batches of 100 through the whole
 * table of messages, a store of 100,000 keys opened and put under a new night.
 * Fails below the floors that the design asks for.  Run by `meson test --benchmark`.
 */
#include "testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "dispatch.h"
#include "label.h"
#include "scene.h"

#define KEYS  100000u
#define BATCH 100u

static double seconds_of(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double seconds(void)
{
	return seconds_of(CLOCK_MONOTONIC);
}

static struct status fill(struct keeper *k)
{
	static uint8_t values[KEYWIRE_KEYS_MAX * 32];

	for (uint32_t n = 0; n < KEYS; n += KEYWIRE_KEYS_MAX)
		TRY(scene_make(k, n, KEYWIRE_KEYS_MAX, values));
	return OK;
}

static struct status unwrap(struct keeper *k, double *rate)
{
	static uint8_t question[KEYWIRE_PACKET_MAX], answer[KEYWIRE_PACKET_MAX];
	bool greeted = true;
	/* Of this process alone: the other cores may be at something else. */
	double start = seconds_of(CLOCK_PROCESS_CPUTIME_ID);

	for (uint32_t n = 0; n < 10 * KEYS; n += BATCH) {
		struct buffer q = BUFFER_OVER(question, sizeof question), a = BUFFER_OVER(answer, sizeof answer);
		struct key_name names[BATCH];

		for (uint32_t i = 0; i < BATCH; i++)
			names[i] = scene_name((n + i * 7919) % KEYS);
		const struct keywire_question get = {.id = KEYWIRE_GET, .keys = {names, BATCH}};
		TRY(keywire_put_question(&q, &get));
		if (dispatch_message(k, &greeted, buffer_bytes(&q), &a) != DISPATCH_ANSWER || a.bytes[1] != ST_OK)
			return FAIL(ST_INVALID);
	}
	*rate = 10 * KEYS / (seconds_of(CLOCK_PROCESS_CPUTIME_ID) - start);
	return OK;
}

static struct status measure(const struct folder *f)
{
	struct keeper k;
	double rate;

	TRY(scene_create(&os_real, f, &k));
	TRY(fill(&k));
	TRY(unwrap(&k, &rate));
	double start = seconds();
	TRY(scene_rewrap(&k));
	double night = seconds() - start;
	keeper_seal(&k);
	start = seconds();
	TRY(scene_open(&os_real, f, &k));
	double opening = seconds() - start;
	uint64_t count = rows_count(&k.store.now.rows);
	keeper_seal(&k);
	printf("unwrap %.0f keys/s, night of %llu keys %.3f s, opening %.3f s\n", rate, (unsigned long long)count,
	       night, opening);
	return rate >= 200000 && night < 3 && opening < 1 ? OK : FAIL_AT(ST_TOO_BIG, "slower than the floor");
}

int main(void)
{
	struct folder f;

	if (!scene_setup())
		return EXIT_FAILURE;
	folder_make(&f);
	struct status s = measure(&f);
	folder_remove(&f);
	if (!ok(s))
		printf("%s: %s\n", status_name(s.code), s.what != NULL ? s.what : "-");
	return ok(s) ? EXIT_SUCCESS : EXIT_FAILURE;
}
