/* SPDX-License-Identifier: Apache-2.0 */
/** agentcall: one question and its answer over a connection.  Used by agentclient.c and agentholder.c alone. */
#ifndef AGENT_AGENTCALL_H
#define AGENT_AGENTCALL_H

#include "agentclient.h"

/** agentcall_begin(c, id): an empty question of that kind; put its fields, they may not exceed the packet. */
struct buffer agentcall_begin(const struct agentclient *c, enum agentwire_id id);
/**
 * agentcall_finish(c, question, fields):
 * Send it, receive the answer, give its status; ${fields} is what follows, in the
 * connection's packet until the next call.
 */
MUST_CHECK struct status agentcall_finish(struct agentclient *c, const struct buffer *question, struct reader *fields);
/** agentcall_end(c, fields, s): ${s} is how reading the fields went; they must be read to the end. */
MUST_CHECK struct status agentcall_end(struct agentclient *c, const struct reader *fields, struct status s);
/** agentcall_plain(c, question): a question whose answer has no fields. */
MUST_CHECK struct status agentcall_plain(struct agentclient *c, const struct buffer *question);

#endif /* !AGENT_AGENTCALL_H */
