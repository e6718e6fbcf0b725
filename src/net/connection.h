/* SPDX-License-Identifier: Apache-2.0 */
/**
 * connection: one peer, from accept to close, on one loop.
 *
 * Invariants
 *   1. Nothing is freed while an event of the turn may name it: closing moves a
 *      connection to the loop's dead ones.
 *   2. Bytes for the peer go through ${out} only; a protocol fills it when it has
 *      room, connection_flush() empties it.
 *   3. A connection that waits for its peer has a deadline; one that waits for the
 *      handler has none.
 *   4. A deadline for progress moves only when MIN_PROGRESS bytes have moved, so that
 *      a trickle does not hold a place.
 */
#ifndef NET_CONNECTION_H
#define NET_CONNECTION_H

#include "http1conn.h"
#include "http2conn.h"
#include "loop.h"
#include "wire.h"

enum connection_stage {
	CONNECTION_HANDSHAKE,
	CONNECTION_OPEN,
	CONNECTION_LINGER, /* everything was sent; the peer reads it */
	CONNECTION_CLOSED,
};

/** A version of HTTP on a connection. */
struct protocol {
	struct status (*start)(struct connection *c);
	/** Do whatever can be done now: read, call the handler, fill ${out}.  True when only ${out} is in the way. */
	bool (*advance)(struct connection *c);
	/** Take the answer to ${e}: ${r} is valid; e->has_source says where its body comes from.  A failure cuts. */
	struct status (*answer)(struct exchange *e, const struct exchange_reply *r);
	/** What the connection waits for; DEADLINE_KINDS when it is for the handler. */
	enum deadline_kind (*deadline)(const struct connection *c);
	/** A deadline passed: answer and finish, or close, or go on where it was not the peer's fault. */
	void (*overdue)(struct connection *c, enum deadline_kind kind);
	/** Nothing has happened for a while: what is kept for speed goes; NULL where nothing is. */
	void (*rest)(struct connection *c);
	/** Stop taking requests, end when those that run are answered. */
	void (*drain)(struct connection *c);
	/** Everything sent is part of an answer, so that sending is progress. */
	bool sends_answers_only;
	/** The connection is closing: end its exchanges, free what is the protocol's. */
	void (*stop)(struct connection *c);
};

/** Where a connection comes from. */
struct connection_origin {
	struct address peer;
	struct address guest; /* whom it counts as: ${peer}; nobody of a proxy, which speaks for many */
	bool is_unix, is_relay;
};

struct connection {
	struct watch watch; /* first */
	struct net_loop *loop;
	struct connection *next, *previous, *next_dirty;
	struct deadline deadline;
	struct wire wire;
	struct connection_origin origin;
	enum connection_stage stage;
	const struct protocol *protocol;
	bool is_dirty, busy; /* busy: inside its own advance */
	bool readable;       /* there may be something to read */
	bool blocked;        /* the socket takes nothing more for now */
	bool held;           /* the protocol does not want to read */
	bool rested;         /* what is kept for speed was given back */
	bool finishing;      /* close once ${out} is empty */
	bool unread;         /* the peer may still be sending what we will not read: linger */
	uint64_t progress;   /* bytes moved since the deadline was armed */
	struct piece out;
	size_t out_at, out_len;
	union {
		struct http1conn http1;
		struct http2conn http2;
	};
};

/** connection_open(loop, fd, origin): takes ${fd}; counted as a guest already. */
void connection_open(struct net_loop *loop, int fd, const struct connection_origin *origin);
/** connection_touch(c): something was done to it; it is advanced before the turn ends. */
void connection_touch(struct connection *c);
/** connection_advance(c): let the protocol work, send, then settle what to wait for. */
void connection_advance(struct connection *c);
/** connection_read(c, out, max, len): false when there is nothing now, or nothing any more: then ${c} is closed. */
bool connection_read(struct connection *c, uint8_t *out, size_t max, size_t *len);
/** connection_room(c): how many bytes fit into ${out} behind what it holds, without making it larger. */
size_t connection_room(struct connection *c);
/** connection_reserve(c, len): make room for ${len} bytes, whatever it holds; ST_NO_MEMORY. */
MUST_CHECK struct status connection_reserve(struct connection *c, size_t len);
/** connection_end(c): where to write what goes out next. */
static inline uint8_t *connection_end(struct connection *c)
{
	return c->out.bytes + c->out_len;
}
/** connection_tls(c): which TLS it speaks. */
enum exchange_tls connection_tls(const struct connection *c);
/** connection_overdue(c): its deadline passed. */
void connection_overdue(struct connection *c);
void connection_drain(struct connection *c);
/** connection_close(c, abruptly): now; its exchanges are lost. */
void connection_close(struct connection *c, bool abruptly);
/** connection_evict(loop, peer): close the one that has waited longest for ${peer} (any when NULL); false if none has.
 */
bool connection_evict(struct net_loop *loop, const struct address *peer);

#endif /* !NET_CONNECTION_H */
