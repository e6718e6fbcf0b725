/* SPDX-License-Identifier: Apache-2.0 */
/**
 * leafcount: how many leaves of one kind a stretch of the log has, from its entry bundles,
 * each proven to be the tree's: so that a list which is no chain can be counted against it
 * and nothing in it be kept back (PROMISES#B2).  A leaf says its kind to everybody.
 */
#ifndef CLIENT_LEAFCOUNT_H
#define CLIENT_LEAFCOUNT_H

#include "leaf.h"
#include "site.h"

/** Leaves [from, until) of the tree s->head. */
struct leafcount_range {
	uint64_t from, until;
};
/** leafcount(s, kind, range, out): some 45 bytes a leaf are fetched.  ST_CORRUPT for a bundle that does not fit. */
MUST_CHECK struct status leafcount(struct site *s, enum leaf_kind kind, struct leafcount_range range, uint64_t *out);

#endif /* !CLIENT_LEAFCOUNT_H */
