/* SPDX-License-Identifier: Apache-2.0 */
/**
 * device: a computer or telephone from which somebody has signed in before.  It
 * belongs to one user; its id is random and its own making.
 */
#ifndef SESSION_DEVICE_H
#define SESSION_DEVICE_H

#include "store.h"

struct device {
	struct device_id id;
	struct user_id user;
	uint64_t created, seen;    /* ms since 1970: first and last sign-in */
	struct text label, client; /* views into the row: what device and program call themselves */
	struct bytes address;      /* of the last sign-in; 4, 16 or 0 bytes */
};
/** device_read(row, out): of a row of table `device`. */
void device_read(const struct row *row, struct device *out);
/** device_get(view, id, row, out): ST_NOT_FOUND ("device"). */
MUST_CHECK struct status device_get(struct store_view *view, const struct device_id *id, struct row *row,
				    struct device *out);
/** device_known(view, id, user): whether it is there and belongs to ${user}. */
bool device_known(struct store_view *view, const struct device_id *id, const struct user_id *user);
/** device_free_for(view, id, user): ST_DENIED ("device") when it belongs to another user. */
MUST_CHECK struct status device_free_for(struct store_view *view, const struct device_id *id,
					 const struct user_id *user);
/** device_keep(txn, device): make or bring up to date; ${device}'s `created` counts for a new one. */
MUST_CHECK struct status device_keep(struct store_txn *txn, const struct device *device);
/** device_forget(txn, id): ST_NOT_FOUND. */
MUST_CHECK struct status device_forget(struct store_txn *txn, const struct device_id *id);
/** device_list(view, user, visit, context): rows of table `device`, a page of them. */
MUST_CHECK struct status device_list(struct store_view *view, const struct user_id *user, store_visit *visit,
				     void *context);

#endif /* !SESSION_DEVICE_H */
