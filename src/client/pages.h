/* SPDX-License-Identifier: Apache-2.0 */
/** pages: a list of the server's, one page after the other (`?since=SEQ`, DESIGN section 7). */
#ifndef CLIENT_PAGES_H
#define CLIENT_PAGES_H

#include "jsonfield.h"
#include "site.h"

struct pages {
	const char *path;                                        /* with a query to which `since=SEQ` is put */
	const struct jsonfield_table *item;                      /* of an element of `items` */
	struct status (*visit)(void *context, const void *item); /* a view that lives until it returns */
	void *context;
};
/**
 * pages_read(s, pages, end):
 * Visit every element, in the server's order; a failure of the visitor ends it.  ${end}, which may be NULL, is the
 * `since` behind the last one.  ST_CORRUPT ("answer"): not what openapi.yaml says, or a page that leads nowhere.
 */
MUST_CHECK struct status pages_read(struct site *s, const struct pages *pages, uint64_t *end);

#endif /* !CLIENT_PAGES_H */
