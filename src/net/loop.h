/* SPDX-License-Identifier: Apache-2.0 */
/**
 * loop: one thread that waits for events and owns everything it touches: its
 * connections, their exchanges, memory, deadlines and counters.
 *
 * A turn: wait; sockets that are ready; posted tasks; connections that something was
 * done to; deadlines; the handler's turn(); again what that did; free what was closed.
 */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include <pthread.h>
#include <sys/epoll.h>

#include "deadline.h"
#include "exchange_state.h"
#include "http2memory.h"
#include "mailbox.h"
#include "meter.h"
#include "net.h"
#include "pool.h"
#include "registry.h"
#include "tlscontext.h"

struct connection;

/** What epoll points to: first member of whatever has a descriptor to watch. */
struct watch {
	void (*ready)(struct watch *w, uint32_t events);
	int fd;
	uint32_t events; /* asked for now; 0 is not watched */
};

#define LOOP_DATE_LEN 29 /* Sun, 06 Nov 1994 08:49:37 GMT */

struct net_loop {
	struct net_server *server;
	unsigned index;
	int epoll;
	pthread_t thread;
	struct watch wake;
	struct mailbox mailbox;

	struct pool pool;
	struct http2memory http2_memory;
	struct deadlines deadlines;
	struct exchange_table exchanges;
	struct registry registry;
	struct meter meter;
	SSL_CTX *tls; /* NULL when only unix sockets are served */

	struct connection *connections;        /* open ones */
	struct connection *dirty, **dirty_end; /* something was done to them outside of their own event */
	struct connection *dead; /* freed at the end of the turn: an event of this turn may still name them */

	uint64_t now, wall; /* monotonic and wall time of this turn, ms */
	uint64_t date_second;
	char date[LOOP_DATE_LEN];
	bool draining, ending, started;
	struct net_task drain_task, end_task;
	void *own; /* the handler's */
};

/** loop_setup(l, server, index): after a failure loop_clear() is still right. */
MUST_CHECK struct status loop_setup(struct net_loop *l, struct net_server *server, unsigned index);
void loop_clear(struct net_loop *l);
/** loop_run(l): turns until l->ending, then cuts what is left.  loop_begin() of the handler was called. */
void loop_run(struct net_loop *l);
/** loop_tasks(l, own): run what was posted so far; false when there was nothing. */
bool loop_tasks(struct net_loop *l, void *own);

/** loop_watch(l, w, events): ask for ${events} of w->fd from now on; 0 for none. */
MUST_CHECK struct status loop_watch(struct net_loop *l, struct watch *w, uint32_t events);
/** loop_date(l): the time of this turn as an HTTP date (RFC 9110 section 5.6.7), LOOP_DATE_LEN long. */
const char *loop_date(struct net_loop *l);

#endif /* !NET_LOOP_H */
