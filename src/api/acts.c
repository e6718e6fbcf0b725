/* SPDX-License-Identifier: Apache-2.0 */
#include "acts.h"

#include "factor.h"

#include <assert.h>

/** The second factors of the user are gone; whoever holds one of his sessions signs in anew (PROMISES#S5). */
static struct status reset_factor(struct store_txn *txn, const struct approval *a, const struct acts_told *told)
{
	size_t count;

	TRY(factor_clear(txn, &a->user, &count));
	return session_end_all(txn, &a->user, NULL, told->ended, told->context);
}

static struct status (*const acts[])(struct store_txn *txn, const struct approval *a, const struct acts_told *told) = {
	[ACT_FACTOR_RESET] = reset_factor,
};

struct status acts_carry_out(struct store_txn *txn, const struct record_log *log, const struct piece_actor *actor,
			     struct approval *approval, const struct acts_told *told)
{
	if (!act_rule(approval->act)->at_once)
		return OK;
	assert(approval->act < COUNT(acts) && acts[approval->act] != NULL);
	TRY(acts[approval->act](txn, approval, told));
	return approval_done(txn, log, actor, approval);
}
