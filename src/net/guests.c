/* SPDX-License-Identifier: Apache-2.0 */
#include "guests.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "secret.h"

/* An address with at least one connection. */
struct guest {
	struct guest *next; /* in its bucket, or spare */
	uint8_t host[16];
	uint32_t count;
};

struct guests {
	pthread_mutex_t lock;
	pthread_cond_t empty;
	size_t count, max, per_address;
	uint64_t seed; /* so that nobody can choose addresses of one bucket */
	size_t bucket_mask;
	struct guest **buckets;
	struct guest *spare, *all;
};

static struct status guests_setup(struct guests *g)
{
	size_t buckets = 16;

	while (buckets < g->max)
		buckets *= 2;
	g->bucket_mask = buckets - 1;
	g->buckets = calloc(buckets, sizeof(void *));
	g->all = calloc(g->max, sizeof *g->all);
	if (g->buckets == NULL || g->all == NULL)
		return FAIL(ST_NO_MEMORY);
	for (size_t i = 0; i < g->max; i++) {
		g->all[i].next = g->spare;
		g->spare = &g->all[i];
	}
	secret_random(&g->seed, sizeof g->seed);
	return OK;
}

struct status guests_new(size_t max, size_t per_address, struct guests **out)
{
	struct guests *g = calloc(1, sizeof *g);
	pthread_condattr_t monotonic;

	if (g == NULL)
		return FAIL(ST_NO_MEMORY);
	g->max = max;
	g->per_address = per_address;
	pthread_mutex_init(&g->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&g->empty, &monotonic);
	pthread_condattr_destroy(&monotonic);
	struct status s = guests_setup(g);
	if (!ok(s)) {
		guests_free(g);
		return s;
	}
	*out = g;
	return OK;
}

void guests_free(struct guests *g)
{
	if (g == NULL)
		return;
	pthread_mutex_destroy(&g->lock);
	pthread_cond_destroy(&g->empty);
	free(g->buckets);
	free(g->all);
	free(g);
}

static void host_of(const struct address *a, uint8_t host[static 16])
{
	memset(host, 0, 16);
	memcpy(host, a->bytes, a->family == ADDRESS_IPV4 ? 4 : 8);
	host[15] = a->family;
}

/* The link that leads to ${host}, or to the end of its bucket. */
static struct guest **find(struct guests *g, const uint8_t host[static 16])
{
	uint64_t half[2];

	memcpy(half, host, sizeof half);
	uint64_t mixed = (half[0] ^ g->seed) * 0x9e3779b97f4a7c15u;
	mixed = (mixed ^ mixed >> 32 ^ half[1]) * 0xbf58476d1ce4e5b9u;
	struct guest **link = &g->buckets[(mixed >> 32) & g->bucket_mask];
	while (*link != NULL && memcmp((*link)->host, host, 16) != 0)
		link = &(*link)->next;
	return link;
}

static enum guests_verdict enter_address(struct guests *g, const struct address *a)
{
	uint8_t host[16];

	host_of(a, host);
	struct guest **link = find(g, host);
	if (*link != NULL && (*link)->count >= g->per_address)
		return GUESTS_ADDRESS_FULL;
	if (*link == NULL) {
		/* There is a spare one: no more guests than connections. */
		struct guest *new = g->spare;
		g->spare = new->next;
		memcpy(new->host, host, sizeof new->host);
		new->count = 0;
		new->next = NULL;
		*link = new;
	}
	(*link)->count++;
	return GUESTS_WELCOME;
}

enum guests_verdict guests_enter(struct guests *g, const struct address *a)
{
	enum guests_verdict verdict = GUESTS_WELCOME;

	pthread_mutex_lock(&g->lock);
	if (g->count >= g->max)
		verdict = GUESTS_HOUSE_FULL;
	else if (a->family != ADDRESS_NONE)
		verdict = enter_address(g, a);
	if (verdict == GUESTS_WELCOME)
		g->count++;
	pthread_mutex_unlock(&g->lock);
	return verdict;
}

static void leave_address(struct guests *g, const struct address *a)
{
	uint8_t host[16];

	host_of(a, host);
	struct guest **link = find(g, host), *one = *link;
	if (one == NULL || --one->count > 0)
		return;
	*link = one->next;
	one->next = g->spare;
	g->spare = one;
}

void guests_leave(struct guests *g, const struct address *a)
{
	pthread_mutex_lock(&g->lock);
	if (a->family != ADDRESS_NONE)
		leave_address(g, a);
	if (--g->count == 0)
		pthread_cond_broadcast(&g->empty);
	pthread_mutex_unlock(&g->lock);
}

size_t guests_count(struct guests *g)
{
	pthread_mutex_lock(&g->lock);
	size_t count = g->count;
	pthread_mutex_unlock(&g->lock);
	return count;
}

bool guests_wait_empty(struct guests *g, uint64_t ms)
{
	struct timespec until;
	int failed = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	uint64_t nanoseconds = (uint64_t)until.tv_nsec + ms % 1000 * 1000000;
	until.tv_sec += (time_t)(ms / 1000 + nanoseconds / 1000000000);
	until.tv_nsec = (long)(nanoseconds % 1000000000);
	pthread_mutex_lock(&g->lock);
	while (g->count > 0 && failed == 0)
		failed = pthread_cond_timedwait(&g->empty, &g->lock, &until);
	bool empty = g->count == 0;
	pthread_mutex_unlock(&g->lock);
	return empty;
}
