/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

#include <string.h>

#include "hash.h"

#define LEAF_PREFIX 0x00
#define NODE_PREFIX 0x01
/* Leaves up to this are hashed from one buffer: one call into the library. */
#define SMALL_LEAF 255

struct status tree_empty_root(struct hash *out)
{
	return sha256(bytes_of("", 0), out);
}

struct status tree_leaf_hash(struct bytes leaf, struct hash *out)
{
	uint8_t prefixed[1 + SMALL_LEAF] = {LEAF_PREFIX};

	if (leaf.len <= SMALL_LEAF) {
		if (leaf.len > 0)
			memcpy(prefixed + 1, leaf.at, leaf.len);
		return sha256(bytes_of(prefixed, 1 + leaf.len), out);
	}
	const struct bytes pieces[] = {bytes_of(prefixed, 1), leaf};

	return sha256_pieces(pieces, COUNT(pieces), out);
}

struct status tree_node_hash(const struct hash *left, const struct hash *right, struct hash *out)
{
	uint8_t both[1 + 2 * sizeof(struct hash)] = {NODE_PREFIX};

	memcpy(both + 1, left, sizeof *left);
	memcpy(both + 1 + sizeof *left, right, sizeof *right);
	return sha256(bytes_of(both, sizeof both), out);
}

/* Level by level: a last node without a sibling moves up as it is, which gives
 * the same shape as splitting at the largest power of two (RFC 6962 2.1). */
struct status tree_fold(struct hash *hashes, size_t count, struct hash *out)
{
	if (count == 0)
		return FAIL_AT(ST_INVALID, "tree of no leaves");
	for (; count > 1; count = count / 2 + count % 2) {
		for (size_t i = 0; i < count / 2; i++)
			TRY(tree_node_hash(&hashes[2 * i], &hashes[2 * i + 1], &hashes[i]));
		if (count % 2 == 1)
			hashes[count / 2] = hashes[count - 1];
	}
	*out = hashes[0];
	return OK;
}

static unsigned trailing_zeros(uint64_t n)
{
	return (unsigned)__builtin_ctzll(n);
}

/* Of n >= 1: the height of the largest complete tree within n leaves. */
static unsigned floor_log2(uint64_t n)
{
	return 63u - (unsigned)__builtin_clzll(n);
}

struct status tree_frontier_append(struct tree_frontier *f, const struct hash *leaf,
				   struct hash completed[TREE_HEIGHTS])
{
	struct hash node = *leaf;
	unsigned height = 0;

	if (f->size >= TREE_SIZE_MAX)
		return FAIL_AT(ST_TOO_BIG, "tree size");
	unsigned top = trailing_zeros(f->size + 1);

	for (; height < top; height++) {
		if (completed != NULL)
			completed[height] = node;
		TRY(tree_node_hash(&f->nodes[height], &node, &node));
	}
	if (completed != NULL)
		completed[top] = node;
	f->nodes[top] = node;
	f->size++;
	return OK;
}

struct status tree_frontier_root(const struct tree_frontier *f, struct hash *out)
{
	if (f->size == 0)
		return tree_empty_root(out);
	unsigned height = trailing_zeros(f->size);
	struct hash node = f->nodes[height];

	for (height++; height < TREE_HEIGHTS; height++)
		if ((f->size >> height & 1) != 0)
			TRY(tree_node_hash(&f->nodes[height], &node, &node));
	*out = node;
	return OK;
}

struct status tree_frontier_load(const struct tree_reader *reader, uint64_t size, struct tree_frontier *out)
{
	struct tree_frontier f = {.size = size};

	if (size > TREE_SIZE_MAX)
		return FAIL_AT(ST_INVALID, "tree size");
	for (unsigned height = 0; height < TREE_HEIGHTS; height++)
		if ((size >> height & 1) != 0)
			TRY(reader->read(reader->context, height, (size >> height) - 1, &f.nodes[height]));
	*out = f;
	return OK;
}

struct status tree_root(const struct tree_reader *reader, uint64_t size, struct hash *out)
{
	struct tree_frontier f;

	TRY(tree_frontier_load(reader, size, &f));
	return tree_frontier_root(&f, out);
}

/* MTH(D[begin:end]) of a range that occurs in the recursion of RFC 6962: begin is
 * a multiple of the power of two at or above its length, so every piece taken
 * from the left is a node. */
static struct status range_hash(const struct tree_reader *reader, uint64_t begin, uint64_t end, struct hash *out)
{
	struct hash pieces[TREE_HEIGHTS];
	size_t count = 0;

	while (begin < end) {
		unsigned height = floor_log2(end - begin);

		TRY(reader->read(reader->context, height, begin >> height, &pieces[count++]));
		begin += UINT64_C(1) << height;
	}
	struct hash node = pieces[--count];

	while (count-- > 0)
		TRY(tree_node_hash(&pieces[count], &node, &node));
	*out = node;
	return OK;
}

/* The largest power of two below n, n >= 2. */
static uint64_t split_of(uint64_t n)
{
	return UINT64_C(1) << floor_log2(n - 1);
}

/* Proofs are collected from the root down and written from the leaf up. */
static void proof_reverse(struct tree_proof *p)
{
	for (size_t i = 0; i < p->count / 2; i++) {
		struct hash h = p->hashes[i];

		p->hashes[i] = p->hashes[p->count - 1 - i];
		p->hashes[p->count - 1 - i] = h;
	}
}

struct status tree_prove_inclusion(const struct tree_reader *reader, uint64_t index, uint64_t size,
				   struct tree_proof *out)
{
	struct tree_proof p = {0};
	uint64_t begin = 0, end = size;

	if (index >= size || size > TREE_SIZE_MAX)
		return FAIL_AT(ST_INVALID, "leaf index");
	while (end - begin > 1) {
		uint64_t middle = begin + split_of(end - begin);
		bool left = index < middle;

		TRY(range_hash(reader, left ? middle : begin, left ? end : middle, &p.hashes[p.count++]));
		if (left)
			end = middle;
		else
			begin = middle;
	}
	proof_reverse(&p);
	*out = p;
	return OK;
}

struct status tree_prove_consistency(const struct tree_reader *reader, uint64_t old_size, uint64_t size,
				     struct tree_proof *out)
{
	struct tree_proof p = {0};
	uint64_t begin = 0, end = size;

	if (old_size == 0 || old_size > size || size > TREE_SIZE_MAX)
		return FAIL_AT(ST_INVALID, "tree size");
	while (old_size != end) {
		uint64_t middle = begin + split_of(end - begin);
		bool left = old_size <= middle;

		TRY(range_hash(reader, left ? middle : begin, left ? end : middle, &p.hashes[p.count++]));
		if (left)
			end = middle;
		else
			begin = middle;
	}
	/* A whole old tree is known to whoever asks (SUBPROOF's flag b). */
	if (begin != 0)
		TRY(range_hash(reader, begin, end, &p.hashes[p.count++]));
	proof_reverse(&p);
	*out = p;
	return OK;
}

static struct status expect(const struct hash *computed, const struct hash *claimed)
{
	return hash_equal(computed, claimed) ? OK : FAIL_AT(ST_CORRUPT, "merkle root");
}

/* The climb of RFC 9162 2.1.3.2 and 2.1.4.2: the index of a node, and of the last
 * node of its level. */
struct climb {
	uint64_t fn, sn;
};

/* One level up, or more where the node is the last one and moves up as it is;
 * whether the next hash of the proof stands to its left.  sn must not be 0. */
static bool climb(struct climb *c)
{
	const bool left = (c->fn & 1) != 0 || c->fn == c->sn;
	/* Not 0 where it is counted: either odd, or equal to sn. */
	const unsigned up = 1 + (left ? trailing_zeros(c->fn) : 0);

	c->fn >>= up;
	c->sn >>= up;
	return left;
}

struct status tree_verify_inclusion(const struct tree_head *head, uint64_t index, const struct hash *leaf,
				    const struct hash *hashes, size_t count)
{
	if (index >= head->size || head->size > TREE_SIZE_MAX)
		return FAIL_AT(ST_CORRUPT, "leaf index");
	struct climb c = {index, head->size - 1};
	struct hash node = *leaf;

	for (size_t i = 0; i < count; i++) {
		if (c.sn == 0)
			return FAIL_AT(ST_CORRUPT, "inclusion proof length");
		bool left = climb(&c);

		TRY(tree_node_hash(left ? &hashes[i] : &node, left ? &node : &hashes[i], &node));
	}
	if (c.sn != 0)
		return FAIL_AT(ST_CORRUPT, "inclusion proof length");
	return expect(&node, &head->root);
}

static struct status join_both(const struct hash *left, struct hash nodes[2])
{
	TRY(tree_node_hash(left, &nodes[0], &nodes[0]));
	return tree_node_hash(left, &nodes[1], &nodes[1]);
}

/* The loop of RFC 9162 2.1.4.2 over the hashes after the first, which both ${nodes}
 * start as: the old root and the new one. */
static struct status climb_both(struct climb c, const struct hash *hashes, size_t count, struct hash nodes[2])
{
	for (size_t i = 0; i < count; i++) {
		if (c.sn == 0)
			return FAIL_AT(ST_CORRUPT, "consistency proof length");
		TRY(climb(&c) ? join_both(&hashes[i], nodes) : tree_node_hash(&nodes[1], &hashes[i], &nodes[1]));
	}
	return c.sn == 0 ? OK : FAIL_AT(ST_CORRUPT, "consistency proof length");
}

struct status tree_verify_consistency(const struct tree_head *old, const struct tree_head *head,
				      const struct hash *hashes, size_t count)
{
	if (old->size == 0 || old->size > head->size || head->size > TREE_SIZE_MAX)
		return FAIL_AT(ST_CORRUPT, "tree size");
	if (old->size == head->size) {
		if (count != 0)
			return FAIL_AT(ST_CORRUPT, "consistency proof length");
		return expect(&old->root, &head->root);
	}
	/* An old tree that is a node of the new one is not repeated in the proof. */
	bool whole = (old->size & (old->size - 1)) == 0;

	if (!whole && count == 0)
		return FAIL_AT(ST_CORRUPT, "consistency proof length");
	const struct hash *first = whole ? &old->root : hashes++;
	struct hash nodes[2] = {*first, *first};
	const unsigned skip = trailing_zeros(~(old->size - 1));

	TRY(climb_both((struct climb){(old->size - 1) >> skip, (head->size - 1) >> skip}, hashes,
		       whole ? count : count - 1, nodes));
	TRY(expect(&nodes[0], &old->root));
	return expect(&nodes[1], &head->root);
}
