/* SPDX-License-Identifier: Apache-2.0 */
#include "scratchkey.h"

#include <pthread.h>
#include <stdlib.h>

/* Two keys at a place: the pair that identifying records need stands together. */
#define ROOM ((size_t)2)

struct page {
	struct secret keys;
	uint32_t taken; /* bit n: place n */
};

_Static_assert(SCRATCHKEY_MAX == 32, "one bit each");

static _Thread_local struct page *own;
static pthread_once_t made = PTHREAD_ONCE_INIT;
static pthread_key_t ending;
static bool usable;

static void page_free(void *at)
{
	struct page *p = at;

	secret_clear(&p->keys);
	free(p);
}

static void make_ending(void)
{
	usable = pthread_key_create(&ending, page_free) == 0;
}

static struct status page_new(struct page **out)
{
	struct page *p = calloc(1, sizeof *p);

	if (p == NULL)
		return FAIL_AT(ST_NO_MEMORY, "scratch keys");
	struct status s = secret_empty(ROOM * SCRATCHKEY_MAX * sizeof(struct key), &p->keys);
	if (ok(s) && pthread_setspecific(ending, p) != 0)
		s = FAIL_AT(ST_NO_MEMORY, "scratch keys");
	if (!ok(s)) {
		page_free(p);
		return s;
	}
	*out = p;
	return OK;
}

struct status scratchkey_take(struct scratchkey *out)
{
	if (pthread_once(&made, make_ending) != 0 || !usable)
		return FAIL_AT(ST_NO_MEMORY, "scratch keys");
	if (own == NULL)
		TRY(page_new(&own));
	if (own->taken == UINT32_MAX)
		return FAIL_AT(ST_NO_MEMORY, "scratch keys");
	unsigned slot = (unsigned)__builtin_ctz(~own->taken);
	own->taken |= 1u << slot;
	out->key = (struct key *)own->keys.bytes + ROOM * slot;
	return OK;
}

void scratchkey_clear(struct scratchkey *s)
{
	if (s->key == NULL)
		return;
	size_t slot = (size_t)(s->key - (struct key *)own->keys.bytes) / ROOM;
	secret_wipe(s->key, ROOM * sizeof *s->key);
	own->taken &= ~(1u << slot);
	s->key = NULL;
}
