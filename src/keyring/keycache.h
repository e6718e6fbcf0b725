/* SPDX-License-Identifier: Apache-2.0 */
/**
 * keycache: keys that keyd has given out, in one guarded slab, found by name.
 * When it is full the second-chance clock makes room.  Owned by one thread.
 */
#ifndef KEYRING_KEYCACHE_H
#define KEYRING_KEYCACHE_H

#include "keywire.h"
#include "secret.h"

/* 128 KiB of locked memory a thread: sixteen threads stay below a quarter of the
 * 8 MiB that an ordinary service may lock. */
#define KEYCACHE_KEYS 4096

/** `{ 0 }` is no cache; made by keycache_new(), ended by keycache_clear(). */
struct keycache {
	struct secret slab; /* KEYCACHE_KEYS keys */
	struct keycache_entry *entries;
	uint16_t *buckets;
	uint64_t seed;
	size_t used, hand;
	uint32_t puts;
};
MUST_CHECK struct status keycache_new(struct keycache *out);
void keycache_clear(struct keycache *c);

/** keycache_find(c, name, out): ${out} is guarded memory; false when it is not there. */
bool keycache_find(struct keycache *c, const struct key_name *name, struct key *out);
/** keycache_has(c, name): without taking it out; counts as use. */
bool keycache_has(struct keycache *c, const struct key_name *name);
/** keycache_put(c, name, key): perhaps in the place of another, but of none of the last KEYWIRE_KEYS_MAX that were put.
 */
void keycache_put(struct keycache *c, const struct key_name *name, const struct key *key);
/** keycache_empty(c): wipe all. */
void keycache_empty(struct keycache *c);

#endif /* !KEYRING_KEYCACHE_H */
