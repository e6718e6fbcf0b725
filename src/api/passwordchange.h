/* SPDX-License-Identifier: Apache-2.0 */
/**
 * passwordchange: one password in place of another, whoever proved what for it: the present one (handle_password.c),
 * or a code and the user's key (handle_reset.c).  PROMISES#K4, PROMISES#K6, PROMISES#S4.
 */
#ifndef API_PASSWORDCHANGE_H
#define API_PASSWORDCHANGE_H

#include "sessions.h"

/** Part of a call's own. */
struct passwordchange {
	struct text fresh;           /* as passwordtext_normal() makes it */
	bool second_factor;          /* one that proves by itself stands beside it */
	struct credential old, made; /* as it was read; as it will be */
	struct sessions_turn *turn;  /* those that end with it */
};
/** passwordchange_clear(p): wiped. */
void passwordchange_clear(struct passwordchange *p);

/** passwordchange_hash(c, p): slow: makes ${p->made} of the fresh one and of what ${p->old} remembers. */
MUST_CHECK struct status passwordchange_hash(const struct call *c, struct passwordchange *p);
/** passwordchange_allow(c, p, login): slow: ST_INVALID where the policy refuses it to ${login}, or he had it before. */
MUST_CHECK struct status passwordchange_allow(const struct call *c, const struct passwordchange *p, struct text login);
/**
 * passwordchange_put(txn, p, user, but, now):
 * ${p->made} is his from now on; every session of ${user} ends but ${but}, which may be NULL, and he is told.  The
 * caller has asked credential_same(), and cuts ${p->turn} once it is durable.
 */
MUST_CHECK struct status passwordchange_put(struct store_txn *txn, struct passwordchange *p, const struct user_id *user,
					    const struct session_id *but, uint64_t now);

#endif /* !API_PASSWORDCHANGE_H */
