/* SPDX-License-Identifier: Apache-2.0 */
#include "strangers.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct source {
	uint8_t network[16];
	uint64_t since; /* monotonic ms of the minute's first */
	uint64_t count;
	bool used;
};

struct strangers {
	pthread_mutex_t lock;
	struct source sources[STRANGERS_SOURCES];
};

struct status strangers_new(struct strangers **out)
{
	struct strangers *s = calloc(1, sizeof *s);

	if (s == NULL)
		return FAIL(ST_NO_MEMORY);
	(void)pthread_mutex_init(&s->lock, NULL);
	*out = s;
	return OK;
}

void strangers_free(struct strangers *s)
{
	if (s == NULL)
		return;
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
}

static void network_of(const struct address *a, uint8_t out[16])
{
	memset(out, 0, 16);
	memcpy(out, a->bytes, a->family == ADDRESS_IPV6 ? 8 : 4);
	out[15] = a->family;
}

/** Four places in which a source may stand; the stalest gives way. */
static struct source *place_of(struct strangers *s, const uint8_t network[16])
{
	uint32_t hash = 2166136261u;
	struct source *stalest = NULL;

	for (size_t i = 0; i < 16; i++)
		hash = (hash ^ network[i]) * 16777619u;
	for (uint32_t i = 0; i < 4; i++) {
		struct source *one = &s->sources[(hash + i) % STRANGERS_SOURCES];
		if (one->used && memcmp(one->network, network, 16) == 0)
			return one;
		if (stalest == NULL || !one->used || (stalest->used && one->since < stalest->since))
			stalest = one;
	}
	*stalest = (struct source){.used = true};
	memcpy(stalest->network, network, 16);
	return stalest;
}

void strangers_refused(struct strangers *s, const struct address *source, uint64_t now, bool *log, uint64_t *rest)
{
	uint8_t network[16];

	network_of(source, network);
	(void)pthread_mutex_lock(&s->lock);
	struct source *one = place_of(s, network);
	*rest = 0;
	if (one->count == 0 || now - one->since >= STRANGERS_MINUTE_MS) {
		*rest = one->count > STRANGERS_LEAVES ? one->count - STRANGERS_LEAVES : 0;
		one->since = now;
		one->count = 0;
	}
	*log = ++one->count <= STRANGERS_LEAVES;
	(void)pthread_mutex_unlock(&s->lock);
}
