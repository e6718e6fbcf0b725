/* SPDX-License-Identifier: Apache-2.0 */
/**
 * signer: signs a checkpoint of the log only when it is proven to extend the
 * last one that it signed (PROMISES#B2).
 *
 * Invariants:
 *  1. What was signed is durable in K (file `head`) before the signature leaves,
 *     so that a restart forgets nothing.
 *  2. The origin is the one fixed when the key store was made.
 */
#ifndef KEYD_SIGNER_H
#define KEYD_SIGNER_H

#include "checkpoint.h"
#include "vouched.h"

/** Made by signer_open(); ended by signer_clear(). */
struct signer {
	struct secret seed;
	struct note_key key;
	const struct vouched *vouched; /* borrowed */
	struct tree_head last;         /* size 0: none yet */
};
/** signer_begin(vouched): the file `head` of a log that is still empty. */
MUST_CHECK struct status signer_begin(const struct vouched *vouched);
/**
 * signer_open(vouched, authority, seed, public, out):
 * ${authority} is HOST[:PORT] of the origin; ${seed} is taken over on success.
 * ST_CORRUPT (REASON_HEAD).
 */
MUST_CHECK struct status signer_open(const struct vouched *vouched, struct text authority, struct secret *seed,
				     const struct ed25519_public *public_key, struct signer *out);
/**
 * signer_sign(s, head, proof, count, out):
 * Append the signed checkpoint.  ${proof} is empty for the first one and for the
 * same size again.  ST_CORRUPT: REASON_NOT_EXTENDED, REASON_SMALLER,
 * REASON_OTHER_ROOT; nothing is signed and the last one stays.
 */
MUST_CHECK struct status signer_sign(struct signer *s, const struct tree_head *head, const struct hash *proof,
				     size_t count, struct buffer *out);
void signer_clear(struct signer *s);

#endif /* !KEYD_SIGNER_H */
