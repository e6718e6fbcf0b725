/* SPDX-License-Identifier: Apache-2.0 */
#include "deadline.h"

#include <limits.h>

void deadlines_setup(struct deadlines *all, const uint64_t span[static DEADLINE_KINDS])
{
	for (size_t i = 0; i < DEADLINE_KINDS; i++) {
		all->lists[i] = (struct deadline){.next = &all->lists[i], .previous = &all->lists[i]};
		all->span[i] = span[i];
	}
}

void deadline_disarm(struct deadline *d)
{
	if (d->next == NULL)
		return;
	d->next->previous = d->previous;
	d->previous->next = d->next;
	d->next = d->previous = NULL;
}

void deadline_arm(struct deadlines *all, struct deadline *d, enum deadline_kind kind, uint64_t now)
{
	struct deadline *list = &all->lists[kind];

	deadline_disarm(d);
	d->at = now + all->span[kind];
	d->kind = (uint8_t)kind;
	d->previous = list->previous;
	d->next = list;
	list->previous->next = d;
	list->previous = d;
}

struct deadline *deadline_oldest(struct deadlines *all, enum deadline_kind kind)
{
	struct deadline *d = all->lists[kind].next;

	return d == &all->lists[kind] ? NULL : d;
}

struct deadline *deadline_after(struct deadlines *all, struct deadline *d)
{
	return d->next == &all->lists[d->kind] ? NULL : d->next;
}

struct deadline *deadline_due(struct deadlines *all, uint64_t now)
{
	for (size_t i = 0; i < DEADLINE_KINDS; i++) {
		struct deadline *d = deadline_oldest(all, (enum deadline_kind)i);
		if (d != NULL && d->at <= now)
			return d;
	}
	return NULL;
}

int deadline_wait(const struct deadlines *all, uint64_t now)
{
	uint64_t wait = UINT64_MAX;

	for (size_t i = 0; i < DEADLINE_KINDS; i++) {
		const struct deadline *d = all->lists[i].next;
		if (d == &all->lists[i])
			continue;
		uint64_t left = d->at > now ? d->at - now : 0;
		wait = left < wait ? left : wait;
	}
	if (wait == UINT64_MAX)
		return -1;
	return wait > INT_MAX ? INT_MAX : (int)wait;
}
