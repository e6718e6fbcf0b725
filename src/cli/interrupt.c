/* SPDX-License-Identifier: Apache-2.0 */
#include "interrupt.h"

#include <signal.h>
#include <stddef.h>

static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
#define NUMBERS (sizeof numbers / sizeof *numbers)

static sigset_t ours(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < NUMBERS; i++) {
		struct sigaction now;
		if (sigaction(numbers[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN)
			(void)sigaddset(&set, numbers[i]);
	}
	return set;
}

void interrupt_hold(void)
{
	const sigset_t set = ours();

	(void)sigprocmask(SIG_BLOCK, &set, NULL);
}

bool interrupt_came(void)
{
	const sigset_t set = ours();
	sigset_t waiting;

	if (sigpending(&waiting) != 0)
		return false;
	for (size_t i = 0; i < NUMBERS; i++)
		if (sigismember(&set, numbers[i]) == 1 && sigismember(&waiting, numbers[i]) == 1)
			return true;
	return false;
}

void interrupt_release(void)
{
	const sigset_t set = ours();

	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
}
