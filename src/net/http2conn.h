/* SPDX-License-Identifier: Apache-2.0 */
/**
 * http2conn: HTTP/2 on a connection (RFC 9113), framed by nghttp2: many exchanges
 * at a time.
 *
 * What bounds a peer: streams at a time; bytes of a head; the windows, which open
 * again only for what a handler has taken; bytes of answers kept for a peer that does
 * not read them; and patience, a bucket that every frame without a purpose draws from
 * (resets most of all: CVE-2023-44487, CVE-2025-8671), until the peer is told to be calm.
 */
#ifndef NET_HTTP2CONN_H
#define NET_HTTP2CONN_H

#include <nghttp2/nghttp2.h>

#include "exchange_state.h"
#include "hpack.h"
#include "http2table.h"

struct protocol;

struct http2conn {
	nghttp2_session *session;
	const uint8_t *pending; /* a frame that has no room in the output yet; nghttp2's, or in ${head} */
	size_t pending_len;
	struct http2_head head;        /* of an answer, while it leaves */
	enum hpack_table table;        /* of answers */
	struct http2table fields;      /* of requests */
	struct exchange *first, *last; /* in order of arrival */
	struct exchange *reading;      /* whose head comes in; NULL when its stream has ended meanwhile */
	size_t head_seen;              /* bytes of that head, or of what is behind a body */
	bool broken;                   /* see http2session.c */
	size_t count, queued, lingering;
	size_t kept;                    /* bytes of answers not sent yet */
	uint64_t patience, patience_at; /* tokens; when they were counted, monotonic ms */
	enum { HTTP2_SERVING, HTTP2_NOTICE, HTTP2_GOING } drain;
};

/* Patience of a fresh connection, and its ceiling. */
#define HTTP2CONN_PATIENCE 10000

/** http2conn_earn(h, tokens): the peer did something with a purpose, or time passed. */
static inline void http2conn_earn(struct http2conn *h, uint64_t tokens)
{
	h->patience = h->patience + tokens < HTTP2CONN_PATIENCE ? h->patience + tokens : HTTP2CONN_PATIENCE;
}

extern const struct protocol http2_protocol;

#endif /* !NET_HTTP2CONN_H */
