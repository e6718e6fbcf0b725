/* SPDX-License-Identifier: Apache-2.0 */
/**
 * approvals: acts of two persons, as a person asks for them, sees and decides them
 * (docs/AUTHENTICATION.md, "Acts of two persons").
 *
 * Nothing is shown as somebody's request or decision before its signature, its author's
 * authority where it is about a user, and its place in the log were verified: who
 * decides must not decide upon what the server made up (PROMISES#B2, PROMISES#B3).
 */
#ifndef CLIENT_APPROVALS_H
#define CLIENT_APPROVALS_H

#include "act.h"
#include "site.h"

/** One of them; views that live until the visitor returns. */
struct approvals_item {
	struct statement request, decision;
	bool has_decision, host;
	struct text state;             /* asked, approved, refused, ended, done: what the server says became of it */
	uint64_t asked, decided, ends; /* ms; times of the leaves; 0: not */
};
typedef struct status approvals_visit(void *context, const struct approvals_item *item);
/** approvals_list(s, visit, context): all that this person may see, oldest first; ST_CORRUPT "approval". */
MUST_CHECK struct status approvals_list(struct site *s, approvals_visit *visit, void *context);

/** approvals_ask(s, request, out): sign and send it; request->approval is made here: ${out}. */
MUST_CHECK struct status approvals_ask(struct site *s, const struct statement_request *request,
				       struct approval_id *out);
/** approvals_decide(s, request, verdict, reason): answer a request that approvals_list() gave. */
struct approvals_answer {
	struct approval_id approval;
	struct hash request; /* its name */
	enum verdict verdict;
	struct text reason;
};
MUST_CHECK struct status approvals_decide(struct site *s, const struct approvals_answer *answer);

#endif /* !CLIENT_APPROVALS_H */
