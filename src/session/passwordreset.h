/* SPDX-License-Identifier: Apache-2.0 */
/**
 * passwordreset: the one-time code with which somebody who forgot his password sets a
 * new one, beside the proof of his key (docs/AUTHENTICATION.md, "Life of a login").
 *
 * 1. 128 random bits, shown once; the store has only their SHA-256 (PROMISES#S1).
 * 2. One a user: a newer one ends the older.  It ends after a day, with its first use, when the password
 *    is changed otherwise, and with what ends somebody's sessions: disabled, a new key, factors reset.
 * 3. Changed in the committer's transaction only: of two uses at once one counts.
 */
#ifndef SESSION_PASSWORDRESET_H
#define SESSION_PASSWORDRESET_H

#include "store.h"

#define PASSWORDRESET_MS   (24ull * 3600 * 1000)
#define PASSWORDRESET_TEXT 22 /* base64url of 16 bytes */

struct passwordreset {
	struct user_id user;
	struct hash code;
	uint64_t ends; /* ms since 1970 */
};
/**
 * passwordreset_make(txn, user, now, code, replaced):
 * ${code} becomes a new secret of PASSWORDRESET_TEXT characters and a NUL; ${replaced}: an older one ended with it.
 */
MUST_CHECK struct status passwordreset_make(struct store_txn *txn, const struct user_id *user, uint64_t now,
					    struct secret *code, bool *replaced);
/** passwordreset_get(view, user, now, out): the one that is good; ST_NOT_FOUND ("code"). */
MUST_CHECK struct status passwordreset_get(struct store_view *view, const struct user_id *user, uint64_t now,
					   struct passwordreset *out);
/** passwordreset_check(reset, typed): pure; ST_UNPROVEN.  White space around it does not matter. */
MUST_CHECK struct status passwordreset_check(const struct passwordreset *reset, struct text typed);
/** passwordreset_take(txn, reset, now): use it up; ST_UNPROVEN when it is another one by now, or none. */
MUST_CHECK struct status passwordreset_take(struct store_txn *txn, const struct passwordreset *reset, uint64_t now);
/** passwordreset_over(view, now, out, max, count): users whose code has ended; the earliest first. */
MUST_CHECK struct status passwordreset_over(struct store_view *view, uint64_t now, struct user_id *out, size_t max,
					    size_t *count);
/** passwordreset_end(txn, user): whatever code there is opens nothing any more; OK without one, too. */
MUST_CHECK struct status passwordreset_end(struct store_txn *txn, const struct user_id *user);
/** passwordreset_remove(txn, user): ST_NOT_FOUND. */
MUST_CHECK struct status passwordreset_remove(struct store_txn *txn, const struct user_id *user);

#endif /* !SESSION_PASSWORDRESET_H */
