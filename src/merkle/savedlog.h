/* SPDX-License-Identifier: Apache-2.0 */
/**
 * savedlog: is this copy of a log whole, and the one its key signed?  Needs no
 * server and no secret (PROMISES#B2): a checkpoint, the tiles and the entry
 * bundles under their C2SP paths, and the log's public key.
 */
#ifndef MERKLE_SAVEDLOG_H
#define MERKLE_SAVEDLOG_H

#include "checkpoint.h"
#include "leaf.h"

/** Where the files are: load() appends the whole file of that path; ST_NOT_FOUND, ST_TOO_BIG past ${max}. */
struct savedlog_source {
	struct status (*load)(void *context, const char *path, size_t max, struct buffer *out);
	void *context;
};

struct savedlog_report {
	struct tree_head head;          /* of the checkpoint, once its signature fitted */
	uint64_t leaves;                /* so many, from the first, are proven */
	uint64_t kinds[LEAF_KINDS];     /* how many of each */
	uint64_t first_time, last_time; /* ms since 1970; 0 where there is no leaf */
	/* After a failure: what was being looked at. */
	char path[80];
};

/**
 * savedlog_verify(source, key, report):
 * Every leaf of the signed tree is there, hashes into its root, parses, and is
 * not older than the one before.  ST_UNPROVEN: not signed by ${key}; ST_CORRUPT
 * or ST_NOT_FOUND: the file report->path is damaged, forged or missing.
 * ${report} is filled as far as it came.
 */
MUST_CHECK struct status savedlog_verify(const struct savedlog_source *source, const struct note_key *key,
					 struct savedlog_report *report);

#endif /* !MERKLE_SAVEDLOG_H */
