/* SPDX-License-Identifier: Apache-2.0 */
/**
 * seen: whether the log that the author of a statement had seen is this one (DESIGN
 * section 6, "Views"): a statement that names a root which the log never had comes from
 * a fork, and must not be joined to this one (PROMISES#B2).
 *
 * The root of a size never changes, so what was computed once is kept, a place a size.
 * Owned by the loop.
 */
#ifndef API_SEEN_H
#define API_SEEN_H

#include "statement.h"
#include "tree.h"

struct call;

/* A power of two.  Clients pin what was signed lately. */
#define SEEN_PLACES 64
struct seen {
	struct tree_head heads[SEEN_PLACES]; /* size 0: none */
};

/**
 * seen_check(call, head):
 * ST_INVALID "seen_root": a root without a size; ST_CONFLICT "seen": more leaves than
 * there are; ST_CORRUPT "fork", and the problem is /problems/fork: another root.
 */
MUST_CHECK struct status seen_check(struct call *c, const struct statement_head *head);

#endif /* !API_SEEN_H */
