/* SPDX-License-Identifier: Apache-2.0 */
/**
 * logcheck: reads the whole log and compares everything with everything: the hash
 * of every batch, every opening with its leaf, every chain from its beginning,
 * every offset and tile with what the leaves give, the root with the published one
 * (PROMISES#B2).  Changes nothing.
 */
#ifndef AUDIT_LOGCHECK_H
#define AUDIT_LOGCHECK_H

#include "log.h"

struct logcheck_report {
	uint64_t leaves; /* so many, from the first, are as they should be */
	uint64_t erased; /* of them: their subject's key was destroyed */
	uint64_t batches;
};

/**
 * logcheck_run(log, keys, report):
 * The log as it was published when this began; others may go on appending.
 * ST_CORRUPT, naming what: damaged, in the batch that begins at report->leaves.
 */
MUST_CHECK struct status logcheck_run(struct log *log, const struct log_keys *keys, struct logcheck_report *report);

#endif /* !AUDIT_LOGCHECK_H */
