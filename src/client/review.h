/* SPDX-License-Identifier: Apache-2.0 */
/**
 * review: the access reviews of a site, and the next one: who signed in, who failed, who
 * was locked or looked unusual, who may what, and who has not been here (PROMISES#S3).
 *
 * Past reviews are verified statements at proven places of the log.  The next one counts
 * entries of the log that were opened and proven one by one, and are as many as the
 * stretch has leaves of their kind (leafcount.h).
 */
#ifndef CLIENT_REVIEW_H
#define CLIENT_REVIEW_H

#include "logbook.h"

/** One that was signed. */
struct review_past {
	struct hash name;
	struct user_id auditor;
	uint64_t leaf, time; /* of its own leaf */
	struct statement_review said;
};
struct review_history {
	struct review_past last; /* name zeros: there is none */
	uint64_t count;
	uint64_t interval_days; /* what the site allows */
};
/** Told of each, oldest first. */
typedef struct status review_visit(void *context, const struct review_past *past);
/**
 * review_past(s, visit, context, out):
 * ${visit} may be NULL.  ST_CORRUPT ("review") for one that is not where it should be, that
 * no auditor signed, or that does not begin where the one before ended.
 */
MUST_CHECK struct status review_past(struct site *s, review_visit *visit, void *context, struct review_history *out);

/** What one user did since. */
struct review_user {
	struct person person;
	uint32_t sign_ins, failures, locks, unusual;
	uint64_t last; /* ms since 1970: his last sign-in within; 0: none */
};
/** The next review: leaves [said.from, said.until). */
struct review {
	struct statement_review said;
	uint32_t strangers; /* failures and locks of nobody's login */
	struct review_user *users;
	size_t count;
};
void review_clear(struct review *r);
/** review_gather(s, from, until, out): ${until} above ${from}, at most s->head.size.  ST_CORRUPT ("withheld ..."). */
MUST_CHECK struct status review_gather(struct site *s, uint64_t from, uint64_t until, struct review *out);
/** review_user_dormant(u): active, with keys, and not here. */
bool review_user_dormant(const struct review_user *u);
/** review_sign(s, r, history, leaf): ST_CONFLICT when somebody else signed one meanwhile. */
MUST_CHECK struct status review_sign(struct site *s, const struct review *r, const struct review_history *history,
				     uint64_t *leaf);

#endif /* !CLIENT_REVIEW_H */
