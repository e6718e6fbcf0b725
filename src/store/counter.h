/* SPDX-License-Identifier: Apache-2.0 */
/** counter: numbers that are kept for somebody, or for the site as a whole: rows of table `counter`. */
#ifndef STORE_COUNTER_H
#define STORE_COUNTER_H

#include "store.h"

/** counter_get(view, kind, holder, out): a COUNTER_*; ${holder} NULL: the site's.  0 where none was kept yet. */
MUST_CHECK struct status counter_get(struct store_view *view, uint64_t kind, const struct uuid *holder, uint64_t *out);
/** counter_put(txn, kind, holder, value): it is ${value} from now on. */
MUST_CHECK struct status counter_put(struct store_txn *txn, uint64_t kind, const struct uuid *holder, uint64_t value);

#endif /* !STORE_COUNTER_H */
