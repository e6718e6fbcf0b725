/* SPDX-License-Identifier: Apache-2.0 */
/**
 * piece: the two halves of what a leaf commits to (docs/FORMATS.md section 3).
 *
 * The actor piece says who, from where, with what; the subject piece what it was
 * about.  Each is hashed with a nonce of its own, so that either can be shown, or
 * erased, without the other.  Each carries the place in its chain: how many leaves
 * the acting user, or the subject, had before, and the link to the last of them.
 *
 * Invariants
 * 1. A piece that parses encodes to the same bytes.
 * 2. Sequence number 0 exactly where the link is zero; both are 0 where there is
 *    no user, or no subject, to have a chain.
 */
#ifndef MERKLE_PIECE_H
#define MERKLE_PIECE_H

#include "id.h"

#define PIECE_CLIENT_MAX 200
#define PIECE_DETAIL_MAX 1024
/** Neither piece is longer. */
#define PIECE_MAX (PIECE_CLIENT_MAX + PIECE_DETAIL_MAX + 256)

/** An absent id is zero, an absent text or address empty. */
struct piece_actor {
	struct user_id user;
	struct session_id session;
	struct device_id device;
	struct bytes address; /* none, IPv4 or IPv6 */
	struct text client;   /* UTF-8, what the client calls itself */
	uint64_t sequence;
	struct hash previous;
	struct text detail;
};

enum piece_kind { PIECE_NONE = 0, PIECE_PATIENT = 1, PIECE_USER = 2, PIECE_LIST = 3, PIECE_SITE = 4 };

struct piece_subject {
	enum piece_kind kind;
	struct uuid id; /* zero for PIECE_NONE and PIECE_SITE */
	uint64_t sequence;
	struct hash previous;
	struct hash statement;   /* its name; zero: none */
	struct record_id record; /* zero: none */
	uint32_t version;        /* of the record; 0 with none */
	struct text detail;
};

/** ST_INVALID for values that no piece may have; ${b} is then unchanged or longer, never shorter. */
MUST_CHECK struct status piece_put_actor(struct buffer *b, const struct piece_actor *p);
MUST_CHECK struct status piece_put_subject(struct buffer *b, const struct piece_subject *p);
/** Views into ${bytes}; ST_INVALID unless ${bytes} is exactly one piece. */
MUST_CHECK struct status piece_parse_actor(struct bytes bytes, struct piece_actor *out);
MUST_CHECK struct status piece_parse_subject(struct bytes bytes, struct piece_subject *out);

/** piece_digest(nonce, piece, out): SHA-256(nonce || piece), which the leaf commits to. */
MUST_CHECK struct status piece_digest(const struct hash *nonce, struct bytes piece, struct hash *out);

#endif /* !MERKLE_PIECE_H */
