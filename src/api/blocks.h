/* SPDX-License-Identifier: Apache-2.0 */
/** blocks: the locks in force, as administrators see and lift them, over HTTP and at the host (PROMISES#K5). */
#ifndef API_BLOCKS_H
#define API_BLOCKS_H

#include "event.h"
#include "jsonwriter.h"
#include "lockout.h"

/** blocks_write(view, now, w): an element for each of the page of newest ones: id, kind, subject, user, until. */
MUST_CHECK struct status blocks_write(struct store_view *view, uint64_t now, struct jsonwriter *w);

#define BLOCKS_TEXT_MAX 96
/** blocks_print(view, l, out): the login, the device's id, or the address. */
void blocks_print(struct store_view *view, const struct lockout *l, char out[BLOCKS_TEXT_MAX]);
/** blocks_owner(view, l, out): of a login himself, of a device its owner; false for an address, or nobody any more. */
bool blocks_owner(struct store_view *view, const struct lockout *l, struct user_id *out);

/** What was lifted, for its leaf. */
struct blocks_lifted {
	struct lockout lockout;
	char detail[BLOCKS_TEXT_MAX + 16]; /* "lift: login moreau" */
	struct piece_subject subject;      /* a view into `detail` */
};
/** blocks_lift(txn, now, id, out): and tell it (tell.h); the leaf is the caller's; ST_NOT_FOUND ("block") where none of
 * that id is in force. */
MUST_CHECK struct status blocks_lift(struct store_txn *txn, uint64_t now, const struct hash *id,
				     struct blocks_lifted *out);
/** blocks_find(view, now, subject, id): the one in force whose subject is printed so; ST_NOT_FOUND. */
MUST_CHECK struct status blocks_find(struct store_view *view, uint64_t now, struct text subject, struct hash *id);
/** blocks_of_user(view, now, user, id): one in force of his login, or of one of his devices; ST_NOT_FOUND. */
MUST_CHECK struct status blocks_of_user(struct store_view *view, uint64_t now, const struct user_id *user,
					struct hash *id);

#endif /* !API_BLOCKS_H */
