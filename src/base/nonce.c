/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Invariants:
 * 1. No byte is handed out twice: ${left} falls before the copy is made, and the
 *    kernel zeroes the page in a child, so that a child finds nothing left.
 * 2. A page that cannot be protected so is not used.
 */
#include "nonce.h"

#include <pthread.h>
#include <sodium.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "secret.h"

#define PAGE_BYTES 4096

struct page {
	size_t left;
	uint8_t bytes[PAGE_BYTES - sizeof(size_t)];
};
_Static_assert(sizeof(struct page) == PAGE_BYTES, "one page");

static _Thread_local struct page *mine;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t at_thread_end;

static void unmap(void *page)
{
	(void)munmap(page, PAGE_BYTES);
}

static void set_up(void)
{
	/* Without the key a page would outlive its thread, nothing worse. */
	(void)pthread_key_create(&at_thread_end, unmap);
}

static struct page *new_page(void)
{
	(void)pthread_once(&once, set_up);
	struct page *page = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		return NULL;
	if (madvise(page, PAGE_BYTES, MADV_WIPEONFORK) != 0) {
		unmap(page);
		return NULL;
	}
	(void)pthread_setspecific(at_thread_end, page);
	return page;
}

/* A fresh seed for every page, so that nothing is kept between two; the kernel would
 * take five times as long for the whole page. */
static void fill(struct page *page)
{
	uint8_t seed[randombytes_SEEDBYTES];

	secret_random(seed, sizeof seed);
	randombytes_buf_deterministic(page->bytes, sizeof page->bytes, seed);
	secret_wipe(seed, sizeof seed);
	page->left = sizeof page->bytes;
}

void nonce_random(void *at, size_t len)
{
	if (mine == NULL)
		mine = new_page();
	if (mine == NULL || len > sizeof mine->bytes / 4) {
		secret_random(at, len);
		return;
	}
	if (mine->left < len)
		fill(mine);
	mine->left -= len;
	memcpy(at, mine->bytes + mine->left, len);
}
