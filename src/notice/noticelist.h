/* SPDX-License-Identifier: Apache-2.0 */
/**
 * noticelist: what somebody is told: his own notices and those to everybody of his
 * profile, page by page by `?since=SEQ`, and how far he has read them.
 */
#ifndef NOTICE_NOTICELIST_H
#define NOTICE_NOTICELIST_H

#include "notice.h"
#include "page.h"
#include "permit.h"

/** One of them; it lives until the visitor returns. */
typedef struct status noticelist_visit(void *context, const struct notice *notice, bool read);

/** noticelist(view, pass, page, visit, context): PERMIT_NOTICE_OWN: in the order in which they last happened. */
MUST_CHECK struct status noticelist(struct store_view *view, const struct permit_pass *pass, struct page *page,
				    noticelist_visit *visit, void *context);
/** noticelist_unread(view, user, profile, out): how many he has not read; no row is opened. */
MUST_CHECK struct status noticelist_unread(struct store_view *view, const struct user_id *user, enum profile profile,
					   uint64_t *out);
/**
 * noticelist_mark(txn, pass, seq):
 * PERMIT_NOTICE_OWN: he has read all up to the number ${seq}; never further than there
 * are any, and never back.
 */
MUST_CHECK struct status noticelist_mark(struct store_txn *txn, const struct permit_pass *pass, uint64_t seq);

/** noticelist_begin(txn, user): somebody new, to whom nothing from before him counts as unread. */
MUST_CHECK struct status noticelist_begin(struct store_txn *txn, const struct user_id *user);

#endif /* !NOTICE_NOTICELIST_H */
