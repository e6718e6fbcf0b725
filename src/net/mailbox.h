/* SPDX-License-Identifier: Apache-2.0 */
/**
 * mailbox: tasks from any thread for one.  A stack of tasks pushed with one
 * compare-and-swap, taken as a whole, and an eventfd that is written only when the
 * owner sleeps.
 *
 * Invariant: a task is either seen by mailbox_take() before the owner sleeps, or its
 * sender sees ${asleep} and wakes the owner.  Both sides write their own word
 * before they read the other's, all sequentially consistent.
 */
#ifndef NET_MAILBOX_H
#define NET_MAILBOX_H

#include <stdatomic.h>

#include "status.h"

struct net_task;

struct mailbox {
	_Atomic(struct net_task *) head;
	atomic_bool asleep;
	int fd; /* eventfd: watch it edge-triggered, there is no need to read it */
};

MUST_CHECK struct status mailbox_setup(struct mailbox *m);
void mailbox_clear(struct mailbox *m);
/** mailbox_put(m, task): from any thread. */
void mailbox_put(struct mailbox *m, struct net_task *task);
/** mailbox_put_quietly(m, task): the same, but the owner may sleep on until mailbox_wake(), which must follow. */
void mailbox_put_quietly(struct mailbox *m, struct net_task *task);
void mailbox_wake(struct mailbox *m);
/** mailbox_take(m): every task so far, linked by next in order of posting; NULL when there is none. */
struct net_task *mailbox_take(struct mailbox *m);
/** mailbox_sleep(m): the owner is about to wait; false when a task came and it must not. */
bool mailbox_sleep(struct mailbox *m);
void mailbox_awake(struct mailbox *m);

#endif /* !NET_MAILBOX_H */
