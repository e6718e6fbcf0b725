/* SPDX-License-Identifier: Apache-2.0 */
/**
 * batch: the record that one append writes (docs/FORMATS.md section 3).
 *
 *   "TLB1" (4), first index (8), count (4), length of the rest (4)
 *   leaves (count x 43)
 *   sized actors: XAES under the key of the year of the first leaf, for each leaf:
 *     nonce (32), digest of the subject piece (32), index of the actor's previous
 *     leaf (8, all ones: none), sized actor piece; behind the last of them, in a
 *     batch that follows a change of rows, the store's sequence (8), which grows
 *   for each leaf: scope (1: 0 site, 1 patient), patient (16), sized subject: XAES
 *     under that key: nonce (32), index of the subject's previous leaf (8), piece
 *   SHA-256 of all of it (32)
 *
 * The indexes of previous leaves let a chain be walked; the digest of the subject
 * piece lets a leaf be proven whose subject was erased.  Neither is committed to.
 *
 * Everything parsed is a view.  Opened pieces lie in a buffer of the caller that
 * wipes its memory.
 */
#ifndef AUDIT_BATCH_H
#define AUDIT_BATCH_H

#include "leaf.h"
#include "piece.h"
#include "reader.h"
#include "secret.h"

/** What waits is appended in pieces of this: memory of the one who writes, and how far a torn tail can reach. */
#define BATCH_LEAVES_MAX 1024
#define BATCH_BYTES_MAX  (4u << 20)
#define BATCH_HEADER     20
/** No batch of one leaf is shorter: what a reserve of so many bytes is good for. */
#define BATCH_BYTES_MIN 400

enum batch_scope { BATCH_SITE = 0, BATCH_PATIENT = 1 };

struct batch_header {
	uint64_t first;
	uint32_t count;
	uint32_t rest; /* bytes behind the header, with the hash */
};
/** batch_parse_header(bytes, out): BATCH_HEADER bytes within the limits; ST_INVALID. */
MUST_CHECK struct status batch_parse_header(struct bytes bytes, struct batch_header *out);

struct batch {
	uint64_t first;
	uint32_t count;
	struct bytes leaves, actors, subjects; /* actors sealed; subjects unparsed */
};
/** batch_parse_form(bytes, out): the structure alone; ST_INVALID unless it ends exactly. */
MUST_CHECK struct status batch_parse_form(struct bytes bytes, struct batch *out);
/** batch_parse(bytes, out): structure and hash; ST_CORRUPT. */
MUST_CHECK struct status batch_parse(struct bytes bytes, struct batch *out);

/** batch_leaf(b, i): the 43 bytes of its i-th leaf. */
static inline const uint8_t *batch_leaf(const struct batch *b, uint32_t i)
{
	return b->leaves.at + (size_t)i * LEAF_BYTES;
}

/** One leaf's part of `actors`, opened. */
struct batch_actor {
	struct hash nonce, subject_digest;
	uint64_t previous_index;
	struct bytes piece;
};
/** One leaf's part of `subjects`, still sealed. */
struct batch_subject {
	enum batch_scope scope;
	struct uuid patient; /* zero unless the scope is BATCH_PATIENT */
	struct bytes sealed;
};
/** What a sealed subject holds. */
struct batch_about {
	struct hash nonce;
	uint64_t previous_index;
	struct bytes piece;
};

/** batch_next_actor(r, out), batch_next_subject(r, out): one after another; ST_CORRUPT. */
MUST_CHECK struct status batch_next_actor(struct reader *r, struct batch_actor *out);
MUST_CHECK struct status batch_next_subject(struct reader *r, struct batch_subject *out);
MUST_CHECK struct status batch_put_actor(struct buffer *b, const struct batch_actor *a);
MUST_CHECK struct status batch_put_subject(struct buffer *b, const struct batch_subject *s);
/** batch_put_sequence(b, sequence): behind the last actor: which state of the store's rows the batch follows. */
MUST_CHECK struct status batch_put_sequence(struct buffer *b, uint64_t sequence);
/**
 * batch_take_sequence(r, sequence):
 * Behind the last actor; ends exactly.  ${sequence} stays where the batch follows
 * no change, and grows otherwise; ST_CORRUPT.
 */
MUST_CHECK struct status batch_take_sequence(struct reader *r, uint64_t *sequence);

/** batch_open_actors(b, key, out): append all of them, opened, to ${out}. */
MUST_CHECK struct status batch_open_actors(const struct batch *b, const struct key *key, struct buffer *out);
/** batch_open_subject(s, index, key, plain, out): ${plain} is emptied and holds what ${out} views. */
MUST_CHECK struct status batch_open_subject(const struct batch_subject *s, uint64_t index, const struct key *key,
					    struct buffer *plain, struct batch_about *out);
struct xaes_series;
/** batch_seal_subject(about, index, series, plain, out): append the sealed form; ${plain} is scratch. */
MUST_CHECK struct status batch_seal_subject(const struct batch_about *about, uint64_t index, struct xaes_series *series,
					    struct buffer *plain, struct buffer *out);

/** The parts of a batch to be written. */
struct batch_parts {
	uint64_t first;
	uint32_t count;
	struct bytes leaves, actors, subjects; /* actors opened */
};
/** batch_write(parts, year_key, out): append the whole record to ${out}, which is empty. */
MUST_CHECK struct status batch_write(const struct batch_parts *parts, const struct key *year_key, struct buffer *out);
/** batch_year(leaf): the year (UTC) whose key seals a batch that begins with this leaf. */
MUST_CHECK struct status batch_year(const uint8_t *leaf, unsigned *out);

#endif /* !AUDIT_BATCH_H */
