/* SPDX-License-Identifier: Apache-2.0 */
/** noticelist: the messages to one user, page by page, by `?since=SEQ`. */
#ifndef RECORD_NOTICELIST_H
#define RECORD_NOTICELIST_H

#include "listing.h"

/** One message; views that live until the visitor returns. */
struct noticelist_item {
	struct notice_id id;
	uint64_t seq, time; /* time: ms */
	struct text kind, severity, text;
};
typedef struct status noticelist_visit(void *context, const struct noticelist_item *item);

/** noticelist(view, pass, page, visit, context): PERMIT_NOTICE_OWN: the user's own, by sequence. */
MUST_CHECK struct status noticelist(struct store_view *view, const struct permit_pass *pass, struct listing_page *page,
				    noticelist_visit *visit, void *context);

#endif /* !RECORD_NOTICELIST_H */
