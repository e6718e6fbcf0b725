/* SPDX-License-Identifier: Apache-2.0 */
/**
 * http2session: how nghttp2 is set up for one connection: its memory, its limits, our
 * settings.
 */
#ifndef NET_HTTP2SESSION_H
#define NET_HTTP2SESSION_H

#include <nghttp2/nghttp2.h>

#include "status.h"

struct connection;

/* What a stream, and all streams together, may send before a handler has taken it: held in memory. */
#define HTTP2SESSION_STREAM_WINDOW     131072
#define HTTP2SESSION_CONNECTION_WINDOW 262144

/** http2session_new(c, set, out): ${set} sets the callbacks, whose context is ${c}.  nghttp2_session_del() frees. */
MUST_CHECK struct status http2session_new(struct connection *c, void (*set)(nghttp2_session_callbacks *callbacks),
					  nghttp2_session **out);

#endif /* !NET_HTTP2SESSION_H */
