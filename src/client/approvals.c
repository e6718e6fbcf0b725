/* SPDX-License-Identifier: Apache-2.0 */
#include "approvals.h"

#include "changeset.h"
#include "pages.h"
#include "proof.h"

/* --- What the answer looks like --- */

struct item {
	struct approval_id id;
	uint64_t seq, ends, decided;
	struct text act, state;
	bool host;
	struct placed request, decision;
};
#define ITEM(field, kind, member, ...) \
	{ \
		.name = (field), .type = (kind), .offset = offsetof(struct item, member), __VA_ARGS__ \
	}
static const struct jsonfield item_rows[] = {
	ITEM("id", JSONFIELD_ID, id, .required = true, .id = ID_APPROVAL),
	ITEM("seq", JSONFIELD_U64, seq, .required = true),
	ITEM("act", JSONFIELD_TEXT, act, .required = true, .max = 31),
	ITEM("state", JSONFIELD_TEXT, state, .required = true, .max = 31),
	ITEM("host", JSONFIELD_BOOL, host, .required = true),
	ITEM("ends", JSONFIELD_TIME, ends, .required = false),
	ITEM("decided", JSONFIELD_TIME, decided, .required = false),
	ITEM("request", JSONFIELD_OBJECT, request, .required = true, .table = &placed_table),
	ITEM("decision", JSONFIELD_OBJECT, decision, .table = &placed_table),
};
static const struct jsonfield_table item_table = JSONFIELD_TABLE(struct item, item_rows);

/* --- Verifying --- */

static void find(struct site *s, const struct user_id *id, uint64_t position, bool *known, struct person *out)
{
	*known = ok(directory_state_find(&s->directory, id, position, out));
}

/** His signature, under the key that he had there. */
static struct status check_signed(struct site *s, const struct placed *p, struct authority_facts *f,
				  const struct statement *parsed)
{
	struct p256_public key;

	f->fingerprint = s->directory.fingerprint;
	f->position = p->leaf;
	f->time = p->time;
	find(s, &parsed->head.author, p->leaf, &f->author_known, &f->author);
	TRY(authority_key(f, parsed, &key));
	f->signature_fits = ok(statement_verify(parsed, &key));
	return f->signature_fits ? OK : FAIL(ST_UNPROVEN);
}

/** About a patient file the owner decides with the file at hand; about a user the directory says all that it takes. */
static struct status check_request(struct site *s, const struct placed *p, const struct statement *r)
{
	struct authority_facts f = {0};

	TRY(check_signed(s, p, &f, r));
	if (act_rule(r->request.act)->about == ACT_ABOUT_PATIENT)
		return OK;
	find(s, &r->request.user, p->leaf, &f.subject_known, &f.subject);
	return authority_decide(&f, r);
}

static struct status check_decision(struct site *s, const struct placed *p, const struct approvals_item *item)
{
	const struct statement *r = &item->request, *d = &item->decision;
	struct authority_facts f = {.head = r->name,
				    .approval = {.known = true,
						 .ends = item->asked + ACT_LIFE_MS,
						 .request = r->name,
						 .act = r->request.act,
						 .by = r->head.author,
						 .user = r->request.user,
						 .patient = r->request.patient}};

	TRY(check_signed(s, p, &f, d));
	if (!uuid_equal(&d->decision.approval.uuid, &r->request.approval.uuid) ||
	    !hash_equal(&d->head.previous, &r->name))
		return FAIL(ST_UNPROVEN);
	if (act_rule(r->request.act)->about == ACT_ABOUT_PATIENT)
		return uuid_equal(&d->head.author.uuid, &r->head.author.uuid) && d->decision.verdict == VERDICT_APPROVE
			       ? FAIL(ST_UNPROVEN)
			       : OK;
	find(s, &r->head.author, p->leaf, &f.approval.asker_known, &f.approval.asker);
	return authority_decide(&f, d);
}

/** What it says became of it, and what the statements say: nothing is approved by nobody. */
static bool state_fits(const struct approvals_item *item)
{
	const bool approved = text_equal(item->state, TEXT("approved")) || text_equal(item->state, TEXT("done"));

	if (item->host || text_equal(item->state, TEXT("ended")))
		return true;
	if (text_equal(item->state, TEXT("asked")))
		return !item->has_decision;
	return item->has_decision && (item->decision.decision.verdict == VERDICT_APPROVE) == approved;
}

static struct status verify(struct site *s, const struct item *got, struct approvals_item *out)
{
	struct approvals_item item = {.host = got->host,
				      .state = got->state,
				      .asked = got->request.time,
				      .decided = got->decided,
				      .ends = got->ends,
				      .has_decision = got->decision.statement.len > 0};
	const struct placed placed[] = {got->request, got->decision};

	if (!ok(statement_parse(got->request.statement, &item.request)) || item.request.kind != STATEMENT_REQUEST ||
	    !uuid_equal(&item.request.request.approval.uuid, &got->id.uuid) ||
	    !ok(check_request(s, &got->request, &item.request)))
		return FAIL_AT(ST_CORRUPT, "approval");
	if (item.has_decision &&
	    (!ok(statement_parse(got->decision.statement, &item.decision)) ||
	     item.decision.kind != STATEMENT_DECISION || !ok(check_decision(s, &got->decision, &item))))
		return FAIL_AT(ST_CORRUPT, "approval");
	if (!state_fits(&item))
		return FAIL_AT(ST_CORRUPT, "approval");
	TRY(proof_check(s, placed, item.has_decision ? 2 : 1, NULL));
	*out = item;
	return OK;
}

/* --- Listing --- */

struct listing {
	struct site *site;
	approvals_visit *visit;
	void *context;
};
static struct status show(void *context, const void *item)
{
	const struct listing *l = context;
	struct approvals_item verified;

	TRY(verify(l->site, item, &verified));
	return l->visit(l->context, &verified);
}

struct status approvals_list(struct site *s, approvals_visit *visit, void *context)
{
	struct listing listing = {s, visit, context};

	return pages_read(s, &(struct pages){"/v1/approvals", &item_table, show, &listing}, NULL);
}

/* --- Asking and deciding --- */

static struct status send(struct site *s, const struct statement *draft)
{
	AUTO(buffer) bytes = {.max = LIMIT_STATEMENT_BYTES};
	AUTO(changeset) set = {0};

	changeset_begin(s, &set);
	TRY(keyholder_sign(s->options.keys, draft, &bytes));
	TRY(changeset_add(&set, buffer_bytes(&bytes), NULL));
	return changeset_send(&set, NULL);
}

struct status approvals_ask(struct site *s, const struct statement_request *request, struct approval_id *out)
{
	const uint64_t now = clock_wall(s->options.clock);
	struct statement draft = {
		.kind = STATEMENT_REQUEST, .head = keyholder_head(s->options.keys, NULL, now), .request = *request};

	draft.request.approval.uuid = uuid_new(now);
	TRY(send(s, &draft));
	*out = draft.request.approval;
	return OK;
}

struct status approvals_decide(struct site *s, const struct approvals_answer *answer)
{
	const struct statement draft = {
		.kind = STATEMENT_DECISION,
		.head = keyholder_head(s->options.keys, &answer->request, clock_wall(s->options.clock)),
		.decision = {answer->approval, answer->verdict, answer->reason}};

	return send(s, &draft);
}
