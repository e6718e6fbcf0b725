/* SPDX-License-Identifier: Apache-2.0 */
/** approvalrow: rows of table `approval` written and walked.  Internal to this module. */
#ifndef RECORD_APPROVALROW_H
#define RECORD_APPROVALROW_H

#include "approval.h"

/** approvalrow_put(txn, a): and tell it its new number. */
MUST_CHECK struct status approvalrow_put(struct store_txn *txn, struct approval *a);
/** approvalrow_pending(view, visit, context): those with something due, the earliest first, all of them. */
MUST_CHECK struct status approvalrow_pending(struct store_view *view,
					     struct status (*visit)(void *context, const struct approval *a),
					     void *context);
/** When it is, and how long somebody must be what he is to count as a second person. */
struct approvalrow_place {
	uint64_t time, office_ms;
};
/** approvalrow_facts(view, a, place, out): of a decision: what authority_decide() asks about the request. */
MUST_CHECK struct status approvalrow_facts(struct store_view *view, const struct approval *a,
					   const struct approvalrow_place *place, struct authority_approval *out);
/** approvalrow_decided(a, verdict, time): it was; ${a} is to be put. */
void approvalrow_decided(struct approval *a, enum verdict verdict, uint64_t time);
/**
 * approvalrow_fresh(view, person, office_ms, time, out):
 * An administrator in office for less than that: since he became one, was enabled, or got his key.  What leaves him
 * an active administrator (another name, the same again) begins nothing anew, or one administrator could silence
 * every other one.
 */
MUST_CHECK struct status approvalrow_fresh(struct store_view *view, const struct person *person, uint64_t office_ms,
					   uint64_t time, bool *out);

#endif /* !RECORD_APPROVALROW_H */
