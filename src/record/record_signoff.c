/* SPDX-License-Identifier: Apache-2.0 */
/* Acceptance of the code of conduct, access reviews: one chain each, no row but the statement's own. */
#include "listing_statements.h"
#include "record_file.h"
#include "signoff.h"
#include "userrow.h"

static enum permit_action action_of(const struct statement *s)
{
	return s->kind == STATEMENT_REVIEW ? PERMIT_REVIEW : PERMIT_SESSION_OWN;
}

static struct status newest(struct store_view *view, const struct hash *subject, enum statement_kind kind,
			    struct signoff *out)
{
	AUTO(row) row = {0};
	struct record_stored stored;
	struct statement s;
	const struct status got = record_row_newest(view, subject, &row, &stored);

	*out = (struct signoff){0};
	if (got.code == ST_NOT_FOUND)
		return OK;
	TRY(got);
	if (!ok(statement_parse(stored.bytes, &s)) || s.kind != kind)
		return FAIL_AT(ST_CORRUPT, "statement");
	out->name = s.name;
	out->leaf = stored.leaf;
	out->time = stored.time;
	if (kind == STATEMENT_CONDUCT)
		out->conduct = s.conduct;
	else
		out->review = s.review;
	return OK;
}

struct status signoff_conduct(struct store_view *view, const struct user_id *user, struct signoff *out)
{
	struct hash subject;

	TRY(statement_subject_conduct(user, &subject));
	return newest(view, &subject, STATEMENT_CONDUCT, out);
}

/** Each user's last acceptance, on the way through the users. */
struct gathering {
	struct store_view *view;
	struct status (*visit)(void *context, const struct listing_statement *s);
	void *context;
};
static struct status visit_user(void *context, const struct row *user)
{
	AUTO(row) row = {0};
	const struct gathering *g = context;
	const struct user_id id = {row_uuid(user, COLUMN_USER_ID)};
	struct record_stored stored;
	struct hash subject;

	TRY(statement_subject_conduct(&id, &subject));
	const struct status got = record_row_newest(g->view, &subject, &row, &stored);
	if (got.code == ST_NOT_FOUND)
		return OK;
	TRY(got);
	return g->visit(g->context, &(struct listing_statement){stored.bytes, stored.leaf, stored.time});
}

struct status signoff_conducts(struct store_view *view, const struct permit_pass *pass,
			       struct status (*visit)(void *context, const struct listing_statement *s), void *context)
{
	struct store_range everybody = {.index = TABLE_NONE};
	struct gathering g = {view, visit, context};

	TRY(permit_demand(pass, PERMIT_LOG_ADMINISTRATION, NULL));
	return record_row_scan(view, TABLE_USER, &everybody, visit_user, &g);
}

struct status signoff_review(struct store_view *view, struct signoff *out)
{
	struct hash subject;

	TRY(statement_subject_review(&subject));
	return newest(view, &subject, STATEMENT_REVIEW, out);
}

struct status signoff_review_since(struct store_view *view, uint64_t *out)
{
	AUTO(row) row = {0};
	struct record_stored first;
	struct signoff last;
	struct hash subject;

	TRY(signoff_review(view, &last));
	if (!hash_is_zero(&last.name)) {
		*out = last.time;
		return OK;
	}
	TRY(statement_subject_site(&subject));
	TRY(record_row_newest(view, &subject, &row, &first));
	*out = first.time;
	return OK;
}

struct status signoff_reviews(struct store_view *view, const struct permit_pass *pass, struct page *page,
			      struct status (*visit)(void *context, const struct listing_statement *s), void *context)
{
	AUTO(listing_statements) rest = {0};
	struct hash subject;

	TRY(permit_demand(pass, PERMIT_LOG_ADMINISTRATION, NULL));
	TRY(statement_subject_review(&subject));
	TRY(listing_statements_add(&rest, view, &subject, page->since));
	listing_statements_sort(&rest);
	const size_t count = rest.count < page->limit ? rest.count : page->limit;
	page->more = rest.count > count;
	page->next = count > 0 ? rest.list[count - 1].seq : page->since;
	return listing_statements_visit(&rest, view, count, visit, context);
}

/** The author's row lives as long as the facts. */
static struct status gather(struct record_file *f, const struct record_item *item, struct row *author,
			    struct authority_facts *facts)
{
	const struct statement *s = &item->parsed;
	struct p256_public signed_by;
	struct signoff before;
	const struct status got = userrow_get(f->txn->view, &s->head.author, author, &facts->author);

	facts->author_known = ok(got);
	if (!ok(got) && got.code != ST_NOT_FOUND)
		return got;
	TRY(s->kind == STATEMENT_REVIEW ? signoff_review(f->txn->view, &before)
					: signoff_conduct(f->txn->view, &s->head.author, &before));
	facts->fingerprint = f->change->fingerprint;
	facts->position = POSITION_NOW;
	facts->time = f->log->time;
	facts->head = before.name;
	if (s->kind == STATEMENT_REVIEW)
		facts->reviewed_until = before.review.until;
	facts->signature_fits =
		ok(authority_key(facts, s, &signed_by)) && (item->verified || ok(statement_verify(s, &signed_by)));
	return OK;
}

struct status record_signoff_apply(struct record_file *f, const struct record_item *item)
{
	AUTO(row) author = {0};
	struct authority_facts facts = {0};
	const struct permit_pass *pass;
	struct permit_room room;

	TRY(record_file_close(f)); /* an open patient file is of no use to this decision */
	TRY(record_file_pass(f, action_of(&item->parsed), &room, &pass));
	TRY(gather(f, item, &author, &facts));
	f->change->head = facts.head;
	TRY(authority_decide(&facts, &item->parsed));
	TRY(permit_demand(pass, action_of(&item->parsed), NULL));
	return record_file_enter(f, item);
}
