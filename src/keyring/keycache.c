/* SPDX-License-Identifier: Apache-2.0 */
#include "keycache.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS KEYCACHE_KEYS
#define NONE    0 /* links are index + 1 */

struct keycache_entry {
	struct key_name name;
	bool used;     /* since the hand last passed */
	uint32_t born; /* which of all puts it was */
	uint16_t next; /* in the same bucket, or free: index + 1 */
};

struct status keycache_new(struct keycache *out)
{
	AUTO(keycache) c = {0};

	TRY(secret_empty(KEYCACHE_KEYS * sizeof(struct key), &c.slab));
	c.entries = calloc(KEYCACHE_KEYS, sizeof *c.entries);
	c.buckets = calloc(BUCKETS, sizeof *c.buckets);
	if (c.entries == NULL || c.buckets == NULL)
		return FAIL_AT(ST_NO_MEMORY, "key cache");
	secret_random(&c.seed, sizeof c.seed);
	*out = c;
	c = (struct keycache){0};
	return OK;
}

void keycache_clear(struct keycache *c)
{
	secret_clear(&c->slab);
	free(c->entries);
	free(c->buckets);
	*c = (struct keycache){0};
}

static struct key *key_at(const struct keycache *c, size_t i)
{
	return (struct key *)c->slab.bytes + i;
}

static uint16_t *bucket_of(const struct keycache *c, const struct key_name *name)
{
	return &c->buckets[key_name_hash(name, c->seed) % BUCKETS];
}

/* The link that leads to ${name}; it holds NONE when it is not there. */
static uint16_t *link_to(const struct keycache *c, const struct key_name *name)
{
	uint16_t *link = bucket_of(c, name);

	while (*link != NONE && !key_name_equal(&c->entries[*link - 1].name, name))
		link = &c->entries[*link - 1].next;
	return link;
}

bool keycache_has(struct keycache *c, const struct key_name *name)
{
	uint16_t at = *link_to(c, name);

	if (at != NONE)
		c->entries[at - 1].used = true;
	return at != NONE;
}

bool keycache_find(struct keycache *c, const struct key_name *name, struct key *out)
{
	uint16_t at = *link_to(c, name);

	if (at == NONE)
		return false;
	c->entries[at - 1].used = true;
	*out = *key_at(c, at - 1u);
	return true;
}

/* A place that holds nothing has a name of scope 0, which no key has. */
static void vacate(struct keycache *c, size_t i)
{
	struct keycache_entry *e = &c->entries[i];

	if (e->name.bytes[0] == 0)
		return;
	*link_to(c, &e->name) = e->next;
	*e = (struct keycache_entry){0};
	secret_wipe(key_at(c, i), sizeof(struct key));
}

/* The keys of one message have not been used yet when the last of them comes: none makes room for another. */
static bool is_of_this_message(const struct keycache *c, const struct keycache_entry *e)
{
	return (uint32_t)(c->puts - e->born) < KEYWIRE_KEYS_MAX;
}

/* Second chance: who was used since the hand last passed is passed over once. */
static size_t make_room(struct keycache *c)
{
	if (c->used < KEYCACHE_KEYS)
		return c->used++;
	while (c->entries[c->hand].used || is_of_this_message(c, &c->entries[c->hand])) {
		c->entries[c->hand].used = false;
		c->hand = (c->hand + 1) % KEYCACHE_KEYS;
	}
	size_t i = c->hand;
	c->hand = (c->hand + 1) % KEYCACHE_KEYS;
	vacate(c, i);
	return i;
}

void keycache_put(struct keycache *c, const struct key_name *name, const struct key *key)
{
	uint16_t present = *link_to(c, name);

	if (present != NONE) {
		*key_at(c, present - 1u) = *key;
		return;
	}
	size_t i = make_room(c);
	uint16_t *bucket = bucket_of(c, name);
	c->entries[i] = (struct keycache_entry){.name = *name, .born = c->puts++, .next = *bucket};
	*bucket = (uint16_t)(i + 1);
	*key_at(c, i) = *key;
}

void keycache_empty(struct keycache *c)
{
	secret_wipe(c->slab.bytes, c->slab.len);
	memset(c->entries, 0, KEYCACHE_KEYS * sizeof *c->entries);
	memset(c->buckets, 0, BUCKETS * sizeof *c->buckets);
	c->used = 0;
	c->hand = 0;
}
