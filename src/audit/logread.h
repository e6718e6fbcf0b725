/* SPDX-License-Identifier: Apache-2.0 */
/**
 * logread: reading the log: leaves, what they commit to, proofs, and the files of
 * tlog-tiles.
 *
 * Nothing is handed out that does not fit: a leaf is compared with its hash in the
 * tree, an opening with the leaf's commitment, a proof and a tile with the root.
 * What does not is ST_CORRUPT and named (PROMISES#B2).
 *
 * One reader a thread; it sees what was published when it is asked.
 */
#ifndef AUDIT_LOGREAD_H
#define AUDIT_LOGREAD_H

#include "event.h"
#include "log.h"
#include "tile.h"

/** Leaves visited by one logread_scan(): what a request may cost. */
#define LOGREAD_SCAN_MAX 100000

struct logread;

/** logread_new(log, keys, out): ${keys} are those of the calling thread.  logread_free() it before the log closes. */
MUST_CHECK struct status logread_new(struct log *log, const struct log_keys *keys, struct logread **out);
/** logread_free(r): NULL is fine. */
void logread_free(struct logread *r);

/** logread_leaf(r, index, out): ST_NOT_FOUND past the end. */
MUST_CHECK struct status logread_leaf(struct logread *r, uint64_t index, uint8_t out[LEAF_BYTES]);

/** One leaf and what it commits to.  `{0}` is a valid empty one, and it may be read into again. */
struct logread_opening {
	uint64_t index;
	uint8_t bytes[LEAF_BYTES];
	struct leaf leaf;
	struct hash actor_digest, subject_digest; /* proven: the leaf commits to them */
	bool erased; /* the patient's key was destroyed: there is no subject but whose it was */
	struct uuid erased_patient;
	struct hash actor_nonce, subject_nonce;
	struct bytes actor_bytes, subject_bytes; /* the pieces as they are hashed */
	struct piece_actor actor;
	struct piece_subject subject; /* views into memory, like all of these */
	/* The leaf before this one in each chain; HEADS_NO_INDEX at the beginning, and for an erased subject. */
	uint64_t actor_previous, subject_previous;
	struct buffer actors, plain; /* memory, wiped */
};
void logread_opening_clear(struct logread_opening *o);
/** logread_open(r, index, out): ST_NOT_FOUND past the end; ST_CORRUPT. */
MUST_CHECK struct status logread_open(struct logread *r, uint64_t index, struct logread_opening *out);

/**
 * logread_back(r, role, o, out):
 * From ${o}, the leaf before it in its actor's chain (HEADS_ACTOR) or its
 * subject's (any other), checked to be exactly that.  ST_NOT_FOUND at the
 * beginning; ST_GONE beyond an erased subject.  ${out} may be ${o}.
 */
MUST_CHECK struct status logread_back(struct logread *r, enum heads_role role, const struct logread_opening *o,
				      struct logread_opening *out);

/** logread_at_time(r, ms, out): the first leaf not older than that; the size of the log if there is none. */
MUST_CHECK struct status logread_at_time(struct logread *r, uint64_t ms, uint64_t *out);

/** Which leaves a scan visits: those of [from, to) whose kind is in ${kinds} (bit 1 << kind; 0: all). */
struct logread_range {
	uint64_t from, to;
	uint32_t kinds;
	bool down; /* from the last */
};
/** A failure ends the scan and is its result. */
typedef struct status logread_visit(void *context, uint64_t index, const struct leaf *leaf);
/**
 * logread_scan(r, range, visit, context):
 * In order.  ${range} is narrowed to what was not visited yet: nothing is left when
 * from == to, otherwise LOGREAD_SCAN_MAX was reached, or a visit failed.
 */
MUST_CHECK struct status logread_scan(struct logread *r, struct logread_range *range, logread_visit *visit,
				      void *context);

/**
 * logread_tile(r, tile, out):
 * Append the bytes of a hash tile or an entry bundle of exactly that width.
 * ST_NOT_FOUND where the log has no such tile (yet).
 */
MUST_CHECK struct status logread_tile(struct logread *r, const struct tile *tile, struct buffer *out);
/** logread_prove_inclusion(r, index, size, out): ST_INVALID unless index < size <= the log's. */
MUST_CHECK struct status logread_prove_inclusion(struct logread *r, uint64_t index, uint64_t size,
						 struct tree_proof *out);
/** logread_prove_consistency(r, old_size, size, out): ST_INVALID unless 0 < old_size <= size <= the log's. */
MUST_CHECK struct status logread_prove_consistency(struct logread *r, uint64_t old_size, uint64_t size,
						   struct tree_proof *out);
/** logread_root(r, size, out): ST_INVALID unless size <= the log's. */
MUST_CHECK struct status logread_root(struct logread *r, uint64_t size, struct hash *out);

#endif /* !AUDIT_LOGREAD_H */
