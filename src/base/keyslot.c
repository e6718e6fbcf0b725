/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keyslot: pages are added at the end, under a mutex, and never go; a bit a slot says
 * who is taken, set and cleared without the mutex.
 */
#include "keyslot.h"

#include <pthread.h>
#include <stdatomic.h>

#define SLOTS 64 /* of a page: bits of its word */
/* So many requests hold a key at once; far more than connections are let in.  16,384 slots are 1 MiB locked. */
#define PAGES 256

struct page {
	_Atomic uint64_t taken;
	uint8_t *bytes; /* set before the page is counted, never changed */
};

static struct page pages[PAGES];
static _Atomic size_t page_count;
static pthread_mutex_t growing = PTHREAD_MUTEX_INITIALIZER;

static bool take_from(struct page *page, struct keyslot *out)
{
	uint64_t taken = atomic_load_explicit(&page->taken, memory_order_relaxed);

	while (taken != UINT64_MAX) {
		const unsigned slot = (unsigned)__builtin_ctzll(~taken);
		/* Acquire: after whoever wiped it. */
		if (atomic_compare_exchange_weak_explicit(&page->taken, &taken, taken | UINT64_C(1) << slot,
							  memory_order_acquire, memory_order_relaxed)) {
			out->bytes = page->bytes + (size_t)slot * KEYSLOT_LEN;
			return true;
		}
	}
	return false;
}

static bool take_from_any(size_t count, struct keyslot *out)
{
	for (size_t i = 0; i < count; i++)
		if (take_from(&pages[i], out))
			return true;
	return false;
}

/* One more than the ${seen} that were full, unless somebody else was faster. */
static struct status grow(size_t seen)
{
	struct secret room = {0};
	struct status s = OK;

	(void)pthread_mutex_lock(&growing);
	if (page_count == seen) {
		s = seen < PAGES ? secret_empty((size_t)SLOTS * KEYSLOT_LEN, &room) : FAIL_AT(ST_NO_MEMORY, "keys");
		if (ok(s)) {
			pages[seen].bytes = room.bytes;
			page_count = seen + 1;
		}
	}
	(void)pthread_mutex_unlock(&growing);
	return s;
}

struct status keyslot_take(struct keyslot *out)
{
	for (;;) {
		const size_t count = page_count;

		if (take_from_any(count, out))
			return OK;
		TRY(grow(count));
	}
}

void keyslot_clear(struct keyslot *k)
{
	const size_t count = page_count;

	for (size_t i = 0; k->bytes != NULL && i < count; i++) {
		const uintptr_t at = (uintptr_t)k->bytes - (uintptr_t)pages[i].bytes;
		if (at >= (uintptr_t)SLOTS * KEYSLOT_LEN)
			continue;
		secret_wipe(k->bytes, KEYSLOT_LEN);
		(void)atomic_fetch_and_explicit(&pages[i].taken, ~(UINT64_C(1) << at / KEYSLOT_LEN),
						memory_order_release);
		break;
	}
	k->bytes = NULL;
}
