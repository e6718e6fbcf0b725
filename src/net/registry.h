/* SPDX-License-Identifier: Apache-2.0 */
/**
 * registry: which exchanges of one loop run under which session, so that ending a
 * session cuts them (DESIGN section 7).  A table of fixed size with chains through
 * the exchanges themselves: tagging one costs a few stores.
 */
#ifndef NET_REGISTRY_H
#define NET_REGISTRY_H

#include "id.h"

#define REGISTRY_BUCKETS 1024

/** Part of what is registered.  { 0 } is not registered. */
struct registry_entry {
	struct registry_entry *next, **link;
	struct uuid session;
};

/** { 0 } is an empty registry. */
struct registry {
	struct registry_entry *buckets[REGISTRY_BUCKETS];
};

/** registry_add(r, e, session): an entry that is registered moves. */
void registry_add(struct registry *r, struct registry_entry *e, const struct uuid *session);
void registry_remove(struct registry_entry *e);
/**
 * registry_next(r, session, after):
 * The first entry of ${session}, or the one that follows ${after}; NULL at the end.
 */
struct registry_entry *registry_next(const struct registry *r, const struct uuid *session,
				     const struct registry_entry *after);

#endif /* !NET_REGISTRY_H */
