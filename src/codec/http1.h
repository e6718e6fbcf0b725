/* SPDX-License-Identifier: Apache-2.0 */
/**
 * http1: requests of HTTP/1.1 (RFC 9112), strictly.
 *
 * Whatever two parsers could read in two ways is refused, so that a proxy in
 * front can never disagree with us about where a request ends:
 *
 *   1. Lines end with CRLF; a bare CR, LF or NUL is refused anywhere in a head.
 *   2. At most one framing field: one Content-Length of digits only, or one
 *      Transfer-Encoding that is exactly "chunked".
 *   3. Host stands exactly once; an absolute target must name the same authority.
 *   4. No folded line, no space before a colon, no empty name.
 *   5. Chunk sizes are hexadecimal digits only; no trailer fields.
 */
#ifndef CODEC_HTTP1_H
#define CODEC_HTTP1_H

#include "http.h"
#include "limits.h"

/** One request head.  Views and offsets are into the bytes that were parsed. */
struct http1_head {
	enum http_method method;
	struct http_target target;
	struct text authority;
	struct http_field fields[LIMIT_HTTP_HEADERS];
	size_t field_count;
	uint64_t length; /* of the body; 0 when chunked */
	bool has_length, chunked;
	bool close; /* the client ends the connection after this one */
	bool expects_continue;
};

/**
 * http1_scan(in, scanned, head_len):
 * Look for the end of a head.  ${scanned} remembers between calls how far the
 * search went; start with 0.  ${head_len} becomes the length of the head with its
 * empty line, or 0 when more bytes are needed.  On failure ${answer} is the HTTP
 * status to refuse with: 400 for a bare line feed, 414 or 431 past LIMIT_HTTP_HEAD.
 */
MUST_CHECK struct status http1_scan(struct bytes in, size_t *scanned, size_t *head_len, unsigned *answer);

/**
 * http1_parse(head, scheme, out, answer):
 * Parse a whole head, its empty line included, as found by http1_scan().
 * ${scheme} is what an absolute target must start with ("https://").  On failure
 * ${answer} is the HTTP status to refuse with (400, 413, 414, 417, 431, 501, 505)
 * and the status names the field or rule; the connection must then be closed.
 */
MUST_CHECK struct status http1_parse(struct bytes head, struct text scheme, struct http1_head *out, unsigned *answer);

/** A chunked body (RFC 9112 section 7.1).  { 0 } is its start. */
struct http1_chunks {
	uint64_t left; /* of the chunk in hand */
	uint8_t step, digits;
	uint16_t extension; /* bytes of extension in this size line */
};

/**
 * http1_chunks_next(c, in, used, piece):
 * Consume framing and at most one piece of content from ${in}.  ${piece} is a view
 * into ${in}, empty when there is none yet; ${used} is how much was consumed.  Call
 * again while ${used} is not 0.  ST_INVALID ends the connection.
 */
MUST_CHECK struct status http1_chunks_next(struct http1_chunks *c, struct bytes in, size_t *used, struct bytes *piece);
/** http1_chunks_done(c): the last chunk and the line that ends the body were consumed. */
bool http1_chunks_done(const struct http1_chunks *c);

#endif /* !CODEC_HTTP1_H */
