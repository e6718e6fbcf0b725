/* SPDX-License-Identifier: Apache-2.0 */
/**
 * guests: how many connections there are, in all and from each address.
 *
 * The one thing all loops share: a table under a mutex, touched when a connection
 * comes and when it goes, never for a request.  An IPv6 host is its /64: whoever has
 * one address of it has them all.
 */
#ifndef NET_GUESTS_H
#define NET_GUESTS_H

#include "address.h"

struct guests;

enum guests_verdict { GUESTS_WELCOME, GUESTS_ADDRESS_FULL, GUESTS_HOUSE_FULL };

/** guests_new(max, per_address, out): the caller owns ${out}. */
MUST_CHECK struct status guests_new(size_t max, size_t per_address, struct guests **out);
void guests_free(struct guests *g);
/** guests_enter(g, a): count one in if it is welcome.  ADDRESS_NONE counts in all only. */
enum guests_verdict guests_enter(struct guests *g, const struct address *a);
/** guests_leave(g, a): for each that entered. */
void guests_leave(struct guests *g, const struct address *a);
size_t guests_count(struct guests *g);
/** guests_wait_empty(g, ms): false when some are still there after ${ms}. */
bool guests_wait_empty(struct guests *g, uint64_t ms);

#endif /* !NET_GUESTS_H */
