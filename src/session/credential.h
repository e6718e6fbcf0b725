/* SPDX-License-Identifier: Apache-2.0 */
/**
 * credential: the password of a user, as a hash in a sealed row (PROMISES#S1).
 *
 * Hashing takes tens of milliseconds and 19 MiB or more: what is called slow here runs on the bounded pool, never on a
 * loop or the committer.
 */
#ifndef SESSION_CREDENTIAL_H
#define SESSION_CREDENTIAL_H

#include "p256.h"
#include "password.h"
#include "store.h"

/* The ones before the present password that are remembered: with it, the longest history of any policy. */
#define CREDENTIAL_HISTORY 11

struct credential {
	char hash[PASSWORD_HASH_MAX];
	uint64_t changed;                                    /* ms since 1970 */
	char history[CREDENTIAL_HISTORY][PASSWORD_HASH_MAX]; /* newest first */
	size_t history_count;
};

/** credential_setup(): once per process: hash and key that unknown logins are checked against. */
MUST_CHECK struct status credential_setup(void);
/** credential_get(view, user, out): ST_NOT_FOUND before enrolment. */
MUST_CHECK struct status credential_get(struct store_view *view, const struct user_id *user, struct credential *out);
/** credential_nobody(cost, out): of an unknown login: checking a password against it takes as long as at that cost. */
void credential_nobody(struct argon2_cost cost, struct credential *out);
/** credential_nobody_key(): a signing key that nobody has, to verify an unknown login's proof against. */
const struct p256_public *credential_nobody_key(void);
/** credential_as_if(view): read what a known login's row would have been, and forget it. */
void credential_as_if(struct store_view *view);
/** credential_check(c, password): slow.  ST_UNPROVEN. */
MUST_CHECK struct status credential_check(const struct credential *c, struct bytes password);
/** credential_was(c, password, count): slow: whether it is one of the last ${count}, the present one included. */
bool credential_was(const struct credential *c, struct bytes password, size_t count);
/** credential_hash(password, cost, now, out): slow; without history. */
MUST_CHECK struct status credential_hash(struct bytes password, struct argon2_cost cost, uint64_t now,
					 struct credential *out);
/** credential_follow(old, made): ${old} and what it remembers become the history of ${made}. */
void credential_follow(const struct credential *old, struct credential *made);
/** credential_weaker(c, cost): hashed with less memory or fewer passes than ${cost}. */
bool credential_weaker(const struct credential *c, struct argon2_cost cost);
/** credential_raise(c, password, cost): slow: the same password hashed anew; ${c} is its own otherwise. */
MUST_CHECK struct status credential_raise(struct credential *c, struct bytes password, struct argon2_cost cost);
/** credential_same(view, user, c): ST_CONFLICT ("password") when the row has another password by now. */
MUST_CHECK struct status credential_same(struct store_view *view, const struct user_id *user,
					 const struct credential *c);
/** credential_put(txn, user, c): set or replace. */
MUST_CHECK struct status credential_put(struct store_txn *txn, const struct user_id *user, const struct credential *c);

#endif /* !SESSION_CREDENTIAL_H */
