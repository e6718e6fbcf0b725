/* SPDX-License-Identifier: Apache-2.0 */
/** agentstart: start the agent as a process of its own, freshly executed, so that nothing of the command's memory is in
 * it. */
#ifndef AGENT_AGENTSTART_H
#define AGENT_AGENTSTART_H

#include "status.h"

/* The descriptor on which the started program finds its ready_fd (agent.h). */
#define AGENTSTART_READY_FD 3

/**
 * agentstart(program, arguments):
 * Execute ${program} (a path; NULL: this very program) with ${arguments} (NULL-terminated, its own name
 * first) in the background: child of nobody, out of reach of the terminal's keys, standard
 * descriptors on /dev/null, AGENTSTART_READY_FD open and everything else closed.
 * Waits until agent_run() has said how it went, and gives that status: OK, ST_CONFLICT when
 * one runs already.  ST_UNREACHABLE when the program ended without a word.
 */
MUST_CHECK struct status agentstart(const char *program, const char *const *arguments);

#endif /* !AGENT_AGENTSTART_H */
