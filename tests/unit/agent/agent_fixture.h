/* SPDX-License-Identifier: Apache-2.0 */
/** agent_fixture: a real agent process for a home, with a clock that the test owns. */
#ifndef TESTS_AGENT_FIXTURE_H
#define TESTS_AGENT_FIXTURE_H

#include "home_fixture.h"

#include <sys/types.h>

#include "agentclient.h"

/** The program agent_main; set by main() from its argument. */
extern const char *agent_program;

struct agent_world {
	char root[64]; /* XDG_RUNTIME_DIR and the clock file */
	char clock_file[96];
	uint64_t *ahead; /* milliseconds that the agent's clock is ahead */
	struct home home;
	pid_t pid; /* of the agent, 0: none */
	int watch; /* a connection that says nothing and ends with the agent; -1: none */
};
/** agent_world_new(w): a home and a runtime directory, no agent. */
void agent_world_new(struct agent_world *w);
/** agent_world_clear(w): ends the agent if it still runs. */
void agent_world_clear(struct agent_world *w);
/** agent_world_start(w, idle_ms): 0: the default. */
struct status agent_world_start(struct agent_world *w, uint64_t idle_ms);
/** agent_world_connect(w, c): also notes the agent's pid. */
void agent_world_connect(struct agent_world *w, struct agentclient *c);
/** agent_world_unlock(w, c): connect and unlock. */
void agent_world_unlock(struct agent_world *w, struct agentclient *c);
/** agent_world_ended(w, ms): whether the agent has ended, waiting at most ${ms}. */
bool agent_world_ended(struct agent_world *w, int ms);

#endif /* !TESTS_AGENT_FIXTURE_H */
