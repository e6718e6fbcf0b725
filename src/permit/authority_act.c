/* SPDX-License-Identifier: Apache-2.0 */
/* Nobody is two persons: not the asker, and nobody about whom it is. */
#include "authority_act.h"

#include "act.h"

#define SUBJECT "subject: it is about you; another administrator does it"

static bool same_user(const struct user_id *a, const struct user_id *b)
{
	return uuid_equal(&a->uuid, &b->uuid);
}

static struct act_party author_of(const struct authority_facts *f)
{
	const bool owner = f->patient_known && same_user(&f->owner, &f->author.id);

	return (struct act_party){&f->author, f->author_fresh, owner,
				  authority_power(&f->author, owner, &f->author_grant, f->time)};
}

const char *authority_act_asker(const struct authority_facts *f, const struct statement *s)
{
	const struct act_party party = author_of(f);

	if (same_user(&s->request.user, &f->author.id))
		return SUBJECT;
	return act_rule(s->request.act)->asks(&party);
}

const char *authority_act_decider(const struct authority_facts *f, const struct statement *s)
{
	const bool refuses = s->decision.verdict == VERDICT_REFUSE;
	const struct authority_approval *a = &f->approval;
	struct act_party party = author_of(f);

	if (!a->known)
		return "approval";
	/* Whoever asked may think better of it, and nothing else. */
	if (same_user(&a->by, &f->author.id))
		return refuses ? NULL
			       : "himself: who asked cannot approve; another administrator or the host does "
				 "(tacenda approve, tacendad approve)";
	if (same_user(&a->user, &f->author.id))
		return SUBJECT;
	/* A refusal sets nothing in motion, and a colleague whose office was begun anew has to be heard. */
	party.fresh = party.fresh && !refuses;
	return act_rule(a->act)->decides(&party);
}

struct status authority_act_request(const struct authority_facts *f, const struct statement *s)
{
	const struct statement_request *r = &s->request;
	const bool of_user = act_rule(r->act)->about == ACT_ABOUT_USER;

	if (uuid_is_zero(&r->user.uuid) == of_user)
		return FAIL_AT(ST_INVALID, "user");
	if (uuid_is_zero(&r->patient.uuid) != of_user)
		return FAIL_AT(ST_INVALID, "patient");
	if (of_user && !f->subject_known)
		return FAIL_AT(ST_NOT_FOUND, "user");
	if (of_user && !f->subject.enrolled)
		return FAIL_AT(ST_CONFLICT, "invited");
	if (!of_user && authority_ended(&f->end, f->time))
		return FAIL_AT(ST_GONE, "patient");
	return f->asked_before ? FAIL_AT(ST_CONFLICT, "asked") : OK;
}

/** What was asked for is asked by somebody who still may. */
static bool asker_still_may(const struct authority_facts *f)
{
	const struct authority_approval *a = &f->approval;
	const struct act_party asker = {&a->asker, a->asker_fresh, a->asker_owns,
					authority_power(&a->asker, a->asker_owns, &a->asker_grant, f->time)};

	return a->asker_known && a->asker.state == USER_ACTIVE && act_rule(a->act)->asks(&asker) == NULL;
}

struct status authority_act_answer(const struct authority_facts *f, const struct statement *s)
{
	const struct authority_approval *a = &f->approval;

	if (a->decided)
		return FAIL_AT(ST_CONFLICT, "decided");
	if (f->time >= a->ends)
		return FAIL_AT(ST_GONE, "approval");
	if (s->decision.verdict == VERDICT_REFUSE)
		return s->decision.reason.len > 0 ? OK : FAIL_AT(ST_INVALID, "reason");
	return asker_still_may(f)
		       ? OK
		       : FAIL_AT(ST_DENIED, "asker: who asked may no longer ask; refuse it (tacenda refuse ID)");
}
