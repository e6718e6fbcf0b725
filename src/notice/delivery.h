/* SPDX-License-Identifier: Apache-2.0 */
/**
 * delivery: the queue of what is to leave the product: one row for each notice, way and
 * receiver.  A notice that repeats itself within a day of its delivery is not sent
 * again; one that cannot be sent is tried again ever more rarely, for three days.
 */
#ifndef NOTICE_DELIVERY_H
#define NOTICE_DELIVERY_H

#include "notice.h"

enum delivery_way { DELIVERY_MAIL = 1, DELIVERY_HOOK = 2, DELIVERY_SYSLOG = 3 };

#define DELIVERY_FIRST_MS    60000ull             /* until the second try; doubled for each further one */
#define DELIVERY_LONG_MS     (6ull * 3600 * 1000) /* but no longer */
#define DELIVERY_GIVEN_UP_MS (72ull * 3600 * 1000)
#define DELIVERY_QUIET_MS    (24ull * 3600 * 1000) /* no repetition of it is sent */
/** After so many tries in vain administrators are told: half an hour. */
#define DELIVERY_TOLD 5

struct delivery {
	struct notice_id notice;
	enum delivery_way way;
	struct user_id user; /* of mail: to whose contact (contact.h); otherwise zero */
	uint64_t due;        /* ms: the next try, or, when done, its end */
	uint64_t tries, since;
	bool done;
};
/** delivery_read(row, out): of a row of table `delivery`. */
MUST_CHECK struct status delivery_read(const struct row *row, struct delivery *out);
/** delivery_add(txn, d, now): due at once; nothing when it waits already, or was delivered within a day. */
MUST_CHECK struct status delivery_add(struct store_txn *txn, const struct delivery *d, uint64_t now);
/** delivery_due(view, now, visit, context): rows that are due, the oldest first, a page of them. */
MUST_CHECK struct status delivery_due(struct store_view *view, uint64_t now, store_visit *visit, void *context);
/** delivery_done(txn, d, now): it was delivered. */
MUST_CHECK struct status delivery_done(struct store_txn *txn, const struct delivery *d, uint64_t now);
/** delivery_failed(txn, d, now, over): try again later; ${over}: three days are up, and the row is gone. */
MUST_CHECK struct status delivery_failed(struct store_txn *txn, const struct delivery *d, uint64_t now, bool *over);
/** delivery_end(txn, d): no more of it; also when there is no such row. */
MUST_CHECK struct status delivery_end(struct store_txn *txn, const struct delivery *d);

#endif /* !NOTICE_DELIVERY_H */
