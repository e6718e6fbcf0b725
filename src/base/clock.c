/* SPDX-License-Identifier: Apache-2.0 */
#include "clock.h"

#include <time.h>

static uint64_t read_ms(clockid_t which)
{
	struct timespec now = {0};

	/* Fails only for an unknown clock, and these two always exist. */
	(void)clock_gettime(which, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static uint64_t system_wall(void *context)
{
	(void)context;
	return read_ms(CLOCK_REALTIME);
}

/* Boot time goes on while the machine sleeps: an idle limit or a lock-out must
 * not be stretched by closing the lid. */
static uint64_t system_mono(void *context)
{
	(void)context;
	return read_ms(CLOCK_BOOTTIME);
}

const struct clock clock_system = {system_wall, system_mono, NULL};
