/* SPDX-License-Identifier: Apache-2.0 */
/**
 * server: what net.h hides.  After net_start() it is only read, but for what its
 * own parts guard.
 */
#ifndef NET_SERVER_H
#define NET_SERVER_H

#include <pthread.h>

#include "guests.h"
#include "listener.h"
#include "loop.h"
#include "net.h"
#include "ticket.h"

struct net_server {
	struct net_handler handler;
	void *context;
	struct clock clock;
	struct net_limits limits;
	char *origin;
	struct guests *guests;
	struct ticket_keys *tickets;
	struct listener *listeners; /* watched by the first loop */
	size_t listener_count;
	struct net_loop *loops;
	unsigned loop_count;
	unsigned next_loop; /* of the first loop: who gets the next connection */
	int spare_fd;       /* of the first loop: see turn_away() */
	bool started, draining;
};

#endif /* !NET_SERVER_H */
