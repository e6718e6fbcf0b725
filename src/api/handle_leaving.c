/* SPDX-License-Identifier: Apache-2.0 */
/* handle_leaving: what somebody who leaves would leave behind (docs/AUTHENTICATION.md, "Life of a login"). */
#include "form.h"
#include "leaving.h"
#include "render.h"
#include "route.h"

static struct status put_file(void *context, const struct leaving_file *f)
{
	struct jsonwriter *w = context;

	jsonwriter_object(w, NULL);
	jsonwriter_id(w, "patient", ID_PATIENT, &f->patient.uuid);
	jsonwriter_bool(w, "handed_over", f->handed_over);
	jsonwriter_u64(w, "holders", f->holders);
	jsonwriter_end(w);
	return w->failure;
}

static struct status read_question(struct call *c, struct leaving *l, struct page *page)
{
	const struct text to = form_get(&c->query, TEXT("to"));
	struct permit_facts facts;

	l->time = call_now(c);
	TRY(route_id(c, "user", ID_USER, &l->owner.uuid));
	if (to.at != NULL)
		TRY(id_parse(ID_USER, to, &l->to.uuid));
	TRY(call_query_u64(c, "since", 0, &page->since));
	TRY(facts_user(call_view(c), &l->owner, l->time, &facts));
	return OK;
}

void handle_user_files(struct call *c, struct bytes body)
{
	struct page page = {.limit = LIMIT_PAGE};
	struct leaving leaving = {.time = 0};
	struct jsonwriter w = call_writer(c);
	struct status s = read_question(c, &leaving, &page);

	(void)body;
	jsonwriter_object(&w, NULL);
	jsonwriter_array(&w, "items");
	if (ok(s))
		s = leaving_files(call_view(c), c->pass, &leaving, &page, put_file, &w);
	jsonwriter_end(&w);
	render_page_end(&w, &page);
	call_deliver(c, &w, s,
		     &(struct piece_subject){.kind = PIECE_USER,
					     .id = leaving.owner.uuid,
					     .detail = TEXT("patient files he owns, by id")});
}
