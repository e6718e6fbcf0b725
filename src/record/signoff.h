/* SPDX-License-Identifier: Apache-2.0 */
/**
 * signoff: what people put their names to besides directory and patient files: the
 * code of conduct (PROMISES#K13) and the access review (PROMISES#S3).
 *
 * Both are statements of chains of their own: what one user accepted, and the reviews
 * of the site.
 */
#ifndef RECORD_SIGNOFF_H
#define RECORD_SIGNOFF_H

#include "listing.h"

/** The end of such a chain. */
struct signoff {
	struct hash name; /* zeros: nothing was signed yet */
	uint64_t leaf, time;
	union {
		struct statement_conduct conduct;
		struct statement_review review;
	};
};
/** signoff_conduct(view, user, out): what ${user} accepted last. */
MUST_CHECK struct status signoff_conduct(struct store_view *view, const struct user_id *user, struct signoff *out);
/** signoff_conducts(view, pass, visit, context): PERMIT_LOG_ADMINISTRATION: of each user who accepted one, the last. */
MUST_CHECK struct status signoff_conducts(struct store_view *view, const struct permit_pass *pass,
					  struct status (*visit)(void *context, const struct listing_statement *s),
					  void *context);
/** signoff_review(view, out): the last review. */
MUST_CHECK struct status signoff_review(struct store_view *view, struct signoff *out);
/** signoff_review_since(view, out): ms since 1970: when the last review was signed, or else when the site began. */
MUST_CHECK struct status signoff_review_since(struct store_view *view, uint64_t *out);
/** signoff_reviews(view, pass, page, visit, context): PERMIT_LOG_ADMINISTRATION: in log order. */
MUST_CHECK struct status signoff_reviews(struct store_view *view, const struct permit_pass *pass, struct page *page,
					 struct status (*visit)(void *context, const struct listing_statement *s),
					 void *context);

#endif /* !RECORD_SIGNOFF_H */
