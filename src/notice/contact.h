/* SPDX-License-Identifier: Apache-2.0 */
/**
 * contact: where somebody wants his notices besides the product: a mail address and which kinds; a sealed row.
 *
 * That it was changed is told to the address before, too, whatever kinds he wants: whoever changes it with a session
 * that is not his must not be the only one who hears of it.  Until that is over the address stands in a second row,
 * under the user's id as UUID version 8; a further change meanwhile leaves the first one there.
 */
#ifndef NOTICE_CONTACT_H
#define NOTICE_CONTACT_H

#include "mailaddress.h"
#include "notice.h"

struct contact {
	struct user_id user;
	char mail[MAILADDRESS_MAX + 1]; /* empty: nowhere */
	char kinds[NOTICE_KINDS_MAX];   /* notice_kinds_hold() */
};
/** contact_get(view, user, out): empty where there is none. */
MUST_CHECK struct status contact_get(struct store_view *view, const struct user_id *user, struct contact *out);
/** contact_put(txn, contact): an empty address removes it.  The leaf is the caller's. */
MUST_CHECK struct status contact_put(struct store_txn *txn, const struct contact *contact);
/** contact_read(row, out): of a row of table `contact`. */
MUST_CHECK struct status contact_read(const struct row *row, struct contact *out);
/** contact_walk(view, visit, context): rows of all, a page of them. */
MUST_CHECK struct status contact_walk(struct store_view *view, store_visit *visit, void *context);

/** contact_warn(txn, before, notice, now): have ${notice} mailed to the address in ${before}; empty: nothing. */
MUST_CHECK struct status contact_warn(struct store_txn *txn, const struct contact *before,
				      const struct notice_id *notice, uint64_t now);
/** contact_warned(txn, receiver): the delivery to ${receiver} is over: what contact_warn() kept of it goes. */
MUST_CHECK struct status contact_warned(struct store_txn *txn, const struct user_id *receiver);
/** contact_user(receiver): whose contact the receiver of a delivery is. */
struct user_id contact_user(const struct user_id *receiver);

#endif /* !NOTICE_CONTACT_H */
