/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and decisions of acts of two persons; what carrying one out means is not known here (api/acts.c). */
#include "approvalrow.h"
#include "record_file.h"
#include "userrow.h"

/* Requests of one person that wait at once: somebody is to read them. */
#define WAITING_MAX 20

/* ---- Facts ---- */

static struct status find_person(struct store_view *view, const struct user_id *id, struct row *row, bool *known,
				 struct person *out)
{
	const struct status got = userrow_get(view, id, row, out);

	*known = ok(got);
	return got.code == ST_NOT_FOUND ? OK : got;
}

/** What the author has to do with the patient file, if it is about one; none for who may not see it. */
static struct status gather_file(struct record_file *f, const struct patient_id *patient, struct authority_facts *facts)
{
	struct permit_facts seen;
	bool exists;

	if (uuid_is_zero(&patient->uuid))
		return OK;
	TRY(facts_user(f->txn->view, &f->change->actor.user, f->log->time, &seen));
	const struct status got = facts_visible(f->txn->view, patient, &seen, &exists);
	if (got.code == ST_NOT_FOUND || got.code == ST_DENIED || got.code == ST_GONE)
		return OK;
	TRY(got);
	facts->patient_known = true;
	facts->author_grant = seen.grant;
	facts->end = seen.end;
	if (seen.owner)
		facts->owner = seen.user;
	return OK;
}

/** The rows of author and subject live as long as the facts. */
struct parties {
	struct row author, subject;
};
static void parties_clear(struct parties *p)
{
	row_clear(&p->author);
	row_clear(&p->subject);
}

static struct approvalrow_place place_of(const struct record_file *f)
{
	return (struct approvalrow_place){f->log->time, f->change->office_ms};
}

static struct status gather(struct record_file *f, const struct record_item *item, struct parties *rows,
			    struct authority_facts *facts)
{
	struct store_view *view = f->txn->view;
	const struct statement *s = &item->parsed;
	struct p256_public signed_by;

	facts->fingerprint = f->change->fingerprint;
	facts->position = POSITION_NOW;
	facts->time = f->log->time;
	TRY(find_person(view, &s->head.author, &rows->author, &facts->author_known, &facts->author));
	if (facts->author_known)
		TRY(approvalrow_fresh(view, &facts->author, f->change->office_ms, f->log->time, &facts->author_fresh));
	facts->signature_fits =
		ok(authority_key(facts, s, &signed_by)) && (item->verified || ok(statement_verify(s, &signed_by)));
	return OK;
}

/* ---- Asking ---- */

struct asked_before {
	const struct statement *statement;
	const struct user_id *by;
	uint64_t time;
	size_t waiting;
	bool same;
};
static struct status compare(void *context, const struct approval *a)
{
	struct asked_before *b = context;
	const struct statement_request *r = &b->statement->request;

	if (a->due <= b->time)
		return OK;
	b->waiting += uuid_equal(&a->by.uuid, &b->by->uuid) ? 1 : 0;
	b->same = b->same || (a->act == r->act && uuid_equal(&a->user.uuid, &r->user.uuid) &&
			      uuid_equal(&a->patient.uuid, &r->patient.uuid));
	return OK;
}

static struct status gather_request(struct record_file *f, const struct statement *s, struct parties *rows,
				    struct authority_facts *facts)
{
	struct asked_before before = {.statement = s, .by = &s->head.author, .time = f->log->time};
	struct approval other;

	TRY(gather_file(f, &s->request.patient, facts));
	if (!uuid_is_zero(&s->request.user.uuid))
		TRY(find_person(f->txn->view, &s->request.user, &rows->subject, &facts->subject_known,
				&facts->subject));
	TRY(approvalrow_pending(f->txn->view, compare, &before));
	if (before.waiting >= WAITING_MAX)
		return FAIL_AT(ST_TOO_MANY, "approvals");
	facts->asked_before = before.same || ok(approval_get(f->txn->view, &s->request.approval, &other));
	return OK;
}

static struct status enter(struct record_file *f, const struct record_item *item, const struct approval *a)
{
	f->concerned = *approval_concerns(a);
	f->act = a->act;
	return record_file_enter(f, item);
}

static struct status write_request(struct record_file *f, const struct record_item *item)
{
	const struct statement_request *r = &item->parsed.request;
	struct approval a = {.id = r->approval,
			     .due = f->log->time + ACT_LIFE_MS,
			     .act = r->act,
			     .state = APPROVAL_ASKED,
			     .by = item->parsed.head.author,
			     .user = r->user,
			     .patient = r->patient,
			     .asked = f->log->time};

	TRY(enter(f, item, &a));
	a.request = f->entered;
	return approvalrow_put(f->txn, &a);
}

/* ---- Deciding ---- */

/** For who may not see it there is none (PROMISES#K9). */
static struct status gather_decision(struct record_file *f, const struct statement *s, struct approval *a,
				     struct authority_facts *facts)
{
	const struct approvalrow_place place = place_of(f);
	struct permit_facts user;

	TRY(approval_get(f->txn->view, &s->decision.approval, a));
	TRY(facts_user(f->txn->view, &f->change->actor.user, f->log->time, &user));
	if (!approval_visible(f->txn->view, &user, a))
		return FAIL_AT(ST_NOT_FOUND, "approval");
	TRY(gather_file(f, &a->patient, facts));
	TRY(approvalrow_facts(f->txn->view, a, &place, &facts->approval));
	facts->head = facts->approval.request;
	return OK;
}

static struct status write_decision(struct record_file *f, const struct record_item *item, struct approval *a)
{
	approvalrow_decided(a, item->parsed.decision.verdict, f->log->time);
	TRY(enter(f, item, a));
	a->decision = f->entered;
	return approvalrow_put(f->txn, a);
}

struct status record_approval_apply(struct record_file *f, const struct record_item *item)
{
	const struct statement *s = &item->parsed;
	AUTO(parties) rows = {0};
	struct authority_facts facts = {0};
	struct approval a = {0};
	const struct permit_pass *pass;
	struct permit_room room;

	TRY(record_file_close(f)); /* an open patient file is of no use to this decision */
	TRY(record_file_pass(f, PERMIT_APPROVAL, &room, &pass));
	TRY(gather(f, item, &rows, &facts));
	if (s->kind == STATEMENT_REQUEST)
		TRY(gather_request(f, s, &rows, &facts));
	else
		TRY(gather_decision(f, s, &a, &facts));
	f->change->head = facts.head;
	TRY(authority_decide(&facts, s));
	TRY(permit_demand(pass, PERMIT_APPROVAL, NULL));
	return s->kind == STATEMENT_REQUEST ? write_request(f, item) : write_decision(f, item, &a);
}
