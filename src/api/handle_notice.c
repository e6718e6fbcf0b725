/* SPDX-License-Identifier: Apache-2.0 */
/* handle_notice: a user's notices, his own and those to everybody of his profile, and that he has read them. */
#include "noticelist.h"
#include "render.h"
#include "route.h"

static struct status put(void *context, const struct notice *n, bool read)
{
	struct jsonwriter *w = context;

	jsonwriter_object(w, NULL);
	jsonwriter_id(w, "id", ID_NOTICE, &n->id.uuid);
	jsonwriter_u64(w, "seq", n->seq);
	jsonwriter_time(w, "time", n->last);
	jsonwriter_time(w, "first", n->first);
	jsonwriter_u64(w, "count", n->count);
	jsonwriter_text(w, "kind", n->kind);
	jsonwriter_string(w, "severity", notice_severity_word(n->severity));
	jsonwriter_string(w, "text", n->sentence);
	jsonwriter_text(w, "detail", n->detail);
	jsonwriter_bool(w, "read", read);
	jsonwriter_end(w);
	return w->failure;
}

static struct status give(struct call *c, struct jsonwriter *w)
{
	struct page page = {0};

	TRY(call_query_page(c, &page));
	jsonwriter_object(w, NULL);
	jsonwriter_array(w, "items");
	TRY(noticelist(call_view(c), c->pass, &page, put, w));
	jsonwriter_end(w);
	render_page_end(w, &page);
	return OK;
}

void handle_notices(struct call *c, struct bytes body)
{
	struct jsonwriter w = call_writer(c);
	struct status s = give(c, &w);

	(void)body;
	call_deliver(c, &w, s, &(struct piece_subject){.kind = PIECE_SITE, .detail = TEXT("notices")});
}

/* --- Read --- */

struct read_body {
	uint64_t seq;
};
static const struct jsonfield read_rows[] = {
	{.name = "seq",
	 .type = JSONFIELD_U64,
	 .offset = offsetof(struct read_body, seq),
	 .required = true,
	 .max = INT64_MAX},
};
static const struct jsonfield_table read_table = JSONFIELD_TABLE(struct read_body, read_rows);

static struct status apply(struct call *c, struct store_txn *txn, const struct record_log *log)
{
	const struct read_body *sent = c->own;
	struct event event = {.kind = LEAF_LIST,
			      .result = LEAF_DONE,
			      .subject = {.kind = PIECE_SITE, .detail = TEXT("notices read")}};
	uint64_t leaf;

	TRY(noticelist_mark(txn, c->pass, sent->seq));
	call_actor(c, &event.actor);
	return log->add(log->context, txn, &event, &leaf);
}

void handle_notices_read(struct call *c, struct bytes body)
{
	void *room;
	struct status s = arena_take(&c->arena, sizeof(struct read_body), &room);

	if (ok(s))
		s = call_json(c, body, &read_table, room);
	if (!ok(s)) {
		call_refuse(c, s);
		return;
	}
	c->own = room;
	call_settle_change(c, OK, apply, call_respond_nothing);
}
