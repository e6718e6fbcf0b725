/* SPDX-License-Identifier: Apache-2.0 */
/**
 * net: the HTTPS server: event loops, TLS 1.2 and 1.3, HTTP/1.1, HTTP/2.
 *
 * It knows nothing of records.  A handler (struct net_handler) is called on the
 * loops; it never blocks; slow work goes elsewhere and comes back by net_post().
 *
 *     net_open()    checks the configuration, loads the certificate, binds
 *     net_start()   runs the loops, one thread each
 *     net_drain()   stops accepting and waits for what is running
 *     net_close()   ends the loops and frees everything
 *
 * PROMISES#S10 PROMISES#K3: bytes leave this module in TLS only, but for the
 * optional unix socket, which stays on the machine.
 */
#ifndef NET_NET_H
#define NET_NET_H

#include "clock.h"
#include "exchange.h"

struct net_server;
struct net_loop;

/**
 * What the server serves.  ${context} is the configuration's; ${own} is what
 * loop_begin() made for this loop.  All may be NULL but request.
 */
struct net_handler {
	/** On the loop's thread before its first turn; a failure fails net_start(). */
	struct status (*loop_begin)(void *context, struct net_loop *loop, void **own);
	/** On the loop's thread after its last turn; every exchange is finished. */
	void (*loop_end)(void *own);
	/** Once a turn, after all events and posted tasks of the turn. */
	void (*turn)(void *own);
	/** A head is complete. */
	void (*request)(void *own, struct exchange *e);
	/** ${e} is over: free what belongs to it.  Once for each request(). */
	void (*finished)(void *own, struct exchange *e, enum exchange_outcome outcome);
	/**
	 * Whether what connects from ${peer} speaks for others: then its Forwarded field tells who asks, and
	 * its connections are not limited as those of one address.  Any loop; NULL: nobody does.
	 */
	bool (*speaks_for_others)(void *context, const struct address *peer);
};

/** Where the certificate comes from: PEM in memory when certificate.len is not 0, else files. */
struct net_identity {
	struct bytes certificate; /* leaf first, then its chain */
	struct bytes key;
	const char *certificate_path; /* leaf, optionally followed by its chain */
	const char *key_path;
	const char *chain_path; /* more of the chain; may be NULL */
};

/** Each 0 takes its default from limits.h. */
struct net_limits {
	size_t connections, connections_per_address, streams;
	uint64_t handshake_ms, head_ms, idle_ms, stall_ms;
};

struct net_config {
	/* "127.0.0.1:8443", "[::1]:8443" (TLS; port 0 lets the system choose), or "unix:/path" (clear, for a proxy). */
	const char *const *listen;
	size_t listen_count;
	/* Listening sockets already open, e.g. from net_inherited(); owned by the server from net_open() on,
	 * also when it fails.  A unix socket is served in clear. */
	const int *inherited;
	size_t inherited_count;
	struct net_identity identity; /* needed unless every socket is a unix socket */
	const char
		*origin; /* "https://vault.example:8443": named to who speaks plain HTTP to the TLS port; may be NULL */
	unsigned loops;  /* 0: one per processor */
	struct net_limits limits;
	struct clock clock; /* zero: clock_system */
	struct net_handler handler;
	void *context;
};

/**
 * net_open(config, out):
 * ST_INVALID names what is wrong in the configuration or the certificate ("RSA key
 * shorter than 2048 bits", "key does not belong to the certificate"), ST_CONFLICT an
 * address in use, ST_DENIED one that may not be bound, ST_NOT_FOUND a missing file.
 * Everything is copied but what the handler's context points to.
 */
MUST_CHECK struct status net_open(const struct net_config *config, struct net_server **out);
/** net_start(s): returns when every loop is running, or with the failure of the first that could not begin. */
MUST_CHECK struct status net_start(struct net_server *s);
/**
 * net_drain(s, ms):
 * Stop accepting (own listening sockets are closed), let running exchanges end,
 * tell clients (GOAWAY, Connection: close), and return when no connection is left.
 * ST_BUSY when ${ms} passed first: what is left is cut by net_close().
 * Not to be called on a loop's thread.
 */
MUST_CHECK struct status net_drain(struct net_server *s, uint64_t ms);
/** net_close(s): cut what is left, end the loops, run every task still posted, free.  NULL is fine. */
void net_close(struct net_server *s);

/** net_port(s, i): the port of the i-th configured address, then inherited socket; 0 for a unix socket. */
uint16_t net_port(const struct net_server *s, size_t i);
/**
 * net_inherited(fds, max):
 * How many sockets a supervisor handed over (LISTEN_PID, LISTEN_FDS; descriptors from 3
 * on), written to ${fds}; unsets the variables.  0 when there are none for this process.
 */
size_t net_inherited(int *fds, size_t max);

/** net_check(identity): whether net_open() and net_reload() would take it; their failures. */
MUST_CHECK struct status net_check(const struct net_identity *identity);
/**
 * net_reload(s, identity):
 * Use another certificate for the connections that come; those that exist go on.
 * After a failure (as net_open()) the old one stays in use.  Any thread but a loop's.
 */
MUST_CHECK struct status net_reload(struct net_server *s, const struct net_identity *identity);
/**
 * net_end_session(s, session):
 * Cut every exchange tagged with ${session}, within a turn of each loop.  Any thread.
 * ST_NO_MEMORY: nothing was cut.
 */
MUST_CHECK struct status net_end_session(struct net_server *s, const struct uuid *session);

/** Work for a loop.  Owned by the caller, and untouched by him from net_post() until run() is called. */
struct net_task {
	struct net_task *next;
	void (*run)(struct net_task *task, void *own);
};
/**
 * net_post(loop, task):
 * Run ${task} on ${loop}'s thread, in order of posting, in its next turn.  Never
 * fails, allocates nothing, wakes the loop only when it sleeps.  From any thread.
 * A task posted to a loop that has ended is run by net_close(), with ${own} NULL.
 */
void net_post(struct net_loop *loop, struct net_task *task);
/** net_post_quietly(loop, task): the same, but it may sleep on until net_wake(), which must follow: for many at once.
 */
void net_post_quietly(struct net_loop *loop, struct net_task *task);
void net_wake(struct net_loop *loop);
unsigned net_loop_index(const struct net_loop *loop);
/** net_loop_now(loop): monotonic milliseconds, read once a turn. */
uint64_t net_loop_now(const struct net_loop *loop);
/** net_loop_wall(loop): wall time, ms, read once a turn. */
uint64_t net_loop_wall(const struct net_loop *loop);

/** Counters since the start, and gauges; read from any thread, each exact, together approximate. */
struct net_metrics {
	uint64_t requests[6];                /* by class of status: [2] counts 2xx; [0] those that got no answer */
	uint64_t accepted, refused, evicted; /* connections; refused and evicted by a limit */
	uint64_t handshakes, resumed, handshake_failures;
	uint64_t bytes_in, bytes_out; /* of HTTP, without TLS */
	uint64_t timeouts, protocol_errors;
	uint64_t connections, exchanges; /* now */
};
struct net_metrics net_metrics(const struct net_server *s);

#endif /* !NET_NET_H */
