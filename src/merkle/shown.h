/* SPDX-License-Identifier: Apache-2.0 */
/**
 * shown: what an answer showed of one chain of statements, as the leaf of that
 * answer says it (docs/FORMATS.md section 3, "Receipts").
 *
 * The number of statements, a hash over their names from the first to the last, and
 * the size of the log that they were taken from.  Whoever knows the chain can compute
 * it for every length, so an answer that left the newest out is seen to have done so
 * (PROMISES#B2).
 *
 * Pure; server and clients share it.
 */
#ifndef MERKLE_SHOWN_H
#define MERKLE_SHOWN_H

#include "bytes.h"
#include "text.h"

/** `{ 0 }`: nothing was shown. */
struct shown {
	uint64_t count;
	struct hash hash;
	uint64_t size; /* of the log: all that its leaves before this one say was there to be shown */
};

/** shown_add(s, name): the next statement of the chain, by its name. */
MUST_CHECK struct status shown_add(struct shown *s, const struct hash *name);
/** shown_equal(a, b): the same statements, whenever. */
static inline bool shown_equal(const struct shown *a, const struct shown *b)
{
	return a->count == b->count && hash_equal(&a->hash, &b->hash);
}

/** Longer than any detail that shown_put() makes of a few words. */
#define SHOWN_DETAIL_MAX 192
/** shown_put(s, what, out): append `WHAT, N statements HASH, log of SIZE`. */
MUST_CHECK struct status shown_put(const struct shown *s, struct text what, struct buffer *out);
/** shown_parse(detail, out): of such a detail; ST_INVALID for any other. */
MUST_CHECK struct status shown_parse(struct text detail, struct shown *out);

#endif /* !MERKLE_SHOWN_H */
