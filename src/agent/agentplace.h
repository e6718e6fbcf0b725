/* SPDX-License-Identifier: Apache-2.0 */
/** agentplace: the directory and the names under which the agent of one home is found (docs/AGENT.md, "Where it
 * listens"). */
#ifndef AGENT_AGENTPLACE_H
#define AGENT_AGENTPLACE_H

#include "status.h"

/* "agent-", 32 hex digits, ".lock", NUL. */
#define AGENTPLACE_NAME_MAX 48

/** `{ .dir = -1 }` is empty. */
struct agentplace {
	int dir; /* ours, mode 0700 */
	char socket[AGENTPLACE_NAME_MAX];
	char lock[AGENTPLACE_NAME_MAX];
};
void agentplace_clear(struct agentplace *p);

/**
 * agentplace_find(home, out):
 * In XDG_RUNTIME_DIR or /run/user/UID, the first that is ours, else in TMPDIR or /tmp; the directory is
 * made when missing.  ST_NOT_FOUND for a home that is not there; ST_DENIED (what: "runtime
 * directory") for one that belongs to somebody else, is a link or can be entered by others.
 */
MUST_CHECK struct status agentplace_find(const char *home, struct agentplace *out);

#endif /* !AGENT_AGENTPLACE_H */
