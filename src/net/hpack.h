/* SPDX-License-Identifier: Apache-2.0 */
/**
 * hpack: the head of an answer as HTTP/2 writes it (RFC 7541), for what all our answers
 * share is known beforehand and a general encoder would look for it every time.
 *
 * Invariants
 *   1. Only the security headers of reply.c enter the peer's table: all of them, once,
 *      in their order; then each is one byte.
 *   2. What belongs to one answer is never indexed, so neither our peer nor anybody
 *      between keeps a cookie in a table (PROMISES#S1, RFC 7541 section 7.1.3).
 */
#ifndef NET_HPACK_H
#define NET_HPACK_H

#include "reply.h"

/* No encoding of the security headers is longer. */
#define HPACK_SECURITY_MAX 512
/* Their room in the peer's table (RFC 7541 section 4.1): with less it gets them in full each time. */
#define HPACK_TABLE_MIN 1024

/** hpack_head_bound(r): hpack_head() writes no more. */
size_t hpack_head_bound(const struct exchange_reply *r);
/**
 * hpack_head(r, length, date, out):
 * Everything but the security headers; ${length} EXCHANGE_LENGTH_UNKNOWN leaves it out,
 * ${date} has 29 characters.  Depends on no table.  Returns its length.
 */
size_t hpack_head(const struct exchange_reply *r, uint64_t length, const char *date, uint8_t *out);

/** hpack_security(r): a bit for each security header that ${r} does not replace. */
unsigned hpack_security(const struct exchange_reply *r);
/** What the peer's table holds of us. */
enum hpack_table {
	HPACK_TABLE_NONE,  /* it is too small */
	HPACK_TABLE_EMPTY, /* nothing, or it is not known what */
	HPACK_TABLE_FULL,  /* all security headers, and they came last */
};
/** hpack_put_security(table, which, out): those that ${which} names, in the order they leave; returns their length. */
size_t hpack_put_security(enum hpack_table *table, unsigned which, uint8_t *out);

#endif /* !NET_HPACK_H */
