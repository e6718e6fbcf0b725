/* SPDX-License-Identifier: Apache-2.0 */
/**
 * headsfile: the end of the log and of every chain, saved so that a start need not
 * read the whole log.
 *
 * `heads` = chunked encryption under the site's key, context "tacenda/v1/log-heads":
 * "TLH2" (4), bytes of batches (8), time of the last leaf (8), the store's sequence
 * (8), hash at the end of the last batch (32), leaves (8), the nodes of the frontier
 * from the lowest (32 each), then for each chain role (1), id (16), length (8), index (8), link (32).
 * It is derived: one that is missing or does not open is made anew.  The one before it
 * stays as `heads.before`, so that a damaged one costs a start no more than an interval.
 */
#ifndef AUDIT_HEADSFILE_H
#define AUDIT_HEADSFILE_H

#include <pthread.h>

#include "derived.h"
#include "heads.h"
#include "secret.h"

struct headsfile {
	struct tree_frontier frontier;
	uint64_t end, last_time, sequence;
	struct hash last_batch; /* zero before the first */
	struct heads heads;
};

#define HEADSFILE_NAME   "heads"
#define HEADSFILE_BEFORE "heads.before"

/** headsfile_load(os, dir, name, key, out): ST_NOT_FOUND, ST_CORRUPT; the caller heads_clear()s out->heads. */
MUST_CHECK struct status headsfile_load(const struct os *os, int dir, const char *name, const struct key *key,
					struct headsfile *out);

/**
 * Seals and saves in a thread of its own, one file at a time; the owner of the log
 * starts it and looks for its end.  `{0}` is idle.
 */
struct headsfile_saver {
	const struct os *os;
	int dir;
	struct derived *derived; /* synced before the file says that they are there */
	struct headsfile file;   /* its heads are a copy of their own */
	struct secret key;
	struct status result;
	pthread_t thread;
	bool running;
};
/**
 * headsfile_save(saver, background):
 * saver->file and saver->key are set and the saver is idle; it wipes and frees
 * them.  Its result when not in the background.
 */
MUST_CHECK struct status headsfile_save(struct headsfile_saver *saver, bool background);
/** headsfile_wait(saver): until it is idle; how it went. */
MUST_CHECK struct status headsfile_wait(struct headsfile_saver *saver);
/** headsfile_done(saver): idle, or finished a moment ago; never waits. */
bool headsfile_done(struct headsfile_saver *saver);

#endif /* !AUDIT_HEADSFILE_H */
