/* SPDX-License-Identifier: Apache-2.0 */
/**
 * arena: memory of one request, freed and wiped as a whole.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "text.h"

struct arena_block;
/** `{ .max = N }` is a valid empty arena that hands out at most N bytes. */
struct arena {
	struct arena_block *blocks;
	size_t used, max;
};

/** arena_take(a, len, out): zeroed, 16-byte aligned; ST_TOO_BIG past the ceiling. */
MUST_CHECK struct status arena_take(struct arena *a, size_t len, void **out);
MUST_CHECK struct status arena_copy(struct arena *a, struct bytes from, struct bytes *out);
/** arena_text(a, t, out): a copy with a terminating NUL after its length. */
MUST_CHECK struct status arena_text(struct arena *a, struct text t, struct text *out);
/** arena_clear(a): wipe and free everything handed out; ${a} is empty again. */
void arena_clear(struct arena *a);
/** arena_reset(a): the same, but a first block of the usual size stays for what is handed out next. */
void arena_reset(struct arena *a);

#endif /* !BASE_ARENA_H */
