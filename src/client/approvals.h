/* SPDX-License-Identifier: Apache-2.0 */
/**
 * approvals: acts of two persons, as a person asks for them, sees and decides them
 * (docs/AUTHENTICATION.md, "Acts of two persons").
 *
 * Nothing is shown as somebody's request or decision before its signature, its author's
 * authority, and its place in the log were verified: who decides must not decide upon
 * what the server made up (PROMISES#B2, PROMISES#B3).  About a patient file the whole
 * rule is applied by whoever has the file at hand, as the owner has who carries it out;
 * others compare profile and rights.  How long an administrator must have been one is a
 * setting, and the server's word.
 */
#ifndef CLIENT_APPROVALS_H
#define CLIENT_APPROVALS_H

#include "act.h"
#include "placed.h"
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

/** approvals_list_with(s, file, visit, context): the same by who has the statements of ${file}. */
MUST_CHECK struct status approvals_list_with(struct site *s, const struct patient_state *file, approvals_visit *visit,
					     void *context);
/**
 * approvals_judge(d, file, request, decision, out):
 * Who asked could ask, who decided could decide, and each says what the other does; places are proven elsewhere.
 * ${file} may be NULL; a ${decision} of no bytes is none yet.  ST_CORRUPT "approval".
 */
MUST_CHECK struct status approvals_judge(const struct directory_state *d, const struct patient_state *file,
					 const struct placed *request, const struct placed *decision,
					 struct approvals_item *out);

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
