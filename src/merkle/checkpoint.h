/* SPDX-License-Identifier: Apache-2.0 */
/**
 * checkpoint: a signed tree head (c2sp.org/tlog-checkpoint), and the timestamped
 * cosignatures of witnesses (c2sp.org/tlog-cosignature, Ed25519).
 */
#ifndef MERKLE_CHECKPOINT_H
#define MERKLE_CHECKPOINT_H

#include "note.h"
#include "tree.h"

/** A whole signed checkpoint of ours with its witnesses: fetched and kept by every client. */
#define CHECKPOINT_BYTES_MAX ((size_t)16 * 1024)

struct checkpoint {
	struct text origin;
	struct tree_head head;
	struct text extensions; /* opaque lines, each with its newline; may be empty */
};

/** checkpoint_parse(body, out): the text of a note; views into it.  ST_INVALID. */
MUST_CHECK struct status checkpoint_parse(struct text body, struct checkpoint *out);
/** checkpoint_put(b, c): append the text.  ST_INVALID for an origin or extensions that have no such form. */
MUST_CHECK struct status checkpoint_put(struct buffer *b, const struct checkpoint *c);

/**
 * checkpoint_open(bytes, key, out):
 * Parse a signed checkpoint, verify the signature of ${key}, and check that its
 * origin is the name of ${key}: a log signs only for itself.  Views into
 * ${bytes}.  ST_INVALID, ST_UNPROVEN.
 */
MUST_CHECK struct status checkpoint_open(struct bytes bytes, const struct note_key *key, struct checkpoint *out);
/** checkpoint_sign(head, key, seed, out): append a signed checkpoint whose origin is the name of ${key}. */
MUST_CHECK struct status checkpoint_sign(const struct tree_head *head, const struct note_key *key,
					 const struct secret *seed, struct buffer *out);
/**
 * checkpoint_verify_cosignature(n, witness, seconds):
 * A witness (key of type NOTE_COSIGNATURE) vouches for this note's text; when,
 * in seconds since 1970.  ST_UNPROVEN otherwise.
 */
MUST_CHECK struct status checkpoint_verify_cosignature(const struct note *n, const struct note_key *witness,
						       uint64_t *seconds);

#endif /* !MERKLE_CHECKPOINT_H */
