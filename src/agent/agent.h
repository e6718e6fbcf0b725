/* SPDX-License-Identifier: Apache-2.0 */
/** agent: the process of docs/AGENT.md, from its first instruction to its last. */
#ifndef AGENT_AGENT_H
#define AGENT_AGENT_H

#include "clock.h"
#include "os.h"

struct agent_options {
	const char *home;          /* the folder of the security file */
	int ready_fd;              /* gets one byte, the status code, and is closed; -1: nobody waits */
	bool terminal;             /* end with the controlling terminal, if there is one */
	uint64_t idle_ms;          /* 0: the default of 15 minutes */
	const struct clock *clock; /* clock_system */
	const struct os *os;       /* os_real */
};

/**
 * agent_run(options):
 * Become the agent of that home; returns when an end of docs/AGENT.md has come and
 * nothing is held any more.  Give it a process of its own, freshly executed: it
 * takes away the process's privileges and never gives them back.
 * ST_CONFLICT when one runs already; ST_NOT_FOUND; ST_DENIED.
 */
MUST_CHECK struct status agent_run(const struct agent_options *options);

#endif /* !AGENT_AGENT_H */
