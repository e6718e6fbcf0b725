/* SPDX-License-Identifier: Apache-2.0 */
/**
 * entering: what a sign-in and an enrolment have in common: what they are sent, what
 * they hold on their way, and the session that comes of it (PROMISES#S3, PROMISES#K4).
 */
#ifndef API_ENTERING_H
#define API_ENTERING_H

#include "call.h"
#include "secondfactor.h"
#include "sessions.h"
#include "unusual.h"

/** What a sign-in or enrolment holds on its way. */
struct entering {
	struct text login, password, label;
	struct device_id device;
	struct bytes proof; /* the sign-in or key statement */
	bool cookie;
	bool found;
	bool nonce_taken; /* by this sign-in; the committer may call it twice */
	struct user_id user;
	struct person person;         /* its login is not kept */
	struct credential credential; /* as it was checked, or as it will be */
	struct secondfactor_field code;
	struct secondfactor second;
	char checked[PASSWORD_HASH_MAX];
	uint64_t unread; /* notices */
	struct unusual unusual;
	bool raised, must; /* hashed anew at a higher cost; others try this password first */
	struct statement statement;
	struct record_item item; /* enrolment */
	struct record_change change;
	struct record_outcome outcome;
	struct secret token;
	struct session session;
	struct sessions_turn *turn; /* sessions of his that were over */
};

struct device_field {
	struct device_id id;
	struct text label;
};
extern const struct jsonfield_table entering_device_table;

struct entering_body {
	struct text login, password;
	struct bytes proof;
	struct device_field device;
	struct secondfactor_field code;
	bool cookie;
};
#define ENTERING(field, kind, member, ...) \
	{ \
		.name = (field), .type = (kind), .offset = offsetof(struct entering_body, member), .required = true, \
		__VA_ARGS__ \
	}

/** entering_begin(c, body, table, out): of a struct entering_body; it becomes the call's own. */
MUST_CHECK struct status entering_begin(struct call *c, struct bytes body, const struct jsonfield_table *table,
					struct entering **out);
/** entering_about(c): what the password is judged by. */
struct passwordrule_about entering_about(const struct call *c);
/** entering_open(c, txn, log, detail): open the session, log it; ${detail} is of the leaf's actor. */
MUST_CHECK struct status entering_open(struct call *c, struct store_txn *txn, const struct record_log *log,
				       const char *detail);
/** entering_effect(c), entering_respond(c): of a session that was opened; for call.effect and call.respond. */
void entering_effect(struct call *c);
void entering_respond(struct call *c);

#endif /* !API_ENTERING_H */
