/* SPDX-License-Identifier: Apache-2.0 */
/**
 * scratchkey: room for a key for the length of one call, in locked memory, without a
 * system call.  (A struct secret costs ten of them; opening one header needs five
 * intermediate keys.)
 *
 * Each thread has one locked page of its own, which goes with the thread.
 */
#ifndef SEAL_SCRATCHKEY_H
#define SEAL_SCRATCHKEY_H

#include "secret.h"

/* At the same time in one thread; the deepest call takes six. */
#define SCRATCHKEY_MAX 32

/** `{ 0 }` is empty: `AUTO(scratchkey) key = {0};`.  There is room for two keys, key[0] and key[1]. */
struct scratchkey {
	struct key *key;
};
/** scratchkey_take(out): zeroed.  ST_NO_MEMORY. */
MUST_CHECK struct status scratchkey_take(struct scratchkey *out);
/** scratchkey_clear(s): wiped and given back, in the thread that took it. */
void scratchkey_clear(struct scratchkey *s);

static inline struct bytes scratchkey_bytes(const struct scratchkey *s)
{
	return bytes_of(s->key->bytes, sizeof s->key->bytes);
}

#endif /* !SEAL_SCRATCHKEY_H */
