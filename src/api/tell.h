/* SPDX-License-Identifier: Apache-2.0 */
/**
 * tell: the notices of what handlers and the host do, each within the change that it
 * tells of (PROMISES#S4).  Others are put where they arise: notice.h.
 */
#ifndef API_TELL_H
#define API_TELL_H

#include "blocks.h"
#include "notice.h"
#include "service.h"
#include "session.h"

/** A lock that has just begun. */
struct tell_lock {
	const struct lockout *lockout;
	const struct user_id *tried; /* whose login the last failure was of; NULL: nobody's */
	struct bytes address;        /* from where; 4, 16 or 0 bytes */
	uint64_t now;
};
/** tell_locked(txn, lock): to whom it stops, and to administrators. */
MUST_CHECK struct status tell_locked(struct store_txn *txn, const struct tell_lock *lock);
/** tell_lifted(txn, lifted, now): likewise. */
MUST_CHECK struct status tell_lifted(struct store_txn *txn, const struct blocks_lifted *lifted, uint64_t now);

/** A session that was just opened. */
struct tell_sign_in {
	const struct service *service;
	const struct person *person;
	uint64_t password_changed;
	bool known; /* the device had signed in before */
	struct text label;
	const struct session *session;
	struct bytes address;
};
/**
 * tell_sign_in(txn, in, unread):
 * A new device; a password that ends within a fortnight (PROMISES#K6).  ${unread}: how
 * many he has not read, these among them.
 */
MUST_CHECK struct status tell_sign_in(struct store_txn *txn, const struct tell_sign_in *in, uint64_t *unread);

/** tell_setting(txn, change, now): to administrators. */
MUST_CHECK struct status tell_setting(struct store_txn *txn, const struct setting_change *change, uint64_t now);

/** tell_rekeying(txn, user, now): to the owners of files whose keys ${user} holds, who may read them no more. */
MUST_CHECK struct status tell_rekeying(struct store_txn *txn, const struct user_id *user, uint64_t now);

#endif /* !API_TELL_H */
