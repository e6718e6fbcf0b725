/* SPDX-License-Identifier: Apache-2.0 */
/* An agent for tests: agent_main HOME IDLE_MS CLOCK_FILE [terminal].  The clock file
 * holds, as 8 bytes in the machine's order, milliseconds to add to the system's clock.
 * It is a program of its own so that nothing that a test knows is in its memory. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "agent.h"
#include "agentstart.h"

static const volatile uint64_t *ahead;

static uint64_t shifted_wall(void *context)
{
	(void)context;
	return clock_wall(&clock_system) + *ahead;
}

static uint64_t shifted_mono(void *context)
{
	(void)context;
	return clock_mono(&clock_system) + *ahead;
}

/* An undumpable process cannot be looked through for leaks. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

int main(int argc, char **argv)
{
	const struct clock clock = {shifted_wall, shifted_mono, NULL};

	if (argc < 4)
		return 2;
	int fd = open(argv[3], O_RDONLY | O_CLOEXEC);
	void *map = fd >= 0 ? mmap(NULL, sizeof *ahead, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
	if (map == MAP_FAILED)
		return 2;
	ahead = map;
	const struct agent_options options = {
		.home = argv[1],
		.ready_fd = AGENTSTART_READY_FD,
		.terminal = argc > 4 && strcmp(argv[4], "terminal") == 0,
		.idle_ms = strtoull(argv[2], NULL, 10),
		.clock = &clock,
		.os = &os_real,
	};
	return (int)agent_run(&options).code;
}
