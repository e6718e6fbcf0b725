/* SPDX-License-Identifier: Apache-2.0 */
/** listing_statements: statements of several chains, put into the order of the log.  Internal to this module. */
#ifndef RECORD_LISTING_STATEMENTS_H
#define RECORD_LISTING_STATEMENTS_H

#include "listing.h"
#include "record_row.h"

struct listing_named {
	uint64_t seq, leaf;
	struct hash name;
};
/** `{0}` is a valid empty list. */
struct listing_statements {
	struct listing_named *list;
	size_t count, capacity;
};
void listing_statements_clear(struct listing_statements *l);
/** listing_statements_add(l, view, subject, since): those of one chain with a higher sequence number. */
MUST_CHECK struct status listing_statements_add(struct listing_statements *l, struct store_view *view,
						const struct hash *subject, uint64_t since);
/** listing_statements_sort(l): by leaf; one statement once. */
void listing_statements_sort(struct listing_statements *l);
/** listing_statements_visit(l, view, count, visit, context): the first ${count}. */
MUST_CHECK struct status
listing_statements_visit(const struct listing_statements *l, struct store_view *view, size_t count,
			 struct status (*visit)(void *context, const struct listing_statement *s), void *context);

/** listing_statements_at(view, seq, row, out): the one of that number, read into ${row}; a missing one is ST_CORRUPT.
 */
MUST_CHECK struct status listing_statements_at(struct store_view *view, uint64_t seq, struct row *row,
					       struct listing_statement *out);
/** listing_statements_get(view, name, row, out): the same by name. */
MUST_CHECK struct status listing_statements_get(struct store_view *view, const struct hash *name, struct row *row,
						struct listing_statement *out);

#endif /* !RECORD_LISTING_STATEMENTS_H */
