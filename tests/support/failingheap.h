/* SPDX-License-Identifier: Apache-2.0 */
/**
 * failingheap: the allocation with a given number fails, once or from there on, on
 * whatever thread.  The test is linked with --wrap=malloc, --wrap=calloc, --wrap=realloc.
 */
#ifndef SUPPORT_FAILINGHEAP_H
#define SUPPORT_FAILINGHEAP_H

#include <stdatomic.h>
#include <stdlib.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *at, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *at, size_t size);

static struct {
	_Atomic(long) left; /* the call that finds 0 fails; negative: none does */
	atomic_bool lasting, met;
} failingheap = {.left = -1};

static inline void failingheap_begin(long first, bool lasting)
{
	atomic_store(&failingheap.met, false);
	atomic_store(&failingheap.lasting, lasting);
	atomic_store(&failingheap.left, first);
}

/** failingheap_end(): from now on none fails; whether one did. */
static inline bool failingheap_end(void)
{
	atomic_store(&failingheap.left, -1);
	return atomic_load(&failingheap.met);
}

static bool failingheap_fails(void)
{
	const long left = atomic_load(&failingheap.left);

	if (left < 0)
		return false;
	if (left == 0 && atomic_load(&failingheap.lasting)) {
		atomic_store(&failingheap.met, true);
		return true;
	}
	if (atomic_fetch_sub(&failingheap.left, 1) != 0)
		return false;
	atomic_store(&failingheap.met, true);
	return true;
}

void *__wrap_malloc(size_t size)
{
	return failingheap_fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return failingheap_fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *at, size_t size)
{
	return failingheap_fails() ? NULL : __real_realloc(at, size);
}

#endif /* !SUPPORT_FAILINGHEAP_H */
