/* SPDX-License-Identifier: Apache-2.0 */
/**
 * disclosure: what everybody was shown of one patient file, compared with what there
 * was.  Its owner walks the file's whole chain; each answer in it says how many
 * statements it held, and of which log (shown.h).  An answer that left out what the
 * leaves of that log say was there is the server's own, signed proof that it withheld
 * it; that the log was no older than what was known is seen to by who asked
 * (receipts.h; PROMISES#B2).
 */
#ifndef CLIENT_DISCLOSURE_H
#define CLIENT_DISCLOSURE_H

#include "entry.h"
#include "shown.h"

struct disclosure_item;
/** `{ 0 }` is a valid empty one. */
struct disclosure {
	struct disclosure_item *items;
	size_t count, capacity;
};
void disclosure_clear(struct disclosure *d);
/** disclosure_take(d, index, read): the next entry of the chain; any order. */
MUST_CHECK struct status disclosure_take(struct disclosure *d, uint64_t index, const struct entry_read *read);
/**
 * disclosure_check(d, leaf):
 * After the whole chain was taken.  ST_CORRUPT ("withheld ..."): ${leaf} is the oldest
 * answer that showed another chain than there was, or less of it.
 */
MUST_CHECK struct status disclosure_check(struct disclosure *d, uint64_t *leaf);

#endif /* !CLIENT_DISCLOSURE_H */
