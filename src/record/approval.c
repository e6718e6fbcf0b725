/* SPDX-License-Identifier: Apache-2.0 */
#include "approval.h"

#include <stdio.h>
#include <string.h>

#include "approvalrow.h"
#include "listing.h"
#include "record_row.h"

const char *approval_word(enum approval_state state)
{
	static const char *const words[] = {[APPROVAL_ASKED] = "asked",
					    [APPROVAL_APPROVED] = "approved",
					    [APPROVAL_REFUSED] = "refused",
					    [APPROVAL_ENDED] = "ended",
					    [APPROVAL_DONE] = "done"};

	return words[state];
}

/* ---- Seeing ---- */

bool approval_visible(struct store_view *view, const struct permit_facts *user, const struct approval *a)
{
	struct permit_facts facts = *user;
	struct facts_relation relation;

	if (user->profile == PROFILE_ADMINISTRATOR || user->profile == PROFILE_AUDITOR ||
	    uuid_equal(&user->user.uuid, &a->by.uuid) || uuid_equal(&user->user.uuid, &a->user.uuid))
		return true;
	if (uuid_is_zero(&a->patient.uuid) || !ok(facts_related(view, &user->user, &a->patient, &relation)) ||
	    !relation.related || !ok(facts_file(view, &a->patient, &facts)))
		return false;
	return (facts_power(&facts) & RIGHT_DELETE) != 0;
}

/** The two rows live as long as what is shown of them. */
struct shown_rows {
	struct row request, decision;
};
static void shown_rows_clear(struct shown_rows *r)
{
	row_clear(&r->request);
	row_clear(&r->decision);
}

static struct status show(struct store_view *view, const struct approval *a, approval_visit *visit, void *context)
{
	AUTO(shown_rows) rows = {0};
	struct approval_shown shown = {.approval = *a};
	struct record_stored stored;

	TRY(record_row_statement_at(view, a->request, &rows.request, &stored));
	shown.request = stored.bytes;
	shown.request_leaf = stored.leaf;
	if (a->decision != 0) {
		TRY(record_row_statement_at(view, a->decision, &rows.decision, &stored));
		shown.decision = stored.bytes;
		shown.decision_leaf = stored.leaf;
	}
	return visit(context, &shown);
}

/** What is over by its time is over, whether its leaf is written yet or not. */
static struct approval as_of(const struct approval *a, uint64_t time)
{
	struct approval now = *a;

	if (now.due != 0 && now.due <= time) {
		now.state = APPROVAL_ENDED;
		now.due = 0;
	}
	return now;
}

/** Rows are gathered first: showing them reads other tables through the same view. */
struct gathered {
	struct approval *list;
	size_t count;
	uint64_t next;
};
static struct status gather(void *context, const struct row *row)
{
	struct gathered *g = context;
	struct approval a;

	TRY(approval_read(row, &a));
	g->next = a.seq;
	g->list[g->count++] = a;
	return OK;
}

#define PIECE 64
/** One piece of a page. */
static struct status list_piece(struct store_view *view, const struct permit_facts *user, struct page *page,
				approval_visit *visit, void *context)
{
	struct approval list[PIECE];
	struct gathered g = {.list = list, .next = page->next};
	const uint32_t limit = page->limit < PIECE ? page->limit : PIECE;
	const struct store_range range = {
		.index = INDEX_APPROVAL_SEQ, .after_count = 1, .after = {ROW_NUMBER(page->next)}, .limit = limit};

	TRY(store_scan(view, TABLE_APPROVAL, &range, gather, &g));
	for (size_t i = 0; i < g.count; i++) {
		const struct approval now = as_of(&list[i], user->time);
		if (approval_visible(view, user, &now))
			TRY(show(view, &now, visit, context));
	}
	page->next = g.next;
	page->limit -= (uint32_t)g.count;
	page->more = g.count == limit;
	return OK;
}

struct status approval_list(struct store_view *view, const struct permit_pass *pass, uint64_t time, struct page *page,
			    approval_visit *visit, void *context)
{
	struct permit_facts user;

	TRY(permit_demand(pass, PERMIT_APPROVAL, NULL));
	TRY(facts_user(view, permit_user(pass), time, &user));
	page->next = page->since;
	page->more = true;
	while (page->more && page->limit > 0)
		TRY(list_piece(view, &user, page, visit, context));
	return OK;
}

struct opening {
	struct store_view *view;
	uint64_t time;
	approval_visit *visit;
	void *context;
	struct approval list[PIECE];
	size_t count;
};
static struct status take_open(void *context, const struct approval *a)
{
	struct opening *o = context;

	if (a->due > o->time && o->count < COUNT(o->list))
		o->list[o->count++] = *a;
	return OK;
}

struct status approval_open(struct store_view *view, uint64_t time, approval_visit *visit, void *context)
{
	struct opening o = {.time = time};

	TRY(approvalrow_pending(view, take_open, &o));
	for (size_t i = 0; i < o.count; i++)
		TRY(show(view, &o.list[i], visit, context));
	return OK;
}

/* ---- Leaves that are no statements ---- */

static struct status log_step(struct store_txn *txn, const struct record_log *log, struct event *event,
			      const struct approval *a, const char *what)
{
	char detail[128];
	uint64_t leaf;

	(void)snprintf(detail, sizeof detail, "%s: %.*s %s", what,
		       TEXT_ARG(vocabulary_word(VOCABULARY_ACT, (uint32_t)a->act)),
		       id_print(ID_APPROVAL, &a->id.uuid).at);
	event->time = log->time;
	event->subject =
		(struct piece_subject){.kind = PIECE_USER, .id = approval_concerns(a)->uuid, .detail = text_of(detail)};
	return log->add(log->context, txn, event, &leaf);
}

struct status approval_done(struct store_txn *txn, const struct record_log *log, const struct piece_actor *actor,
			    struct approval *a)
{
	struct event event = {.kind = LEAF_ADMINISTRATION, .result = LEAF_DONE, .actor = *actor};

	a->state = APPROVAL_DONE;
	a->due = 0;
	TRY(approvalrow_put(txn, a));
	return log_step(txn, log, &event, a, "carried out");
}

/* ---- The host as second party ---- */

static struct status check_host(struct store_txn *txn, const struct record_log *log, const struct approval_by_host *d,
				const struct approval *a)
{
	/* Two hosts' words are not needed, so nobody has to be in office: the host is nobody's second account. */
	const struct approvalrow_place place = {.time = log->time};
	struct authority_facts facts = {.time = log->time};
	const struct statement s = {.kind = STATEMENT_DECISION, .decision = {d->id, d->verdict, d->reason}};

	TRY(approvalrow_facts(txn->view, a, &place, &facts.approval));
	if (d->verdict == VERDICT_APPROVE && !act_rule(a->act)->host)
		return FAIL_AT(ST_DENIED, "host: this act takes a second person");
	return authority_act_answer(&facts, &s);
}

struct status approval_decide_by_host(struct store_txn *txn, const struct record_log *log,
				      const struct approval_by_host *d, struct approval *out)
{
	struct event event = {.kind = LEAF_ADMINISTRATION, .result = LEAF_DONE, .actor = {.detail = d->reason}};

	TRY(approval_get(txn->view, &d->id, out));
	TRY(check_host(txn, log, d, out));
	approvalrow_decided(out, d->verdict, log->time);
	out->host = true;
	TRY(approvalrow_put(txn, out));
	return log_step(txn, log, &event, out,
			d->verdict == VERDICT_APPROVE ? "approved by the host" : "refused by the host");
}

/* ---- What becomes of it ---- */

struct finding {
	const struct approval_wanted *wanted;
	struct approval found;
	bool any;
};
static struct status fits(void *context, const struct approval *a)
{
	struct finding *f = context;
	const struct approval_wanted *w = f->wanted;

	if (a->state != APPROVAL_APPROVED || a->act != w->act || a->due <= w->time ||
	    !uuid_equal(&a->patient.uuid, &w->patient.uuid) || !uuid_equal(&a->by.uuid, &w->by.uuid))
		return OK;
	f->found = *a;
	f->any = true;
	return OK;
}

struct status approval_find(struct store_view *view, const struct approval_wanted *wanted, struct approval *out)
{
	struct finding f = {.wanted = wanted};

	TRY(approvalrow_pending(view, fits, &f));
	if (!f.any)
		return FAIL_AT(ST_NOT_FOUND, "approval");
	*out = f.found;
	return OK;
}

struct overdue {
	uint64_t time;
	struct approval list[PIECE];
	size_t count;
};
static struct status note_overdue(void *context, const struct approval *a)
{
	struct overdue *o = context;

	if (a->due <= o->time && o->count < COUNT(o->list))
		o->list[o->count++] = *a;
	return OK;
}

struct status approval_any_due(struct store_view *view, uint64_t time, bool *out)
{
	struct overdue o = {.time = time};

	TRY(approvalrow_pending(view, note_overdue, &o));
	*out = o.count > 0;
	return OK;
}

struct status approval_end_due(struct store_txn *txn, const struct record_log *log, size_t *count)
{
	struct overdue o = {.time = log->time};

	TRY(approvalrow_pending(txn->view, note_overdue, &o));
	for (size_t i = 0; i < o.count; i++) {
		struct event event = {.kind = LEAF_EXPIRY, .result = LEAF_DONE};
		o.list[i].state = APPROVAL_ENDED;
		o.list[i].due = 0;
		TRY(approvalrow_put(txn, &o.list[i]));
		TRY(log_step(txn, log, &event, &o.list[i], "ended"));
	}
	*count = o.count;
	return OK;
}
