/* SPDX-License-Identifier: Apache-2.0 */
/**
 * crew: one thread a core that checks the items of a batch while their owner goes on
 * with those that are already checked.
 *
 * Shared are the number of the next slice of items and what became of each slice;
 * an item belongs to the worker that took its slice until crew_wait() gave it back.
 */
#ifndef CLIENT_CREW_H
#define CLIENT_CREW_H

#include "status.h"

#define CREW_MAX 16
/* Items that a worker takes at a time: some milliseconds of signatures. */
#define CREW_SLICE 32

/** What to do with each item.  check() runs on any thread: it may change item ${index} and what belongs to ${worker}.
 */
struct crew_task {
	struct status (*check)(void *context, size_t worker, size_t index);
	void *context;
	size_t count;
};

struct crew;
/**
 * crew_start(task, out): begin; crew_clear() it.  A batch of one slice, or no thread to be had: crew_wait() does the
 * work.  Workers are numbered from 0 to CREW_MAX.
 */
MUST_CHECK struct status crew_start(const struct crew_task *task, struct crew **out);
/** crew_wait(c, count): until the first ${count} items are checked; the first failure in their order. */
MUST_CHECK struct status crew_wait(struct crew *c, size_t count);
/** crew_clear(c): take no more items, and wait for those under way.  NULL is fine. */
void crew_clear(struct crew *c);

#endif /* !CLIENT_CREW_H */
