/* SPDX-License-Identifier: Apache-2.0 */
/**
 * http1conn: HTTP/1.1 on a connection: one exchange at a time, in order.
 *
 * Input: one piece, [0, head_len) the head of the running exchange, [in_at, in_len)
 * what was read and not used yet.  It is taken for the first byte of a head, small at
 * first and exchanged for a larger one when the head or a body does not fit, and
 * given back, wiped, when nothing is left.
 */
#ifndef NET_HTTP1CONN_H
#define NET_HTTP1CONN_H

#include "http1.h"
#include "pool.h"

struct connection;
struct exchange;
struct protocol;

struct http1conn {
	struct piece in;
	size_t in_at, in_len, in_high; /* in_high: how far bytes were ever written, to be wiped */
	size_t head_len, scanned;
	struct http1_head head;
	struct http1_chunks chunks;
	uint64_t body_left;
	struct exchange *exchange; /* NULL between two */
	bool close;                /* the running exchange is the last */
	bool draining;
};

extern const struct protocol http1_protocol;

#endif /* !NET_HTTP1CONN_H */
