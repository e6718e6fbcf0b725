/* SPDX-License-Identifier: Apache-2.0 */
/**
 * later: answers that must not leave before their time, so that how long a refused
 * sign-in took says nothing (PROMISES#K5).  One thread sleeps until the next is due and
 * posts its task to its loop.
 */
#ifndef API_LATER_H
#define API_LATER_H

#include "net.h"

struct later;
/** The caller's; untouched by him from later_at() until its task runs. */
struct later_entry {
	struct later_entry *next;
	uint64_t due; /* ns of the monotonic clock */
	struct net_loop *loop;
	struct net_task *task;
};
MUST_CHECK struct status later_start(struct later **out);
/** later_stop(l): what waits is posted at once.  NULL is fine. */
void later_stop(struct later *l);
/** later_at(l, entry): any thread; after later_stop() began, at once. */
void later_at(struct later *l, struct later_entry *entry);
/** later_now(): ns of the monotonic clock. */
uint64_t later_now(void);

#endif /* !API_LATER_H */
