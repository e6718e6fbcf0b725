/* SPDX-License-Identifier: Apache-2.0 */
/**
 * store_engine: what an open store consists of; for this folder only.
 *
 * Owner of `writer`: the thread that has the transaction.  `commits` and `frames`
 * are read by every thread.
 */
#ifndef STORE_STORE_ENGINE_H
#define STORE_STORE_ENGINE_H

#include <pthread.h>

#include "database.h"
#include "store.h"

struct store_engine {
	const struct os *os;
	int dir;
	int lock, guard; /* descriptors that hold the locks on the directory and on the database */
	struct row_keys keys;
	struct disk *disk;
	struct store_view *writer;
	_Atomic bool in_txn;
	uint64_t sequence; /* of the last committed transaction */
	uint64_t reserve;
	_Atomic bool degraded;
	_Atomic uint64_t commits; /* grows when snapshots may have something to renew */
	struct checkpointer *checkpointer;
};

/** store_keep_sequence(txn): write txn->sequence into its row of the table of counters. */
MUST_CHECK struct status store_keep_sequence(struct store_txn *txn);

#endif /* !STORE_STORE_ENGINE_H */
