/* SPDX-License-Identifier: Apache-2.0 */
/**
 * pool: memory of one loop in a few sizes, kept warm between requests so that the
 * hot path calls malloc() never.  Used bytes are wiped when a piece comes back:
 * heads and bodies carry tokens and passwords (PROMISES#S1).
 */
#ifndef NET_POOL_H
#define NET_POOL_H

#include "bytes.h"

/* What one TLS record holds: a full buffer leaves as one record and one send. */
#define POOL_RECORD 16384
/* A head of LIMIT_HTTP_HEAD and room for the beginning of a body behind it. */
#define POOL_INPUT (16384 + 4096)
/* Where reading a head begins: it is held as long as its request runs, on every busy connection. */
#define POOL_FIRST_INPUT 4096

#define POOL_SIZES 5

struct pool_spare;
/** { 0 } is a valid empty pool. */
struct pool {
	struct pool_spare *spare[POOL_SIZES];
	unsigned count[POOL_SIZES];
};

/** Memory on loan from a pool; { 0 } is none. */
struct piece {
	uint8_t *bytes;
	size_t capacity;
};

/** pool_take(p, len, out): at least ${len} bytes, not cleared; ST_NO_MEMORY. */
MUST_CHECK struct status pool_take(struct pool *p, size_t len, struct piece *out);
/** pool_give(p, piece, used): take it back, wiping its first ${used} bytes; ${piece} becomes none.  None is fine. */
void pool_give(struct pool *p, struct piece *piece, size_t used);
/** pool_clear(p): free what is spare. */
void pool_clear(struct pool *p);

#endif /* !NET_POOL_H */
