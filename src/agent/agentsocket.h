/* SPDX-License-Identifier: Apache-2.0 */
/**
 * agentsocket: packets over a socket between two processes of the same user.
 *
 * A socket is handed out only after the other side was found to have our user id
 * (SO_PEERCRED), on both sides: the agent serves nobody else, and nobody else is
 * told a passphrase.
 */
#ifndef AGENT_AGENTSOCKET_H
#define AGENT_AGENTSOCKET_H

#include "agentplace.h"
#include "secret.h"

/**
 * agentsocket_listen(place, socket_fd, lock_fd):
 * A listening socket and the lock that says it is alive; a socket without the lock
 * is a left-over and goes.  ST_CONFLICT (what: "agent runs already").
 */
MUST_CHECK struct status agentsocket_listen(const struct agentplace *place, int *socket_fd, int *lock_fd);
/** agentsocket_accept(socket_fd, out): never waits; ST_BUSY when nobody is there, ST_DENIED for another user. */
MUST_CHECK struct status agentsocket_accept(int socket_fd, int *out);
/** agentsocket_connect(place, out): ST_NOT_FOUND when nobody listens, ST_DENIED when it is another user. */
MUST_CHECK struct status agentsocket_connect(const struct agentplace *place, int *out);

/** agentsocket_send(fd, packet, wait): ST_UNREACHABLE; without ${wait} also when the other side does not read. */
MUST_CHECK struct status agentsocket_send(int fd, struct bytes packet, bool wait);
/**
 * agentsocket_receive(fd, room, wait, len): one packet; ST_UNREACHABLE at the end; ST_TOO_BIG; without ${wait} ST_BUSY
 * when there is none yet.
 */
MUST_CHECK struct status agentsocket_receive(int fd, const struct secret *room, bool wait, size_t *len);

#endif /* !AGENT_AGENTSOCKET_H */
