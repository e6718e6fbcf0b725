/* SPDX-License-Identifier: Apache-2.0 */
/*
 * later: loaded before the C library (LD_PRELOAD), it puts the wall clock of one program TEST_CLOCK_AHEAD seconds
 * ahead, so that a flow sees what happens after days.  Whatever else measures time goes on as it was.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef int read_clock(clockid_t which, struct timespec *now);

static read_clock *next_clock(void)
{
	static read_clock *next;

	if (next == NULL) {
		void *found = dlsym(RTLD_NEXT, "clock_gettime");
		memcpy(&next, &found, sizeof next);
	}
	return next;
}

int clock_gettime(clockid_t which, struct timespec *now)
{
	const char *ahead = getenv("TEST_CLOCK_AHEAD");
	const int failed = next_clock()(which, now);

	if (failed == 0 && which == CLOCK_REALTIME && ahead != NULL)
		now->tv_sec += strtol(ahead, NULL, 10);
	return failed;
}
