/* SPDX-License-Identifier: Apache-2.0 */
/**
 * lockout: sign-ins that failed in a row, counted in sealed rows, and the lock that
 * follows (PROMISES#K5).
 *
 * Three things are counted: a login as strangers' devices try it, a device that has
 * signed in before, and a source address (IPv6 by /64).  So many failures in a row lock
 * the one they are counted for, for 15 minutes, then an hour, then a day; a lock ends by
 * itself.  A success begins a login or device anew; an address forgets by time alone,
 * or one good account would buy guesses at all others.
 *
 * While it is locked nothing is counted, so a lock cannot be made longer.
 * Changed in the committer's transaction only: no race wins a guess, no restart forgets.
 */
#ifndef SESSION_LOCKOUT_H
#define SESSION_LOCKOUT_H

#include "store.h"

enum lockout_kind { LOCKOUT_LOGIN = 1, LOCKOUT_DEVICE = 2, LOCKOUT_ADDRESS = 3 };

#define LOCKOUT_SUBJECT_MAX 16
struct lockout_subject {
	enum lockout_kind kind;
	uint8_t id[LOCKOUT_SUBJECT_MAX];
	size_t len;
};
struct lockout_subject lockout_login(const struct user_id *user);
struct lockout_subject lockout_device(const struct device_id *device);
/** lockout_address(address, out): 4 or 16 bytes; false for none, which is never locked. */
bool lockout_address(struct bytes address, struct lockout_subject *out);
/** lockout_kind_word(kind): "login", "device", "address". */
const char *lockout_kind_word(enum lockout_kind kind);

struct lockout {
	struct lockout_subject subject;
	struct hash token;    /* names its row */
	uint64_t seen, until; /* ms since 1970: the last failure counted; locked before ${until} */
	uint32_t count, level;
};
/** lockout_holds(view, subject, now, locked): ST_CORRUPT when its row is damaged: nobody may be let in then. */
MUST_CHECK struct status lockout_holds(struct store_view *view, const struct lockout_subject *subject, uint64_t now,
				       bool *locked);
/** lockout_read(row, out): of a row of table `failure`. */
MUST_CHECK struct status lockout_read(const struct row *row, struct lockout *out);

/** lockout_count(txn, subject, limit, now, out): one failure more; out->until is past ${now} when it has just locked.
 */
MUST_CHECK struct status lockout_count(struct store_txn *txn, const struct lockout_subject *subject, uint32_t limit,
				       uint64_t now, struct lockout *out);
/** lockout_forget(txn, token): begin anew; ST_NOT_FOUND where there is nothing to forget. */
MUST_CHECK struct status lockout_forget(struct store_txn *txn, const struct hash *token);
/** lockout_succeed(txn, subject): a sign-in succeeded: begin anew. */
MUST_CHECK struct status lockout_succeed(struct store_txn *txn, const struct lockout_subject *subject);
/** lockout_list(view, visit, context): rows of table `failure`, the newest failure first, a page of them. */
MUST_CHECK struct status lockout_list(struct store_view *view, store_visit *visit, void *context);

/** lockout_oldest(view, visit, context): the same, the oldest first. */
MUST_CHECK struct status lockout_oldest(struct store_view *view, store_visit *visit, void *context);

#endif /* !SESSION_LOCKOUT_H */
