/* SPDX-License-Identifier: Apache-2.0 */
#include "passwordchange.h"

#include "notice.h"

void passwordchange_clear(struct passwordchange *p)
{
	secret_wipe(&p->old, sizeof p->old);
	secret_wipe(&p->made, sizeof p->made);
}

struct status passwordchange_hash(const struct call *c, struct passwordchange *p)
{
	const struct argon2_cost cost = service_password_cost(c->loop->service);

	TRY(credential_hash(text_bytes(p->fresh), cost, call_now(c), &p->made));
	credential_follow(&p->old, &p->made);
	return OK;
}

struct status passwordchange_allow(const struct call *c, const struct passwordchange *p, struct text login)
{
	const struct service *s = c->loop->service;
	const struct passwordrule *rule = service_password_rule(s);
	const struct passwordrule_about about = {
		.login = login, .site = s->name, .list = s->passwords, .second_factor = p->second_factor};

	TRY(passwordrule_check(rule, p->fresh, &about));
	return credential_was(&p->old, text_bytes(p->fresh), rule->history)
		       ? FAIL_AT(ST_INVALID, "new: you had this password before; choose a new one")
		       : OK;
}

struct status passwordchange_put(struct store_txn *txn, struct passwordchange *p, const struct user_id *user,
				 const struct session_id *but, uint64_t now)
{
	const struct session_choice others = {.except = but};

	/* The committer may have called this before, in a round whose log was full. */
	p->turn->ended_count = 0;
	TRY(credential_put(txn, user, &p->made));
	TRY(session_end_all(txn, user, &others, sessions_note, p->turn));
	return notice_put(txn, notice_to_user(user), NOTICE_PASSWORD_CHANGED, (struct text){0}, now);
}
