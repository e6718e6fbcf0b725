/* SPDX-License-Identifier: Apache-2.0 */
/**
 * http2table: the table of request fields that a peer may fill (RFC 7541 section 2.3.2).
 *
 * A busy connection has one: the same fields are a few bytes then, which neither side
 * has to spell out every time.  They hold the token, so the table ends when the
 * connection rests, and nothing of it stays (PROMISES#S1).  RFC 9113 section 6.5.3:
 * what a peer was told is in force once it has acknowledged it; one that does not is
 * sent away, whatever else it does.
 */
#ifndef NET_HTTP2TABLE_H
#define NET_HTTP2TABLE_H

#include <nghttp2/nghttp2.h>
#include <stdbool.h>
#include <stdint.h>

/** `{.unacknowledged = 1}`: closed, as the first SETTINGS say. */
struct http2table {
	enum { HTTP2TABLE_CLOSED, HTTP2TABLE_OPEN, HTTP2TABLE_CLOSING } state;
	unsigned asked;          /* requests since the last rest */
	unsigned unacknowledged; /* SETTINGS of ours */
	uint64_t since;          /* monotonic ms: of the last request; closing: of what was not acknowledged yet */
};

/** http2table_asked(t, session, now): a request came; a busy connection may use a table from now on. */
void http2table_asked(struct http2table *t, nghttp2_session *session, uint64_t now);
/** http2table_rest(t, session, now): nothing was asked for a while, whatever is still being answered: the table goes.
 */
void http2table_rest(struct http2table *t, nghttp2_session *session, uint64_t now);
/** http2table_is_old(t, now, rest): open, and nothing was asked for ${rest} ms: see http2table_rest(). */
bool http2table_is_old(const struct http2table *t, uint64_t now, uint64_t rest);
/** http2table_is_ignored(t, now, patience): the peer has not acknowledged for so many ms that there is none. */
bool http2table_is_ignored(const struct http2table *t, uint64_t now, uint64_t patience);
/** http2table_acknowledged(t): the peer acknowledged SETTINGS. */
void http2table_acknowledged(struct http2table *t);

#endif /* !NET_HTTP2TABLE_H */
