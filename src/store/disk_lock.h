/* SPDX-License-Identifier: Apache-2.0 */
/**
 * disk_lock: what the engine's connections in this process agree on: the levels of
 * the database lock, the eight slots of the write-ahead log, and the memory that
 * holds the log's index.  Any thread may call it; a mutex guards all of it but the
 * regions' content, which the engine orders itself.
 */
#ifndef STORE_DISK_LOCK_H
#define STORE_DISK_LOCK_H

#include <pthread.h>

#include "status.h"

#define DISK_LOCK_SLOTS   8
#define DISK_LOCK_REGIONS 64 /* of 32 KiB, 4,096 log pages each: a log of 1 GiB */

/* The engine's levels, SQLITE_LOCK_NONE to SQLITE_LOCK_EXCLUSIVE. */
enum disk_level { DISK_UNLOCKED, DISK_SHARED, DISK_RESERVED, DISK_PENDING, DISK_EXCLUSIVE };

/** What one connection holds; `{0}` holds nothing. */
struct disk_holder {
	int level;
	unsigned shared, exclusive; /* slots, as bits */
	bool mapped;
};

struct disk_lock {
	pthread_mutex_t mutex;
	unsigned readers;                 /* holders at DISK_SHARED or above */
	const struct disk_holder *writer; /* the one above DISK_SHARED */
	unsigned slot_shared[DISK_LOCK_SLOTS];
	unsigned slot_exclusive; /* as bits */
	unsigned mapped;
	void *regions[DISK_LOCK_REGIONS];
};

struct disk_slots {
	unsigned first, count;
	bool exclusive;
};

void disk_lock_new(struct disk_lock *l);
void disk_lock_clear(struct disk_lock *l);

/** disk_lock_raise(l, holder, level): false: held by another.  As sqlite3_io_methods.xLock. */
bool disk_lock_raise(struct disk_lock *l, struct disk_holder *holder, int level);
/** disk_lock_lower(l, holder, level): to DISK_SHARED or DISK_UNLOCKED. */
void disk_lock_lower(struct disk_lock *l, struct disk_holder *holder, int level);
bool disk_lock_reserved(struct disk_lock *l);

/** disk_lock_enter(l, holder, slots): all or none; false: held by another. */
bool disk_lock_enter(struct disk_lock *l, struct disk_holder *holder, struct disk_slots slots);
void disk_lock_leave(struct disk_lock *l, struct disk_holder *holder, struct disk_slots slots);

/**
 * disk_lock_region(l, holder, number, size, extend, out):
 * Zeroed memory shared by all holders; ${out} becomes NULL when there is no such
 * region yet and ${extend} is false.  False when there is no memory for it.
 */
bool disk_lock_region(struct disk_lock *l, struct disk_holder *holder, size_t number, size_t size, bool extend,
		      void volatile **out);
/** disk_lock_forget(l, holder): the last holder to forget frees the regions. */
void disk_lock_forget(struct disk_lock *l, struct disk_holder *holder);

#endif /* !STORE_DISK_LOCK_H */
