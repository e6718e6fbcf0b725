/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <time.h>

#include "clock.h"

static void wall_time_is_in_milliseconds_since_1970(void **state)
{
	(void)state;
	uint64_t before = (uint64_t)time(NULL) * 1000;
	uint64_t now = clock_wall(&clock_system);

	/* time() may lag by a tick of the kernel. */
	assert_true(now + 1000 >= before && now < before + 10000);
}

static void monotonic_time_never_falls(void **state)
{
	(void)state;
	uint64_t last = clock_mono(&clock_system);

	for (int i = 0; i < 1000; i++) {
		uint64_t now = clock_mono(&clock_system);

		assert_true(now >= last);
		last = now;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(wall_time_is_in_milliseconds_since_1970),
		TEST(monotonic_time_never_falls),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
