/* SPDX-License-Identifier: Apache-2.0 */
/**
 * agentclient: a command's side of the agent.
 *
 * Statuses besides those of each call: ST_NOT_FOUND no agent runs for this home;
 * ST_UNPROVEN (what: "agent is locked"); ST_CONFLICT (what: "another version of the
 * agent runs"); ST_UNREACHABLE it ended or does not answer; ST_CORRUPT (what: "agent
 * answer") it said what no agent says.  After the last two the connection is of no use.
 */
#ifndef AGENT_AGENTCLIENT_H
#define AGENT_AGENTCLIENT_H

#include "agentwire.h"

/** A connection.  `{ .fd = -1 }` is empty. */
struct agentclient {
	int fd;
	struct secret packet; /* the question, then its answer */
};
void agentclient_clear(struct agentclient *c);

/** agentclient_connect(home, out): greeted; ${home} is the folder of the security file. */
MUST_CHECK struct status agentclient_connect(const char *home, struct agentclient *out);
MUST_CHECK struct status agentclient_status(struct agentclient *c, struct agentwire_status *out);
/**
 * agentclient_unlock(c, passphrase, for_ms):
 * ${for_ms} 0: until the idle limit; at most AGENTWIRE_FOR_MAX_MS (ST_INVALID).
 * ST_UNPROVEN (what: "passphrase"), ST_CORRUPT, ST_INVALID, ST_NOT_FOUND as securityfile.h.
 */
MUST_CHECK struct status agentclient_unlock(struct agentclient *c, struct bytes passphrase, uint64_t for_ms);
/** agentclient_lock(c): it forgets the keys and keeps the session's token. */
MUST_CHECK struct status agentclient_lock(struct agentclient *c);
/** agentclient_shutdown(c): it forgets everything and ends. */
MUST_CHECK struct status agentclient_shutdown(struct agentclient *c);
/** The session's token, also of a locked agent; see keyholder.h. */
MUST_CHECK struct status agentclient_token_put(struct agentclient *c, struct bytes token);
MUST_CHECK struct status agentclient_token_get(struct agentclient *c, struct secret *out);

/**
 * agentclient_holder(c, out):
 * The agent as a keyholder, over this connection.  ST_UNPROVEN when it is locked.  ${out}
 * takes the connection over; ${c} is then empty.
 */
MUST_CHECK struct status agentclient_holder(struct agentclient *c, struct keyholder *out);

#endif /* !AGENT_AGENTCLIENT_H */
