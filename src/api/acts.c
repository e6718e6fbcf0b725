/* SPDX-License-Identifier: Apache-2.0 */
#include "acts.h"

#include "factor.h"
#include "notice.h"
#include "passwordreset.h"

#include <assert.h>
#include <stdio.h>

/** The second factors of the user are gone; whoever holds one of his sessions signs in anew (PROMISES#S5). */
static struct status reset_factor(struct store_txn *txn, const struct approval *a, const struct acts_told *told)
{
	size_t count;

	TRY(factor_clear(txn, &a->user, &count));
	TRY(passwordreset_end(txn, &a->user));
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

/* ---- Notices: the act and the request's id, never a name ---- */

#define DETAIL_MAX 96

struct status acts_tell_asked(struct store_txn *txn, const struct approval *a, uint64_t now)
{
	char detail[DETAIL_MAX];

	(void)snprintf(detail, sizeof detail, "%.*s %s", TEXT_ARG(vocabulary_word(VOCABULARY_ACT, (uint32_t)a->act)),
		       id_print(ID_APPROVAL, &a->id.uuid).at);
	return notice_put(txn, notice_to_profile(PROFILE_ADMINISTRATOR), NOTICE_APPROVAL_WANTED, text_of(detail), now);
}

struct status acts_tell_decided(struct store_txn *txn, const struct approval *a, uint64_t now)
{
	char detail[DETAIL_MAX];

	(void)snprintf(detail, sizeof detail, "%.*s %s: %s",
		       TEXT_ARG(vocabulary_word(VOCABULARY_ACT, (uint32_t)a->act)),
		       id_print(ID_APPROVAL, &a->id.uuid).at,
		       a->state == APPROVAL_REFUSED ? "refused"
		       : a->host                    ? "approved by the host"
						    : "approved");
	TRY(notice_put(txn, notice_to_user(&a->by), NOTICE_APPROVAL_DECIDED, text_of(detail), now));
	if (a->act != ACT_FACTOR_RESET || a->state == APPROVAL_REFUSED)
		return OK;
	return notice_put(txn, notice_to_user(&a->user), NOTICE_FACTOR_REMOVED, text_of(detail), now);
}
