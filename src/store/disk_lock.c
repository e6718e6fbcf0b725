/* SPDX-License-Identifier: Apache-2.0 */
#include "disk_lock.h"

#include <stdlib.h>

void disk_lock_new(struct disk_lock *l)
{
	*l = (struct disk_lock){.mutex = PTHREAD_MUTEX_INITIALIZER};
}

static void free_regions(struct disk_lock *l)
{
	for (size_t i = 0; i < DISK_LOCK_REGIONS; i++) {
		free(l->regions[i]);
		l->regions[i] = NULL;
	}
}

void disk_lock_clear(struct disk_lock *l)
{
	free_regions(l);
	(void)pthread_mutex_destroy(&l->mutex);
}

static bool raise_held(struct disk_lock *l, struct disk_holder *holder, int level)
{
	if (l->writer != NULL && l->writer != holder)
		return level == DISK_SHARED && l->writer->level < DISK_PENDING;
	if (level == DISK_SHARED)
		return true;
	l->writer = holder;
	if (level < DISK_EXCLUSIVE)
		return true;
	/* From here on no new reader enters, so that the present ones run out. */
	holder->level = DISK_PENDING;
	return l->readers == 1;
}

bool disk_lock_raise(struct disk_lock *l, struct disk_holder *holder, int level)
{
	if (holder->level >= level)
		return true;
	(void)pthread_mutex_lock(&l->mutex);
	bool done = raise_held(l, holder, level);
	if (done) {
		l->readers += holder->level == DISK_UNLOCKED;
		holder->level = level;
	}
	(void)pthread_mutex_unlock(&l->mutex);
	return done;
}

void disk_lock_lower(struct disk_lock *l, struct disk_holder *holder, int level)
{
	if (holder->level <= level)
		return;
	(void)pthread_mutex_lock(&l->mutex);
	if (l->writer == holder)
		l->writer = NULL;
	l->readers -= level == DISK_UNLOCKED;
	holder->level = level;
	(void)pthread_mutex_unlock(&l->mutex);
}

bool disk_lock_reserved(struct disk_lock *l)
{
	(void)pthread_mutex_lock(&l->mutex);
	bool reserved = l->writer != NULL;
	(void)pthread_mutex_unlock(&l->mutex);
	return reserved;
}

static unsigned mask_of(struct disk_slots slots)
{
	return ((1u << slots.count) - 1) << slots.first;
}

static bool enter_exclusive(struct disk_lock *l, struct disk_holder *holder, struct disk_slots slots)
{
	if (l->slot_exclusive & mask_of(slots) & ~holder->exclusive)
		return false;
	for (unsigned i = slots.first; i < slots.first + slots.count; i++)
		if (l->slot_shared[i] > 0)
			return false;
	l->slot_exclusive |= mask_of(slots);
	holder->exclusive |= mask_of(slots);
	return true;
}

static bool enter_shared(struct disk_lock *l, struct disk_holder *holder, struct disk_slots slots)
{
	if (l->slot_exclusive & mask_of(slots))
		return false;
	for (unsigned i = slots.first; i < slots.first + slots.count; i++)
		l->slot_shared[i] += (holder->shared & 1u << i) == 0;
	holder->shared |= mask_of(slots);
	return true;
}

bool disk_lock_enter(struct disk_lock *l, struct disk_holder *holder, struct disk_slots slots)
{
	(void)pthread_mutex_lock(&l->mutex);
	bool done = slots.exclusive ? enter_exclusive(l, holder, slots) : enter_shared(l, holder, slots);
	(void)pthread_mutex_unlock(&l->mutex);
	return done;
}

void disk_lock_leave(struct disk_lock *l, struct disk_holder *holder, struct disk_slots slots)
{
	unsigned mask = mask_of(slots);

	(void)pthread_mutex_lock(&l->mutex);
	for (unsigned i = slots.first; i < slots.first + slots.count; i++)
		l->slot_shared[i] -= (holder->shared & 1u << i) != 0;
	l->slot_exclusive &= ~(holder->exclusive & mask);
	holder->shared &= ~mask;
	holder->exclusive &= ~mask;
	(void)pthread_mutex_unlock(&l->mutex);
}

bool disk_lock_region(struct disk_lock *l, struct disk_holder *holder, size_t number, size_t size, bool extend,
		      void volatile **out)
{
	if (number >= DISK_LOCK_REGIONS)
		return false;
	(void)pthread_mutex_lock(&l->mutex);
	l->mapped += !holder->mapped;
	holder->mapped = true;
	if (l->regions[number] == NULL && extend)
		l->regions[number] = calloc(1, size);
	*out = l->regions[number];
	(void)pthread_mutex_unlock(&l->mutex);
	return *out != NULL || !extend;
}

void disk_lock_forget(struct disk_lock *l, struct disk_holder *holder)
{
	(void)pthread_mutex_lock(&l->mutex);
	l->mapped -= holder->mapped;
	holder->mapped = false;
	if (l->mapped == 0)
		free_regions(l);
	(void)pthread_mutex_unlock(&l->mutex);
}
