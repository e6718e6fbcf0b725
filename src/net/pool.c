/* SPDX-License-Identifier: Apache-2.0 */
#include "pool.h"

#include <stdlib.h>

#include "secret.h"

struct pool_spare {
	struct pool_spare *next;
};

/* Sizes, and how many spare pieces of each stay: 3 MiB a loop at most. */
static const struct {
	size_t size;
	unsigned keep;
} sizes[POOL_SIZES] = {{256, 1024}, {1024, 1024}, {4096, 128}, {POOL_RECORD, 32}, {POOL_INPUT, 16}};

static size_t size_class(size_t len)
{
	size_t i = 0;

	while (i < POOL_SIZES && sizes[i].size < len)
		i++;
	return i;
}

struct status pool_take(struct pool *p, size_t len, struct piece *out)
{
	size_t i = size_class(len);

	if (i < POOL_SIZES && p->spare[i] != NULL) {
		struct pool_spare *spare = p->spare[i];
		p->spare[i] = spare->next;
		p->count[i]--;
		*out = (struct piece){(uint8_t *)spare, sizes[i].size};
		return OK;
	}
	size_t capacity = i < POOL_SIZES ? sizes[i].size : len;
	uint8_t *bytes = malloc(capacity);
	if (bytes == NULL)
		return FAIL(ST_NO_MEMORY);
	*out = (struct piece){bytes, capacity};
	return OK;
}

void pool_give(struct pool *p, struct piece *piece, size_t used)
{
	if (piece->bytes == NULL)
		return;
	secret_wipe(piece->bytes, used < piece->capacity ? used : piece->capacity);

	size_t i = size_class(piece->capacity);
	if (i < POOL_SIZES && sizes[i].size == piece->capacity && p->count[i] < sizes[i].keep) {
		struct pool_spare *spare = (struct pool_spare *)(void *)piece->bytes;
		spare->next = p->spare[i];
		p->spare[i] = spare;
		p->count[i]++;
	} else {
		free(piece->bytes);
	}
	*piece = (struct piece){0};
}

void pool_clear(struct pool *p)
{
	for (size_t i = 0; i < POOL_SIZES; i++) {
		while (p->spare[i] != NULL) {
			struct pool_spare *spare = p->spare[i];
			p->spare[i] = spare->next;
			free(spare);
		}
		p->count[i] = 0;
	}
}
