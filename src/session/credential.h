/* SPDX-License-Identifier: Apache-2.0 */
/**
 * credential: the password of a user, as a hash in a sealed row (PROMISES#S1).
 *
 * Hashing takes tens of milliseconds and 19 MiB: credential_check() and
 * credential_hash() run on the bounded pool, never on a loop or the committer.
 */
#ifndef SESSION_CREDENTIAL_H
#define SESSION_CREDENTIAL_H

#include "p256.h"
#include "password.h"
#include "store.h"

struct credential {
	char hash[PASSWORD_HASH_MAX];
	uint64_t changed; /* ms since 1970 */
};

/** OWASP's and RFC 9106's second choice: 19 MiB, 2 passes. */
extern const struct argon2_cost credential_cost;

/** credential_setup(): once per process: hash and key that unknown logins are checked against. */
MUST_CHECK struct status credential_setup(void);
/** credential_get(view, user, out): ST_NOT_FOUND before enrolment. */
MUST_CHECK struct status credential_get(struct store_view *view, const struct user_id *user, struct credential *out);
/** credential_nobody(out): of an unknown login; checking a password against it takes as long as against a real one. */
void credential_nobody(struct credential *out);
/** credential_nobody_key(): a signing key that nobody has, to verify an unknown login's proof against. */
const struct p256_public *credential_nobody_key(void);
/** credential_as_if(view): read what a known login's row would have been, and forget it. */
void credential_as_if(struct store_view *view);
/** credential_check(c, password): slow.  ST_UNPROVEN. */
MUST_CHECK struct status credential_check(const struct credential *c, struct bytes password);
/** credential_hash(password, now, out): slow. */
MUST_CHECK struct status credential_hash(struct bytes password, uint64_t now, struct credential *out);
/** credential_put(txn, user, c): set or replace. */
MUST_CHECK struct status credential_put(struct store_txn *txn, const struct user_id *user, const struct credential *c);

#endif /* !SESSION_CREDENTIAL_H */
