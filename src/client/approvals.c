/* SPDX-License-Identifier: Apache-2.0 */
#include "approvals.h"

#include "changeset.h"
#include "pages.h"
#include "proof.h"
#include "rights.h"

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

static void find(const struct directory_state *d, const struct user_id *id, uint64_t position, bool *known,
		 struct person *out)
{
	*known = ok(directory_state_find(d, id, position, out));
}

/** Author, and what he has to do with the file: as its statements say, or as much as he could for who has it not. */
static void gather(const struct directory_state *d, const struct patient_state *file, const struct placed *p,
		   const struct statement *s, struct authority_facts *f)
{
	f->fingerprint = d->fingerprint;
	f->position = p->leaf;
	f->time = p->time;
	find(d, &s->head.author, p->leaf, &f->author_known, &f->author);
	if (file == NULL) {
		f->author_grant = (struct authority_grant){.exists = true, .permissions = RIGHT_DELETE};
		return;
	}
	f->owner = file->owner;
	f->author_grant = patient_state_grant(file, RECIPIENT_USER, &s->head.author.uuid, p->leaf);
	f->end = patient_state_end(file, p->leaf);
}

/** His signature, under the key that he had there, and the rule that the server decided by. */
static struct status decide(struct authority_facts *f, const struct statement *s)
{
	struct p256_public key;

	TRY(authority_key(f, s, &key));
	f->signature_fits = ok(statement_verify(s, &key));
	return authority_decide(f, s);
}

static struct status check_request(const struct directory_state *d, const struct patient_state *file,
				   const struct placed *p, const struct statement *r)
{
	struct authority_facts f = {.patient_known = act_rule(r->request.act)->about == ACT_ABOUT_PATIENT,
				    .owner = r->head.author};

	gather(d, file, p, r, &f);
	find(d, &r->request.user, p->leaf, &f.subject_known, &f.subject);
	return decide(&f, r);
}

static struct status check_decision(const struct directory_state *d, const struct patient_state *file,
				    const struct placed *p, const struct approvals_item *item)
{
	const struct statement *r = &item->request, *s = &item->decision;
	struct authority_facts f = {.head = r->name,
				    .patient_known = act_rule(r->request.act)->about == ACT_ABOUT_PATIENT,
				    .owner = r->head.author,
				    .approval = {.known = true,
						 .ends = item->asked + ACT_LIFE_MS,
						 .request = r->name,
						 .act = r->request.act,
						 .by = r->head.author,
						 .user = r->request.user,
						 .patient = r->request.patient}};

	if (!uuid_equal(&s->decision.approval.uuid, &r->request.approval.uuid))
		return FAIL(ST_UNPROVEN);
	gather(d, file, p, s, &f);
	f.approval.asker_owns = f.patient_known && uuid_equal(&f.owner.uuid, &r->head.author.uuid);
	find(d, &r->head.author, p->leaf, &f.approval.asker_known, &f.approval.asker);
	return decide(&f, s);
}

struct status approvals_judge(const struct directory_state *d, const struct patient_state *file,
			      const struct placed *request, const struct placed *decision, struct approvals_item *out)
{
	struct approvals_item item = {.asked = request->time};

	if (!ok(statement_parse(request->statement, &item.request)) || item.request.kind != STATEMENT_REQUEST)
		return FAIL_AT(ST_CORRUPT, "approval");
	if (file != NULL && !uuid_equal(&item.request.request.patient.uuid, &file->patient.uuid))
		file = NULL;
	if (!ok(check_request(d, file, request, &item.request)))
		return FAIL_AT(ST_CORRUPT, "approval");
	item.has_decision = decision->statement.len > 0;
	if (item.has_decision &&
	    (!ok(statement_parse(decision->statement, &item.decision)) || item.decision.kind != STATEMENT_DECISION ||
	     !ok(check_decision(d, file, decision, &item))))
		return FAIL_AT(ST_CORRUPT, "approval");
	*out = item;
	return OK;
}

/** What it says became of it, and what the statements say: nothing is approved by nobody. */
static bool state_fits(const struct approvals_item *item)
{
	const bool approved = text_equal(item->state, TEXT("approved")) || text_equal(item->state, TEXT("done"));

	if (item->host)
		return !item->has_decision && (!approved || act_rule(item->request.request.act)->host);
	if (text_equal(item->state, TEXT("ended")))
		return true;
	if (text_equal(item->state, TEXT("asked")))
		return !item->has_decision;
	return item->has_decision && (item->decision.decision.verdict == VERDICT_APPROVE) == approved;
}

/** Whom it is told to, and the file that he has at hand. */
struct telling {
	struct site *site;
	const struct patient_state *file;
	approvals_visit *visit;
	void *context;
};

static struct status verify(struct site *s, const struct patient_state *file, const struct item *got,
			    struct approvals_item *out)
{
	const struct placed placed[] = {got->request, got->decision};
	struct approvals_item item;

	TRY(approvals_judge(&s->directory, file, &got->request, &got->decision, &item));
	item.host = got->host;
	item.state = got->state;
	item.decided = got->decided;
	item.ends = got->ends;
	if (!uuid_equal(&item.request.request.approval.uuid, &got->id.uuid) || !state_fits(&item))
		return FAIL_AT(ST_CORRUPT, "approval");
	TRY(proof_check(s, placed, item.has_decision ? 2 : 1, NULL));
	*out = item;
	return OK;
}

/* --- Listing --- */

static struct status show(void *context, const void *item)
{
	const struct telling *t = context;
	struct approvals_item verified;

	TRY(verify(t->site, t->file, item, &verified));
	return t->visit(t->context, &verified);
}

struct status approvals_list(struct site *s, approvals_visit *visit, void *context)
{
	return approvals_list_with(s, NULL, visit, context);
}

struct status approvals_list_with(struct site *s, const struct patient_state *file, approvals_visit *visit,
				  void *context)
{
	struct telling telling = {s, file, visit, context};

	return pages_read(s, &(struct pages){"/v1/approvals", &item_table, show, &telling}, NULL);
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
