/* SPDX-License-Identifier: Apache-2.0 */
#include "arena.h"

#include <stdlib.h>
#include <string.h>

#include "secret.h"

/* The first serves a request that asks little: many are under way at once. */
#define FIRST_BYTES 1024
#define BLOCK_BYTES 4096
#define ALIGNMENT   ((size_t)16)

struct arena_block {
	struct arena_block *next;
	size_t used, capacity;
	_Alignas(16) uint8_t bytes[];
};

static struct status add_block(struct arena *a, size_t needed)
{
	size_t whole, usual = a->blocks == NULL ? FIRST_BYTES : BLOCK_BYTES;
	size_t capacity = needed > usual ? needed : usual;

	TRY(size_add(sizeof(struct arena_block), capacity, &whole));
	struct arena_block *block = calloc(1, whole);
	if (block == NULL)
		return FAIL_AT(ST_NO_MEMORY, "arena");
	block->capacity = capacity;
	block->next = a->blocks;
	a->blocks = block;
	return OK;
}

struct status arena_take(struct arena *a, size_t len, void **out)
{
	size_t rounded;

	TRY(size_add(len, ALIGNMENT - 1, &rounded));
	rounded &= ~(ALIGNMENT - 1);
	if (a->used > a->max || rounded > a->max - a->used)
		return FAIL_AT(ST_TOO_BIG, "arena");
	if (a->blocks == NULL || rounded > a->blocks->capacity - a->blocks->used)
		TRY(add_block(a, rounded));
	*out = a->blocks->bytes + a->blocks->used;
	a->blocks->used += rounded;
	a->used += rounded;
	return OK;
}

struct status arena_copy(struct arena *a, struct bytes from, struct bytes *out)
{
	void *at;

	TRY(arena_take(a, from.len, &at));
	if (from.len > 0)
		memcpy(at, from.at, from.len);
	*out = bytes_of(at, from.len);
	return OK;
}

struct status arena_text(struct arena *a, struct text t, struct text *out)
{
	size_t whole;
	void *at;

	TRY(size_add(t.len, 1, &whole));
	TRY(arena_take(a, whole, &at));
	/* The NUL is there: what an arena hands out is zeroed. */
	if (t.len > 0)
		memcpy(at, t.at, t.len);
	*out = (struct text){at, t.len};
	return OK;
}

/* The newest. */
static void free_block(struct arena *a)
{
	struct arena_block *block = a->blocks;

	a->blocks = block->next;
	secret_wipe(block->bytes, block->used);
	free(block);
}

void arena_clear(struct arena *a)
{
	while (a->blocks != NULL)
		free_block(a);
	a->used = 0;
}

void arena_reset(struct arena *a)
{
	while (a->blocks != NULL && (a->blocks->next != NULL || a->blocks->capacity > FIRST_BYTES))
		free_block(a);
	if (a->blocks != NULL) {
		/* Zeroed, as it is handed out. */
		secret_wipe(a->blocks->bytes, a->blocks->used);
		a->blocks->used = 0;
	}
	a->used = 0;
}
