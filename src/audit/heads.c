/* SPDX-License-Identifier: Apache-2.0 */
#include "heads.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "nonce.h"

#define SMALLEST 64

_Static_assert(sizeof(((struct heads *)0)->seed) == crypto_shorthash_KEYBYTES, "seed of the keyed hash");

static size_t place_of(const struct heads *h, enum heads_role role, const struct uuid *id)
{
	uint8_t name[1 + sizeof *id] = {(uint8_t)role};
	uint64_t spread;

	memcpy(name + 1, id, sizeof *id);
	crypto_shorthash((unsigned char *)&spread, name, sizeof name, h->seed);
	return (size_t)spread & (h->capacity - 1);
}

/* The slot of that chain, or the free one where it would go. */
static struct head *slot_of(const struct heads *h, enum heads_role role, const struct uuid *id)
{
	size_t at = place_of(h, role, id);

	while (h->slots[at].used && (h->slots[at].role != role || !uuid_equal(&h->slots[at].id, id)))
		at = (at + 1) & (h->capacity - 1);
	return &h->slots[at];
}

static void get_empty(enum heads_role role, const struct uuid *id, struct head *out)
{
	*out = (struct head){.id = *id, .role = (uint8_t)role, .index = HEADS_NO_INDEX};
}

bool heads_get(const struct heads *h, enum heads_role role, const struct uuid *id, struct head *out)
{
	const struct head *slot = h->count > 0 ? slot_of(h, role, id) : NULL;

	if (slot != NULL && slot->used) {
		*out = *slot;
		return true;
	}
	get_empty(role, id, out);
	return false;
}

static struct status grow(struct heads *h, size_t capacity)
{
	struct heads bigger = {.slots = calloc(capacity, sizeof *bigger.slots), .capacity = capacity};
	size_t at = 0;

	if (bigger.slots == NULL)
		return FAIL_AT(ST_NO_MEMORY, "chain heads");
	memcpy(bigger.seed, h->seed, sizeof bigger.seed);
	if (h->capacity == 0)
		nonce_random(bigger.seed, sizeof bigger.seed);
	for (const struct head *head = heads_next(h, &at); head != NULL; head = heads_next(h, &at))
		*slot_of(&bigger, (enum heads_role)head->role, &head->id) = *head;
	bigger.count = h->count;
	free(h->slots);
	*h = bigger;
	return OK;
}

/* At most three quarters are ever used. */
struct status heads_reserve(struct heads *h, size_t more)
{
	size_t capacity = h->capacity > 0 ? h->capacity : SMALLEST;

	if (more > SIZE_MAX / 4 - h->count)
		return FAIL_AT(ST_NO_MEMORY, "chain heads");
	while (h->count + more > capacity / 4 * 3)
		capacity *= 2;
	return capacity == h->capacity ? OK : grow(h, capacity);
}

struct status heads_put(struct heads *h, const struct head *head)
{
	struct head *slot = h->count > 0 ? slot_of(h, (enum heads_role)head->role, &head->id) : NULL;

	if (slot == NULL || !slot->used) {
		TRY(heads_reserve(h, 1));
		slot = slot_of(h, (enum heads_role)head->role, &head->id);
		h->count++;
	}
	*slot = *head;
	slot->used = true;
	return OK;
}

struct status heads_extend(struct heads *h, enum heads_role role, const struct uuid *id, uint64_t index,
			   const struct hash *link)
{
	struct head *slot = h->count > 0 ? slot_of(h, role, id) : NULL;

	if (slot == NULL || !slot->used) {
		TRY(heads_reserve(h, 1));
		slot = slot_of(h, role, id);
		get_empty(role, id, slot);
		slot->used = true;
		h->count++;
	}
	head_add(slot, index, link);
	return OK;
}

const struct head *heads_next(const struct heads *h, size_t *at)
{
	while (*at < h->capacity) {
		const struct head *slot = &h->slots[(*at)++];

		if (slot->used)
			return slot;
	}
	return NULL;
}

void heads_empty(struct heads *h)
{
	if (h->capacity > 0)
		memset(h->slots, 0, h->capacity * sizeof *h->slots);
	h->count = 0;
}

void heads_clear(struct heads *h)
{
	free(h->slots);
	*h = (struct heads){0};
}

struct status heads_copy(const struct heads *h, struct heads *out)
{
	struct heads copy = *h;

	if (h->capacity > 0) {
		copy.slots = reallocarray(NULL, h->capacity, sizeof *copy.slots);
		if (copy.slots == NULL)
			return FAIL_AT(ST_NO_MEMORY, "chain heads");
		memcpy(copy.slots, h->slots, h->capacity * sizeof *copy.slots);
	}
	*out = copy;
	return OK;
}
