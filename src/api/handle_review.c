/* SPDX-License-Identifier: Apache-2.0 */
/* handle_review: the access reviews that auditors signed (PROMISES#S3); they are signed by way of `POST /v1/changes`.
 */
#include "render.h"
#include "route.h"
#include "signoff.h"

static struct status put_review(void *context, const struct listing_statement *s)
{
	struct jsonwriter *w = context;

	render_statement(w, NULL, s);
	return w->failure;
}

void handle_reviews(struct call *c, struct bytes body)
{
	struct jsonwriter w = call_writer(c);

	(void)body;
	jsonwriter_object(&w, NULL);
	jsonwriter_array(&w, "items");
	struct status s = signoff_reviews(call_view(c), c->pass, put_review, &w);
	jsonwriter_end(&w);
	jsonwriter_u64(&w, "interval_days", settings_value(c->loop->service->settings, SETTING_REVIEW_INTERVAL));
	jsonwriter_end(&w);
	call_written(c, &w);
	if (!ok(s)) {
		c->http = 0;
		call_refuse(c, s);
		return;
	}
	call_event(c, LEAF_LIST, &(struct piece_subject){.kind = PIECE_SITE, .detail = TEXT("reviews")});
	call_settle(c, NULL);
}
