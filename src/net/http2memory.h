/* SPDX-License-Identifier: Apache-2.0 */
/**
 * http2memory: what nghttp2 allocates, on one loop: small blocks that stay warm from
 * one request to the next, whichever connection it came on.
 *
 * nghttp2 holds heads, so every block is wiped when it comes back (PROMISES#S1).
 */
#ifndef NET_HTTP2MEMORY_H
#define NET_HTTP2MEMORY_H

#include <stddef.h>

/* Blocks are of some multiple of a step; what is larger than the largest comes from the heap each time. */
#define HTTP2MEMORY_STEP  64
#define HTTP2MEMORY_SIZES 16

struct http2memory_block;
/** { 0 } is a valid empty one. */
struct http2memory {
	struct http2memory_block *spare[HTTP2MEMORY_SIZES];
	size_t kept; /* bytes of the spare ones */
};

/** http2memory_take(m, size): aligned as malloc() does, not cleared; NULL when there is none. */
void *http2memory_take(struct http2memory *m, size_t size);
/** http2memory_size(at): what was asked for. */
size_t http2memory_size(const void *at);
/** http2memory_give(m, at): wiped, and kept or freed.  NULL is fine. */
void http2memory_give(struct http2memory *m, void *at);
/** http2memory_clear(m): free what is spare. */
void http2memory_clear(struct http2memory *m);

#endif /* !NET_HTTP2MEMORY_H */
