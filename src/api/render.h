/* SPDX-License-Identifier: Apache-2.0 */
/** render: what listings give, as the JSON of openapi.yaml; no tree in between. */
#ifndef API_RENDER_H
#define API_RENDER_H

#include "jsonwriter.h"
#include "listing.h"
#include "logread.h"

void render_statement(struct jsonwriter *w, const char *name, const struct listing_statement *s);
/** render_statement_row(w, s): an element of a list, as its visitor; ${w} is a struct jsonwriter. */
MUST_CHECK struct status render_statement_row(void *w, const struct listing_statement *s);
void render_rights(struct jsonwriter *w, const char *name, uint32_t rights);
void render_user(struct jsonwriter *w, const struct listing_user *user);
void render_wrapped(struct jsonwriter *w, const struct listing_wrapped *wrapped);
void render_record(struct jsonwriter *w, const char *name, const struct listing_record *r);
void render_patient(struct jsonwriter *w, const struct listing_patient *p);
void render_access(struct jsonwriter *w, const struct listing_access *a);
/** render_page_end(w, page): where the next page begins, and the end of the object. */
void render_page_end(struct jsonwriter *w, const struct page *page);

/** Which pieces of an entry may be shown; the other one's digest stands in its place. */
struct render_shown {
	bool actor, subject;
};
void render_entry(struct jsonwriter *w, const struct logread_opening *o, struct render_shown shown);

#endif /* !API_RENDER_H */
