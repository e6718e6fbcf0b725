/* SPDX-License-Identifier: Apache-2.0 */
/**
 * leaf: the 43 bytes that the log proves (docs/FORMATS.md section 3), and the
 * chains that run through them.
 *
 * A leaf says when what kind of thing happened with which result, and commits to
 * who and what (piece.h) without telling.  Server, clients and the offline
 * verifier share this file, so they cannot disagree.
 */
#ifndef MERKLE_LEAF_H
#define MERKLE_LEAF_H

#include "bytes.h"
#include "text.h"

#define LEAF_BYTES 43

enum leaf_kind {
	LEAF_STATEMENT = 1,
	LEAF_SIGN_IN = 2,
	LEAF_LOG_OFF = 3,
	LEAF_READ = 4, /* opened: fetched to be shown */
	LEAF_LIST = 5, /* delivered: one page is one leaf */
	LEAF_WRITE = 6,
	LEAF_DELETE = 7,
	LEAF_ROTATION = 8,
	LEAF_BACKUP = 9,
	LEAF_DRILL = 10,
	LEAF_BREAK_GLASS = 11,
	LEAF_ADMINISTRATION = 12,
	LEAF_REFUSAL = 13,
	LEAF_SERVICE = 14, /* start, stop, re-wrap */
	LEAF_EXPIRY = 15,
	LEAF_KINDS,
};

enum leaf_result { LEAF_DONE = 1, LEAF_REFUSED = 2, LEAF_FAILED = 3 };

struct leaf {
	enum leaf_kind kind;
	enum leaf_result result;
	uint64_t time; /* ms since 1970; never less than that of the leaf before */
	struct hash commitment;
};

/** leaf_encode(leaf, out): exactly LEAF_BYTES. */
void leaf_encode(const struct leaf *leaf, uint8_t out[LEAF_BYTES]);
/** leaf_parse(bytes, out): LEAF_BYTES with a version, kind and result that are known; ST_INVALID otherwise. */
MUST_CHECK struct status leaf_parse(struct bytes bytes, struct leaf *out);

/** leaf_kind_name(kind): "sign-in". */
const char *leaf_kind_name(enum leaf_kind kind);
MUST_CHECK struct status leaf_kind_from(struct text name, enum leaf_kind *out);
/** leaf_result_name(result): "done". */
const char *leaf_result_name(enum leaf_result result);

/**
 * leaf_commit(actor, subject, out):
 * SHA-256 over the label, the digest of the actor piece and that of the subject
 * piece (piece_digest()).
 */
MUST_CHECK struct status leaf_commit(const struct hash *actor, const struct hash *subject, struct hash *out);
/** leaf_check(leaf, actor, subject): ST_CORRUPT unless the leaf commits to these two digests. */
MUST_CHECK struct status leaf_check(const struct leaf *leaf, const struct hash *actor, const struct hash *subject);
/** leaf_link(bytes, out): what the next piece of a chain names as its previous leaf. */
MUST_CHECK struct status leaf_link(const uint8_t bytes[LEAF_BYTES], struct hash *out);

/**
 * A walk back along one chain, from the newest leaf towards the first.  `{ 0 }`
 * begins.  Nothing in between can be left out (PROMISES#B2).
 */
struct leaf_chain {
	bool begun;
	uint64_t sequence;    /* of the piece taken last */
	struct hash previous; /* the link that it names; zero at the beginning of the chain */
};
/**
 * leaf_chain_step(c, bytes, sequence, previous):
 * Take the next older leaf with the sequence number and link of its piece, which
 * the caller has checked against the leaf (leaf_check()).  ST_CORRUPT unless it is
 * exactly the one before.
 */
MUST_CHECK struct status leaf_chain_step(struct leaf_chain *c, const uint8_t bytes[LEAF_BYTES], uint64_t sequence,
					 const struct hash *previous);
/** leaf_chain_complete(c): the first leaf of the chain has been taken. */
static inline bool leaf_chain_complete(const struct leaf_chain *c)
{
	return c->begun && c->sequence == 0;
}

#endif /* !MERKLE_LEAF_H */
