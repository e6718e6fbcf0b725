/* SPDX-License-Identifier: Apache-2.0 */
/**
 * journal: what was put into or destroyed in the key store since the night's
 * snapshot, one chained entry each, append only.
 *
 * Invariants:
 *  1. journal_write() returns OK only when its entries are durable.
 *  2. Every entry's hash covers the entry and the hash before it; the first one
 *     covers the night number and the hash of the snapshot, so that a journal
 *     fits one snapshot only.
 *  3. A tail that can be the beginning of an append that was never acknowledged
 *     is cut; anything else that does not fit is damage (ST_CORRUPT), for what
 *     was acknowledged must not vanish unseen (PROMISES#S1).
 */
#ifndef KEYD_JOURNAL_H
#define KEYD_JOURNAL_H

#include "keywire.h"
#include "os.h"

/* One night's changes: as much as the snapshot may have. */
#define JOURNAL_BYTES_MAX ((size_t)1 << 30)

enum journal_op { JOURNAL_PUT = 1, JOURNAL_DESTROY };

/** `{ .fd = -1 }` is a closed one. */
struct journal {
	const struct os *os;
	int fd;
	uint64_t size;     /* bytes that are durable and good */
	struct hash chain; /* of the last entry */
	bool ragged;       /* a failed append may have left bytes behind ${size} */
};

/** Entries for one append. */
struct journal_batch {
	struct buffer bytes;
	struct hash chain;
};

/** What a replay does with an entry; ${sealed} is empty for JOURNAL_DESTROY. */
struct journal_visitor {
	struct status (*entry)(void *context, enum journal_op op, const struct key_name *name, struct bytes sealed);
	void *context;
};

/** journal_create(os, dir, night, snapshot, out): empty and durable; an older file of this name is replaced. */
MUST_CHECK struct status journal_create(const struct os *os, int dir, uint64_t night, const struct hash *snapshot,
					struct journal *out);
/**
 * journal_open(os, dir, night, snapshot, visitor, out):
 * Read every entry, cut a torn tail, be ready to append.  ST_CORRUPT
 * (REASON_JOURNAL, also when the file is missing), ST_CONFLICT (REASON_NEWER).
 */
MUST_CHECK struct status journal_open(const struct os *os, int dir, uint64_t night, const struct hash *snapshot,
				      const struct journal_visitor *visitor, struct journal *out);

/** journal_batch_of(j): an empty batch on top of the last entry. */
struct journal_batch journal_batch_of(const struct journal *j);
MUST_CHECK struct status journal_batch_add(struct journal_batch *b, enum journal_op op, const struct key_name *name,
					   struct bytes sealed);
void journal_batch_clear(struct journal_batch *b);
/** journal_write(j, batch): all of it durable, or none of it acknowledged; ST_FULL, ST_IO.  Once per batch. */
MUST_CHECK struct status journal_write(struct journal *j, const struct journal_batch *batch);
void journal_clear(struct journal *j);

/**
 * journal_parse(bytes, night, snapshot, visitor, good, chain):
 * The form alone, without a file: ${good} is the length up to and including the
 * last entry that fits, ${chain} its hash.
 */
MUST_CHECK struct status journal_parse(struct bytes bytes, uint64_t night, const struct hash *snapshot,
				       const struct journal_visitor *visitor, uint64_t *good, struct hash *chain);

/** journal_name(night, out): `journal.NNNNNNNN`, NUL-terminated. */
#define JOURNAL_NAME_LEN 32
void journal_name(uint64_t night, char out[JOURNAL_NAME_LEN]);

#endif /* !KEYD_JOURNAL_H */
