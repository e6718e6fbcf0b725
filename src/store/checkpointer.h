/* SPDX-License-Identifier: Apache-2.0 */
/**
 * checkpointer: moves the write-ahead log into the database in a thread of its own,
 * off the commit path.  The log's file is used again from its beginning, never
 * truncated, so that commits do not wait for the file system's bookkeeping.
 *
 * It has a connection of its own; the committer only tells it the log's length.
 */
#ifndef STORE_CHECKPOINTER_H
#define STORE_CHECKPOINTER_H

#include "store_engine.h"

/** checkpointer_start(engine, out): ${out} is told by checkpoint_tell(); checkpointer_stop() it. */
MUST_CHECK struct status checkpointer_start(struct store_engine *engine, struct checkpointer **out);
/** checkpointer_stop(c): wait for the thread's end and free.  NULL is fine. */
void checkpointer_stop(struct checkpointer *c);
/** checkpointer_watch(c, writer): be told by ${writer}'s commits how long the log is. */
void checkpointer_watch(struct checkpointer *c, struct store_view *writer);
/** checkpointer_wake(c): move what there is now.  NULL is fine. */
void checkpointer_wake(struct checkpointer *c);
/** checkpointer_moved_all(c): the next commit may begin the log anew.  For the thread that commits; NULL: false. */
bool checkpointer_moved_all(const struct checkpointer *c);
/** checkpointer_give_way(c): before a transaction begins: wait, for milliseconds at most, when the log must end. */
void checkpointer_give_way(struct checkpointer *c);

/**
 * checkpointer_run(view, wait, log, left):
 * Once, on a connection that is in no transaction.  ${wait}: also let the next
 * commit begin the log anew, waiting a few milliseconds for readers to move on.
 * ${log}, ${left}: pages in the log, and those not yet moved.  ST_BUSY, ST_IO.
 */
MUST_CHECK struct status checkpointer_run(struct store_view *view, bool wait, int *log, int *left);

#endif /* !STORE_CHECKPOINTER_H */
