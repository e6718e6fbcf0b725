/* SPDX-License-Identifier: Apache-2.0 */
/**
 * http2head: the head of a request that comes field by field.
 *
 * nghttp2 has checked what RFC 9113 section 8 asks of pseudo-header fields, of names
 * and of values; here come the rules that both versions of HTTP share.
 */
#ifndef NET_HTTP2HEAD_H
#define NET_HTTP2HEAD_H

#include "exchange_state.h"

/** http2head_add(e, name, value): one field.  What is wrong is remembered in e->refusal. */
void http2head_add(struct exchange *e, struct text name, struct text value);
/** http2head_complete(e, has_body): all fields are here: fill e->request, or e->refusal. */
void http2head_complete(struct exchange *e, bool has_body);

#endif /* !NET_HTTP2HEAD_H */
