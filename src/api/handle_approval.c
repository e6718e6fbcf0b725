/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handle_approval: acts of two persons that were asked for, for who may see them.  Asking and deciding are statements
 * (handle_change.c).
 */
#include "approval.h"
#include "listing.h"
#include "render.h"
#include "route.h"

static struct status put_approval(void *context, const struct approval_shown *shown)
{
	const struct approval *a = &shown->approval;
	const struct listing_statement request = {shown->request, shown->request_leaf, a->asked};
	const struct listing_statement decision = {shown->decision, shown->decision_leaf, a->decided};
	struct jsonwriter *w = context;

	jsonwriter_object(w, NULL);
	jsonwriter_id(w, "id", ID_APPROVAL, &a->id.uuid);
	jsonwriter_u64(w, "seq", a->seq);
	jsonwriter_text(w, "act", vocabulary_word(VOCABULARY_ACT, (uint32_t)a->act));
	jsonwriter_string(w, "state", approval_word(a->state));
	jsonwriter_bool(w, "host", a->host);
	if (a->due != 0)
		jsonwriter_time(w, "ends", a->due);
	if (a->decided != 0)
		jsonwriter_time(w, "decided", a->decided);
	render_statement(w, "request", &request);
	if (decision.statement.len > 0)
		render_statement(w, "decision", &decision);
	jsonwriter_end(w);
	return w->failure;
}

void handle_approvals(struct call *c, struct bytes body)
{
	struct page page = {.limit = LIMIT_PAGE};
	struct jsonwriter w = call_writer(c);
	struct status s = call_query_u64(c, "since", 0, &page.since);

	(void)body;
	jsonwriter_object(&w, NULL);
	jsonwriter_array(&w, "items");
	if (ok(s))
		s = approval_list(call_view(c), c->pass, call_now(c), &page, put_approval, &w);
	jsonwriter_end(&w);
	render_page_end(&w, &page);
	call_deliver(c, &w, s, &(struct piece_subject){.kind = PIECE_SITE, .detail = TEXT("approvals")});
}
