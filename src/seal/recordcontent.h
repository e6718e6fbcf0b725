/* SPDX-License-Identifier: Apache-2.0 */
/**
 * recordcontent: the bytes of a dictation, photo, report or chart, sealed and
 * opened piece by piece (docs/FORMATS.md section 2).
 *
 * Size and SHA-256 of the sealed bytes come out at the end: the statement that
 * signs them is the last thing made, while the sealed pieces may already be on
 * their way.  The other way round both are known from the statement beforehand.
 *
 * Invariants
 * 1. What the opener hands out before recordcontent_open_end() said OK is not to
 *    be used: it may only be written where a failure takes it away again.
 * 2. Every chunk handed out carries a tag that fits this record, version,
 *    compartment and author (PROMISES#S2).
 */
#ifndef SEAL_RECORDCONTENT_H
#define SEAL_RECORDCONTENT_H

#include "chunked.h"
#include "context.h"
#include "hash.h"
#include "limits.h"
#include "sealed.h"

/** What a record statement says of sealed content. */
struct recordcontent_claim {
	uint64_t size;
	struct hash hash;
};

/** One content in one direction; `{ 0 }` is empty. */
struct recordcontent {
	struct chunked chunked;
	struct sha256_state hashing;
	struct secret pending; /* what does not make a whole chunk yet */
	size_t pending_len;
	uint64_t size;     /* sealed bytes so far */
	uint64_t consumed; /* opening: of these, the ones in whole pieces (header, chunks) */
	struct recordcontent_claim claim;
	struct secret key;     /* opening: until the header has come */
	struct buffer context; /* the same */
	bool ended;
};
void recordcontent_clear(struct recordcontent *c);

/** recordcontent_seal_begin(record_key, place, author, out, c): the first sealed bytes are appended to ${out}. */
MUST_CHECK struct status recordcontent_seal_begin(const struct key *record_key, const struct record_place *place,
						  const struct user_id *author, struct buffer *out,
						  struct recordcontent *c);
/**
 * recordcontent_seal_add(c, plain, out):
 * Append whatever ${plain} completes, at most plain.len + 16 bytes a chunk more.
 * ST_TOO_BIG when the sealed form passes LIMIT_RECORD_BYTES.  After a failure ${c} is of no use.
 */
MUST_CHECK struct status recordcontent_seal_add(struct recordcontent *c, struct plain plain, struct buffer *out);
/** recordcontent_seal_end(c, out, claim): append the last chunk; ${claim} is what the statement shall say. */
MUST_CHECK struct status recordcontent_seal_end(struct recordcontent *c, struct buffer *out,
						struct recordcontent_claim *claim);

/** recordcontent_open_begin(record_key, place, author, claim, c): ST_CORRUPT for a size no content can have. */
MUST_CHECK struct status recordcontent_open_begin(const struct key *record_key, const struct record_place *place,
						  const struct user_id *author, const struct recordcontent_claim *claim,
						  struct recordcontent *c);
/** recordcontent_open_add(c, sealed, out): append what opens; ${out} must wipe.  ST_CORRUPT. */
MUST_CHECK struct status recordcontent_open_add(struct recordcontent *c, struct sealed sealed, struct buffer *out);
/** recordcontent_open_end(c): OK only when everything came and it was what the statement signs.  ST_CORRUPT. */
MUST_CHECK struct status recordcontent_open_end(struct recordcontent *c);

#endif /* !SEAL_RECORDCONTENT_H */
