/* SPDX-License-Identifier: Apache-2.0 */
#include "mailbox.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "net.h"

struct status mailbox_setup(struct mailbox *m)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	if (fd < 0)
		return FAIL_AT(ST_IO, "eventfd");
	atomic_init(&m->head, NULL);
	atomic_init(&m->asleep, false);
	m->fd = fd;
	return OK;
}

void mailbox_clear(struct mailbox *m)
{
	if (m->fd > 0)
		close(m->fd);
	m->fd = 0;
}

void mailbox_put_quietly(struct mailbox *m, struct net_task *task)
{
	struct net_task *head = atomic_load_explicit(&m->head, memory_order_relaxed);

	do
		task->next = head;
	while (!atomic_compare_exchange_weak(&m->head, &head, task));
}

void mailbox_wake(struct mailbox *m)
{
	if (atomic_load(&m->asleep) && atomic_exchange(&m->asleep, false))
		/* A full counter is a wake-up too. */
		(void)eventfd_write(m->fd, 1);
}

void mailbox_put(struct mailbox *m, struct net_task *task)
{
	mailbox_put_quietly(m, task);
	mailbox_wake(m);
}

struct net_task *mailbox_take(struct mailbox *m)
{
	if (atomic_load_explicit(&m->head, memory_order_relaxed) == NULL)
		return NULL;

	struct net_task *newest = atomic_exchange(&m->head, NULL), *oldest = NULL;
	while (newest != NULL) {
		struct net_task *next = newest->next;
		newest->next = oldest;
		oldest = newest;
		newest = next;
	}
	return oldest;
}

bool mailbox_sleep(struct mailbox *m)
{
	atomic_store(&m->asleep, true);
	if (atomic_load(&m->head) == NULL)
		return true;
	atomic_store(&m->asleep, false);
	return false;
}

void mailbox_awake(struct mailbox *m)
{
	atomic_store(&m->asleep, false);
}
