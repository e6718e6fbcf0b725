/* SPDX-License-Identifier: Apache-2.0 */
/** agentlink: the agent of a home, reached or started. */
#ifndef CLI_AGENTLINK_H
#define CLI_AGENTLINK_H

#include "agentclient.h"

/**
 * agentlink_start(home, out):
 * Connect to the agent of ${home}; where none runs, start one (this program, as
 * `tacenda agent`, in a session of its own) and wait until it says that it is ready.
 */
MUST_CHECK struct status agentlink_start(const char *home, struct agentclient *out);
/** agentlink_keys(home, out): the running agent as a keyholder; ST_NOT_FOUND, ST_UNPROVEN when it is locked. */
MUST_CHECK struct status agentlink_keys(const char *home, struct keyholder *out);

#endif /* !CLI_AGENTLINK_H */
