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
void http2answer_set_callbacks(nghttp2_session_callbacks *callbacks);

#endif /* !NET_HTTP2ANSWER_H */
