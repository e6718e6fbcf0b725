/* SPDX-License-Identifier: Apache-2.0 */
/**
 * tree: the Merkle tree hash of RFC 6962 section 2.1, and its proofs.
 *
 * Pure: no I/O, no state but what the caller holds.  A node is named by its
 * height and index: node (h, i) is the hash of the leaves [i << h, (i + 1) << h)
 * and exists only once all of them do.  Verification follows RFC 9162 sections
 * 2.1.3.2 and 2.1.4.2 (PROMISES#B2).
 *
 * Invariants:
 *  1. A leaf hash and a node hash can never be the same bytes hashed (domain
 *     prefix 0x00 / 0x01).
 *  2. A proof verifies only with exactly the number of hashes its sizes demand.
 *  3. Whatever fails to prove is ST_CORRUPT: damage, forgery or rollback.
 */
#ifndef MERKLE_TREE_H
#define MERKLE_TREE_H

#include "bytes.h"

/** No tree is larger: an index and a size always fit a signed 64-bit number of another language. */
#define TREE_SIZE_MAX (UINT64_MAX >> 1)
/** Heights of nodes are 0 to TREE_HEIGHTS - 1. */
#define TREE_HEIGHTS 63
/** A consistency proof between any two trees holds at most this many hashes. */
#define TREE_PROOF_MAX 64

/** tree_empty_root(out): the root of a tree without leaves, SHA-256 of nothing. */
MUST_CHECK struct status tree_empty_root(struct hash *out);
/** tree_leaf_hash(leaf, out): SHA-256(0x00 || leaf). */
MUST_CHECK struct status tree_leaf_hash(struct bytes leaf, struct hash *out);
/** tree_node_hash(left, right, out): SHA-256(0x01 || left || right); ${out} may be either of them. */
MUST_CHECK struct status tree_node_hash(const struct hash *left, const struct hash *right, struct hash *out);
/**
 * tree_fold(hashes, count, out):
 * The root of a tree whose ${count} >= 1 leaves have the hashes at ${hashes}.
 * ${hashes} is scratch afterwards.
 */
MUST_CHECK struct status tree_fold(struct hash *hashes, size_t count, struct hash *out);

/**
 * The right edge of a growing tree: all it takes to append and to know the root.
 * `{ 0 }` is the empty tree.  nodes[h] is meaningful where bit h of size is set.
 * A plain value: copy it to try something and keep the old one.
 */
struct tree_frontier {
	uint64_t size;
	struct hash nodes[TREE_HEIGHTS];
};

/**
 * tree_frontier_append(f, leaf, completed):
 * Append a leaf by its hash.  Where ${completed} is not NULL, completed[h] is set
 * to the node of height h that this leaf completed, for every h from 0 to the
 * number of trailing zero bits of the new size.  ST_TOO_BIG at TREE_SIZE_MAX;
 * on failure ${f} is unchanged.
 */
MUST_CHECK struct status tree_frontier_append(struct tree_frontier *f, const struct hash *leaf,
					      struct hash completed[TREE_HEIGHTS]);
/** tree_frontier_root(f, out): the root of the tree so far. */
MUST_CHECK struct status tree_frontier_root(const struct tree_frontier *f, struct hash *out);

/** Where nodes come from; read() is asked only for nodes that the tree has. */
struct tree_reader {
	struct status (*read)(void *context, unsigned height, uint64_t index, struct hash *out);
	void *context;
};

struct tree_proof {
	size_t count;
	struct hash hashes[TREE_PROOF_MAX];
};

/** tree_frontier_load(reader, size, out): the edge of a stored tree. */
MUST_CHECK struct status tree_frontier_load(const struct tree_reader *reader, uint64_t size, struct tree_frontier *out);
/** tree_root(reader, size, out): MTH(D[0:size]). */
MUST_CHECK struct status tree_root(const struct tree_reader *reader, uint64_t size, struct hash *out);
/**
 * tree_prove_inclusion(reader, index, size, out):
 * PATH(index, D[0:size]) of RFC 6962 section 2.1.1.  ST_INVALID unless index < size.
 */
MUST_CHECK struct status tree_prove_inclusion(const struct tree_reader *reader, uint64_t index, uint64_t size,
					      struct tree_proof *out);
/**
 * tree_prove_consistency(reader, old_size, size, out):
 * PROOF(old_size, D[0:size]) of RFC 6962 section 2.1.2.  ST_INVALID unless
 * 0 < old_size <= size; a proof from the empty tree is undefined, and nothing
 * needs one.
 */
MUST_CHECK struct status tree_prove_consistency(const struct tree_reader *reader, uint64_t old_size, uint64_t size,
						struct tree_proof *out);

/** A tree as somebody vouched for it. */
struct tree_head {
	uint64_t size;
	struct hash root;
};

/** tree_verify_inclusion(head, index, leaf, hashes, count): ST_CORRUPT unless the leaf is proven to be there. */
MUST_CHECK struct status tree_verify_inclusion(const struct tree_head *head, uint64_t index, const struct hash *leaf,
					       const struct hash *hashes, size_t count);
/**
 * tree_verify_consistency(old, head, hashes, count):
 * ST_CORRUPT unless ${head} is proven to extend ${old}.  An ${old} of size 0
 * proves nothing and is refused; equal sizes need equal roots and no hashes.
 */
MUST_CHECK struct status tree_verify_consistency(const struct tree_head *old, const struct tree_head *head,
						 const struct hash *hashes, size_t count);

#endif /* !MERKLE_TREE_H */
