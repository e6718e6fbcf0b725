/* SPDX-License-Identifier: Apache-2.0 */
/**
 * listener: a socket that connections come from.
 *
 * The first loop accepts for all, and hands connections out in turn, so that every
 * loop has its share whatever the kernel would have done.
 */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include "loop.h"

struct listener {
	struct watch watch; /* first */
	struct net_loop *loop;
	char *path; /* of a unix socket of ours, to be removed; else NULL */
	uint16_t port;
	bool is_unix;
};

/** listener_bind(l, where): "1.2.3.4:443", "[::1]:443", "unix:/path".  Failures as net_open(). */
MUST_CHECK struct status listener_bind(struct listener *l, struct text where);
/** listener_adopt(l, fd): a listening socket of somebody else's; owned from now on, also after a failure. */
MUST_CHECK struct status listener_adopt(struct listener *l, int fd);
/** listener_start(l, loop): accept on ${loop}. */
MUST_CHECK struct status listener_start(struct listener *l, struct net_loop *loop);
/** listener_stop(l): take what already knocked, then close.  On its loop's thread. */
void listener_stop(struct listener *l);
/** listener_clear(l): close; a closed one is fine. */
void listener_clear(struct listener *l);

#endif /* !NET_LISTENER_H */
