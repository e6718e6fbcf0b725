/* SPDX-License-Identifier: Apache-2.0 */
/**
 * approval: acts of two persons as rows (docs/AUTHENTICATION.md, "Acts of two persons").
 *
 *   asked -> approved -> done
 *     |         `-> ended        nobody used it
 *     |-> refused                by who might approve, or withdrawn
 *     `-> ended                  nobody answered
 *
 * 1. Changed in the committer's transaction only, so one decision counts.
 * 2. A row says nothing that the two statements do not say, but for what became of it
 *    and for a decision of the host, which is a leaf.
 */
#ifndef RECORD_APPROVAL_H
#define RECORD_APPROVAL_H

#include "act.h"
#include "page.h"
#include "permit.h"
#include "record.h"

enum approval_state {
	APPROVAL_ASKED = 1,
	APPROVAL_APPROVED = 2,
	APPROVAL_REFUSED = 3,
	APPROVAL_ENDED = 4,
	APPROVAL_DONE = 5,
};
/** approval_word(state): "asked", "approved", "refused", "ended", "done". */
const char *approval_word(enum approval_state state);

struct approval {
	struct approval_id id;
	uint64_t seq;
	uint64_t due; /* ms: when it ends by itself; 0: it does not any more */
	enum act act;
	enum approval_state state;
	struct user_id by, user;    /* who asked; whom it is about, or zeros */
	struct patient_id patient;  /* or zeros */
	bool host;                  /* decided by the host */
	uint64_t request, decision; /* numbers of the statements; decision 0: none */
	uint64_t asked, decided;    /* ms: times of the leaves; decided 0: not yet */
};
/** approval_concerns(a): the user in whose part of the log its leaves stand: whom it is about, else who asked. */
static inline const struct user_id *approval_concerns(const struct approval *a)
{
	return uuid_is_zero(&a->user.uuid) ? &a->by : &a->user;
}

/** approval_get(view, id, out): ST_NOT_FOUND "approval". */
MUST_CHECK struct status approval_get(struct store_view *view, const struct approval_id *id, struct approval *out);
/** approval_read(row, out): of a row of table `approval`. */
MUST_CHECK struct status approval_read(const struct row *row, struct approval *out);
/** approval_visible(view, user, a): administrators, auditors, who asked, whom it is about, who may decide. */
bool approval_visible(struct store_view *view, const struct permit_facts *user, const struct approval *a);

/** One with its statements, for who may see it; lives until the visitor returns. */
struct approval_shown {
	struct approval approval;
	struct bytes request, decision; /* signed bytes; decision empty: none */
	uint64_t request_leaf, decision_leaf;
};
typedef struct status approval_visit(void *context, const struct approval_shown *shown);
/** approval_list(view, pass, time, page, visit, context): PERMIT_APPROVAL. */
MUST_CHECK struct status approval_list(struct store_view *view, const struct permit_pass *pass, uint64_t time,
				       struct page *page, approval_visit *visit, void *context);
/** approval_open(view, time, visit, context): all that wait for an answer or for being used; for the host. */
MUST_CHECK struct status approval_open(struct store_view *view, uint64_t time, approval_visit *visit, void *context);

/** What the host decides; a literal of ours or a line of the operator's. */
struct approval_by_host {
	struct approval_id id;
	enum verdict verdict;
	struct text reason;
};
/**
 * approval_by_host(txn, log, decision, out):
 * Instead of a second person: the row and a leaf of its own.  ST_DENIED "host" where the act does not allow it,
 * and the refusals of authority_decide() about a decision.
 */
MUST_CHECK struct status approval_decide_by_host(struct store_txn *txn, const struct record_log *log,
						 const struct approval_by_host *decision, struct approval *out);

/** approval_find(view, act, patient, by, time, out): approved, not used, not ended; ST_NOT_FOUND "approval". */
struct approval_wanted {
	enum act act;
	struct patient_id patient;
	struct user_id by;
	uint64_t time;
};
MUST_CHECK struct status approval_find(struct store_view *view, const struct approval_wanted *wanted,
				       struct approval *out);
/** approval_done(txn, log, actor, a): it was carried out: its row and its leaf. */
MUST_CHECK struct status approval_done(struct store_txn *txn, const struct record_log *log,
				       const struct piece_actor *actor, struct approval *a);
/** approval_any_due(view, time): whether approval_end_due() would find any. */
MUST_CHECK struct status approval_any_due(struct store_view *view, uint64_t time, bool *out);
/** approval_end_due(txn, log, count): end what is due, at most a page of it, a leaf each. */
MUST_CHECK struct status approval_end_due(struct store_txn *txn, const struct record_log *log, size_t *count);

#endif /* !RECORD_APPROVAL_H */
