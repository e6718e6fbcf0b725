/* SPDX-License-Identifier: Apache-2.0 */
/** acts: what carrying out an act of two persons means, one row an act (docs/AUTHENTICATION.md). */
#ifndef API_ACTS_H
#define API_ACTS_H

#include "approval.h"
#include "session.h"

/** acts_tell_asked(txn, approval, now): whoever may decide by his profile is told. */
MUST_CHECK struct status acts_tell_asked(struct store_txn *txn, const struct approval *approval, uint64_t now);
/** acts_tell_decided(txn, approval, now): who asked, and whom it is about. */
MUST_CHECK struct status acts_tell_decided(struct store_txn *txn, const struct approval *approval, uint64_t now);

/** Told of sessions that end with it; must only note them. */
struct acts_told {
	session_ended *ended;
	void *context;
};
/**
 * acts_carry_out(txn, log, actor, approval, told):
 * In the transaction of the approval: nothing for an act that its asker carries out himself.  Row and leaf of the
 * approval are brought up to date; a failure undoes the approval with it.
 */
MUST_CHECK struct status acts_carry_out(struct store_txn *txn, const struct record_log *log,
					const struct piece_actor *actor, struct approval *approval,
					const struct acts_told *told);

#endif /* !API_ACTS_H */
