/* SPDX-License-Identifier: Apache-2.0 */
/* handle_review: the access reviews that auditors signed (PROMISES#S3); they are signed by way of `POST /v1/changes`.
 */
#include "render.h"
#include "route.h"
#include "signoff.h"

void handle_reviews(struct call *c, struct bytes body)
{
	struct page page = {.limit = LIMIT_PAGE};
	struct jsonwriter w = call_writer(c);
	struct status s = call_query_u64(c, "since", 0, &page.since);

	(void)body;
	jsonwriter_object(&w, NULL);
	jsonwriter_array(&w, "items");
	if (ok(s))
		s = signoff_reviews(call_view(c), c->pass, &page, render_statement_row, &w);
	jsonwriter_end(&w);
	jsonwriter_u64(&w, "next", page.next);
	jsonwriter_bool(&w, "more", page.more);
	jsonwriter_u64(&w, "interval_days", settings_value(c->loop->service->settings, SETTING_REVIEW_INTERVAL));
	jsonwriter_end(&w);
	call_deliver(c, &w, s, &(struct piece_subject){.kind = PIECE_SITE, .detail = TEXT("reviews")});
}
