/* SPDX-License-Identifier: Apache-2.0 */
/**
 * agentdispatch: one question into one answer, by a table (docs/AGENT.md, "Packets").
 * No socket and no clock of its own: a test or a fuzzer can ask anything.
 */
#ifndef AGENT_AGENTDISPATCH_H
#define AGENT_AGENTDISPATCH_H

#include "custody.h"

enum agentdispatch_verdict {
	AGENTDISPATCH_ANSWER, /* send the answer */
	AGENTDISPATCH_LAST,   /* send it, then end the connection */
	AGENTDISPATCH_END,    /* end the connection: the question was not one */
	AGENTDISPATCH_STOP,   /* send it, then end the agent */
};

/** One connection: whose desk, and whether `hello` was said. */
struct agentdispatch_seat {
	struct custody *custody;
	struct keydesk *desk; /* one of custody->desks */
	bool greeted;
};

/** agentdispatch(seat, question, answer): ${answer} is empty, wipes, and has room for AGENTWIRE_PACKET_MAX bytes. */
enum agentdispatch_verdict agentdispatch(struct agentdispatch_seat *seat, struct bytes question, struct buffer *answer);

#endif /* !AGENT_AGENTDISPATCH_H */
