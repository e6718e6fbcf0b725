/* SPDX-License-Identifier: Apache-2.0 */
/**
 * heads: where every chain of the log ends: for each user who acted and each
 * patient file, user, list and the site that something was about, how many leaves
 * its chain has and which is the last.
 *
 * A table in memory, 72 bytes a chain.  Ids come from clients, so they are
 * spread by a keyed hash.  Not safe for several threads by itself.
 */
#ifndef AUDIT_HEADS_H
#define AUDIT_HEADS_H

#include "id.h"
#include "piece.h"

/** Chains of subjects are numbered like their kind. */
enum heads_role {
	HEADS_ACTOR = 0,
	HEADS_PATIENT = PIECE_PATIENT,
	HEADS_USER = PIECE_USER,
	HEADS_LIST = PIECE_LIST,
	HEADS_SITE = PIECE_SITE,
};

#define HEADS_NO_INDEX UINT64_MAX

/** The end of one chain. */
struct head {
	struct uuid id; /* zero for the site */
	uint8_t role;
	bool used;
	uint64_t length;  /* leaves in the chain; the next one's sequence number */
	uint64_t index;   /* of the last leaf; HEADS_NO_INDEX where length is 0 */
	struct hash link; /* of the last leaf; zero where length is 0 */
};

/** `{0}` is a valid empty table. */
struct heads {
	struct head *slots;
	size_t capacity; /* a power of two, or 0 */
	size_t count;
	uint8_t seed[16];
};

/** heads_get(h, role, id, out): whether it was put there; an empty chain where it was not. */
bool heads_get(const struct heads *h, enum heads_role role, const struct uuid *id, struct head *out);
/** heads_reserve(h, more): so many heads_put() of new chains will then succeed; ST_NO_MEMORY. */
MUST_CHECK struct status heads_reserve(struct heads *h, size_t more);
/** heads_put(h, head): set it; ST_NO_MEMORY only where there was no room reserved. */
MUST_CHECK struct status heads_put(struct heads *h, const struct head *head);
/** heads_extend(h, role, id, index, link): that chain gains a leaf; ${link} is its leaf_link(); as heads_put(). */
MUST_CHECK struct status heads_extend(struct heads *h, enum heads_role role, const struct uuid *id, uint64_t index,
				      const struct hash *link);
/** heads_next(h, at): the chain at or behind slot *${at}, which moves past it; NULL at the end. */
const struct head *heads_next(const struct heads *h, size_t *at);
/** heads_empty(h): forget every chain, keep the memory. */
void heads_empty(struct heads *h);
void heads_clear(struct heads *h);

/** heads_copy(h, out): ${out} is a table of its own; ST_NO_MEMORY. */
MUST_CHECK struct status heads_copy(const struct heads *h, struct heads *out);

/** head_add(head, index, link): the chain gains that leaf; ${link} is its leaf_link(). */
static inline void head_add(struct head *head, uint64_t index, const struct hash *link)
{
	head->link = *link;
	head->length++;
	head->index = index;
}

#endif /* !AUDIT_HEADS_H */
