/* SPDX-License-Identifier: Apache-2.0 */
/**
 * http1input: the bytes that an HTTP/1.1 connection has read and not used yet
 * (http1conn.h says where they lie).
 */
#ifndef NET_HTTP1INPUT_H
#define NET_HTTP1INPUT_H

#include "connection.h"

/** http1input_waiting(h): how many bytes were read and not used. */
static inline size_t http1input_waiting(const struct http1conn *h)
{
	return h->in_len - h->in_at;
}
/** http1input_tidy(c): move what waits to just behind the running request's head, or give the memory back. */
void http1input_tidy(struct connection *c);
/** http1input_room(c): memory to read into, more of it when that is full and nothing looks into it; ST_NO_MEMORY. */
MUST_CHECK struct status http1input_room(struct connection *c);
/** http1input_enlarge(c): take the largest piece instead; nothing may look into the old one any more.  ST_NO_MEMORY. */
MUST_CHECK struct status http1input_enlarge(struct connection *c);

#endif /* !NET_HTTP1INPUT_H */
