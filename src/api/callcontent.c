/* SPDX-License-Identifier: Apache-2.0 */
/* What a call is asked with and answers with: bodies and queries (see call.h). */
#include "call.h"

/* Rows of a page whose length was not asked for. */
#define PAGE_DEFAULT 100

static const struct text json_type = {"application/json", 16};

/* --- Bodies --- */

struct status call_json(struct call *c, struct bytes body, const struct jsonfield_table *table, void *target)
{
	TRY(json_parse(body, &json_limits_body, &c->document));
	return jsonfield_read(json_root(&c->document), table, &c->arena, target, &c->refusal);
}

struct jsonwriter call_writer(struct call *c)
{
	c->body.len = 0;
	return jsonwriter_of(&c->body);
}

void call_written(struct call *c, struct jsonwriter *w)
{
	struct status s = jsonwriter_done(w);

	c->http = c->http != 0 ? c->http : 200;
	c->content_type = json_type;
	if (!ok(s))
		c->failure = s;
}

void call_deliver(struct call *c, struct jsonwriter *w, struct status s, const struct piece_subject *subject)
{
	if (!ok(s)) {
		call_refuse(c, s);
		return;
	}
	call_written(c, w);
	call_event(c, LEAF_LIST, subject);
	call_settle(c, NULL);
}

void call_respond_nothing(struct call *c)
{
	c->http = 204;
	c->body.len = 0;
}

/* --- Queries --- */

struct status call_query_u64(struct call *c, const char *name, uint64_t otherwise, uint64_t *out)
{
	struct text value = form_get(&c->query, text_of(name));

	*out = otherwise;
	if (value.at == NULL)
		return OK;
	struct status s = text_to_u64(value, 0, INT64_MAX, out);
	if (!ok(s))
		c->problem.field = text_of(name);
	return s;
}

struct status call_query_page(struct call *c, struct page *page)
{
	uint64_t limit;

	TRY(call_query_u64(c, "since", 0, &page->since));
	TRY(call_query_u64(c, "limit", PAGE_DEFAULT, &limit));
	if (limit == 0 || limit > LIMIT_PAGE) {
		c->problem.field = TEXT("limit");
		c->problem.limited = true;
		c->problem.limit = LIMIT_PAGE;
		return FAIL_AT(ST_INVALID, "limit");
	}
	page->limit = (uint32_t)limit;
	return OK;
}
