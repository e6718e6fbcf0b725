/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A handle is the serial number of its key above the number of its slot.  Pages
 * are locked one at a time, as they fill, because every page counts against
 * RLIMIT_MEMLOCK.  Free slots form a list that ends at ${capacity}.
 */
#include "keyshelf.h"

#include <stdlib.h>
#include <string.h>

#define PAGE_KEYS 128
#define SLOT_BITS 12
#define SLOT_MASK ((1u << SLOT_BITS) - 1)

_Static_assert(KEYSHELF_MAX == 1u << SLOT_BITS, "every slot number fits a handle");

struct keyshelf_slot {
	uint32_t serial; /* 0: free */
	uint32_t next_free;
	struct epoch_place place;
};

void keyshelf_clear(struct keyshelf *s)
{
	for (size_t i = 0; i < COUNT(s->pages); i++)
		secret_clear(&s->pages[i]);
	free(s->slots);
	/* Serial numbers go on: a handle of before must stay unknown. */
	*s = (struct keyshelf){.serial = s->serial};
}

static struct key *key_at(const struct keyshelf *s, size_t slot)
{
	return (struct key *)(s->pages[slot / PAGE_KEYS].bytes + slot % PAGE_KEYS * sizeof(struct key));
}

/* One more page of slots, all free, in front of the free list. */
static struct status grow(struct keyshelf *s)
{
	size_t page = s->capacity / PAGE_KEYS;

	if (s->capacity == KEYSHELF_MAX)
		return FAIL_AT(ST_TOO_MANY, "keys held");
	struct keyshelf_slot *slots = realloc(s->slots, (s->capacity + PAGE_KEYS) * sizeof *slots);
	if (slots == NULL)
		return FAIL_AT(ST_NO_MEMORY, "keys held");
	s->slots = slots;
	TRY(secret_empty(PAGE_KEYS * sizeof(struct key), &s->pages[page]));
	for (size_t i = s->capacity; i < s->capacity + PAGE_KEYS; i++)
		s->slots[i] = (struct keyshelf_slot){.next_free = (uint32_t)i + 1};
	s->first_free = (uint32_t)s->capacity;
	s->capacity += PAGE_KEYS;
	return OK;
}

struct status keyshelf_put(struct keyshelf *s, const struct epoch_place *place, const struct key *key,
			   struct epoch_handle *out)
{
	if (s->first_free == s->capacity)
		TRY(grow(s));
	if (s->serial == UINT32_MAX)
		return FAIL_AT(ST_TOO_MANY, "keys held");
	uint32_t slot = s->first_free;
	s->first_free = s->slots[slot].next_free;
	s->slots[slot] = (struct keyshelf_slot){.serial = ++s->serial, .place = *place};
	*key_at(s, slot) = *key;
	*out = (struct epoch_handle){(uint64_t)s->serial << SLOT_BITS | slot};
	return OK;
}

static struct keyshelf_slot *find(const struct keyshelf *s, struct epoch_handle handle)
{
	uint64_t serial = handle.value >> SLOT_BITS;
	size_t slot = handle.value & SLOT_MASK;

	if (serial == 0 || slot >= s->capacity || s->slots[slot].serial != serial)
		return NULL;
	return &s->slots[slot];
}

struct status keyshelf_get(const struct keyshelf *s, struct epoch_handle handle, struct keyshelf_key *out)
{
	const struct keyshelf_slot *slot = find(s, handle);

	if (slot == NULL)
		return FAIL_AT(ST_NOT_FOUND, "key handle");
	*out = (struct keyshelf_key){&slot->place, key_at(s, (size_t)(slot - s->slots))};
	return OK;
}

void keyshelf_drop(struct keyshelf *s, struct epoch_handle handle)
{
	struct keyshelf_slot *slot = find(s, handle);

	if (slot == NULL)
		return;
	uint32_t number = (uint32_t)(slot - s->slots);
	secret_wipe(key_at(s, number), sizeof(struct key));
	*slot = (struct keyshelf_slot){.next_free = s->first_free};
	s->first_free = number;
}
