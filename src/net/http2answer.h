/* SPDX-License-Identifier: Apache-2.0 */
/**
 * http2answer: how an answer leaves on a stream.
 */
#ifndef NET_HTTP2ANSWER_H
#define NET_HTTP2ANSWER_H

#include <nghttp2/nghttp2.h>

#include "exchange_state.h"

/** http2answer_give(e, r): struct protocol's answer. */
MUST_CHECK struct status http2answer_give(struct exchange *e, const struct exchange_reply *r);
/** http2answer_continue(e): 100 Continue. */
void http2answer_continue(struct exchange *e);
/** http2answer_framed(c): what c->http2 has pending begins a head: complete it. */
void http2answer_framed(struct connection *c);
/** http2answer_forget(pool, h): its memory goes back; none is fine. */
void http2answer_forget(struct pool *pool, struct http2_head *h);
void http2answer_set_callbacks(nghttp2_session_callbacks *callbacks);

#endif /* !NET_HTTP2ANSWER_H */
