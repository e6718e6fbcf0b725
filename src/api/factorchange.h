/* SPDX-License-Identifier: Apache-2.0 */
/**
 * factorchange: one change of one's own second factors on its way through a call
 * (PROMISES#S5).
 *
 * Who finds a session open must not be able to make it his own: every change takes a
 * proof of everything the user has that is a few minutes old at most.
 */
#ifndef API_FACTORCHANGE_H
#define API_FACTORCHANGE_H

#include "secondfactor.h"

/** In the call's arena; secret. */
struct factorchange {
	struct secondfactor second; /* what he had; the answer of a step-up */
	struct factor factor;       /* to be added, or as it was removed */
	struct hash challenge;      /* of a passkey's ceremony */
	bool challenge_taken;
	struct buffer body, codes;
	char detail[48]; /* of the leaf */
	bool guessed;    /* the answer proved nothing: a failure that counts */
};

/** factorchange_open(c, field, out): what he has; ${field} is an answer, or empty. */
MUST_CHECK struct status factorchange_open(struct call *c, const struct secondfactor_field *field,
					   struct factorchange **out);
/** factorchange_begin(c, out): the same for a change: ST_PENDING unless he proved all that he has lately. */
MUST_CHECK struct status factorchange_begin(struct call *c, struct factorchange **out);
/**
 * factorchange_add(c, kind, name, apply):
 * Settle the call by adding the factor with the body that was prepared; ${name} lives
 * as long as the call, ${apply} is factorchange_apply_add() or calls it.
 */
void factorchange_add(struct call *c, enum factor_kind kind, struct text name, call_apply *apply);
/** factorchange_apply_add(c, txn, log): the row, and what it proves of the session. */
MUST_CHECK struct status factorchange_apply_add(struct call *c, struct store_txn *txn, const struct record_log *log);
/** factorchange_log(c, txn, log): the leaf, with g->detail. */
MUST_CHECK struct status factorchange_log(struct call *c, struct store_txn *txn, const struct record_log *log);
/** factorchange_effect(c): loops remember sessions: they have to look again. */
void factorchange_effect(struct call *c);

#endif /* !API_FACTORCHANGE_H */
