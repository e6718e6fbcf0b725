/* SPDX-License-Identifier: Apache-2.0 */
/** agentserver: the agent's loop: one thread, which never waits but for the next event. */
#ifndef AGENT_AGENTSERVER_H
#define AGENT_AGENTSERVER_H

#include "custody.h"

/** What it listens to; all borrowed. */
struct agentserver {
	struct custody *custody;
	int listen_fd;
	int signal_fd;   /* a signalfd; whatever comes ends it */
	int terminal_fd; /* -1: none; ends when it hangs up */
};

/** agentserver_run(s): until an end of docs/AGENT.md comes; the custody is then cleared.  ST_IO, ST_NO_MEMORY. */
MUST_CHECK struct status agentserver_run(const struct agentserver *s);

#endif /* !AGENT_AGENTSERVER_H */
