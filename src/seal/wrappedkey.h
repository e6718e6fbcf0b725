/* SPDX-License-Identifier: Apache-2.0 */
/**
 * wrappedkey: an epoch key for one recipient, by HPKE (docs/FORMATS.md section 2).
 *
 * HPKE's base mode says nothing about who wrapped.  What makes a wrapped key
 * authentic is that a signed epoch statement names its SHA-256 and commits to the
 * key inside; both are arguments of wrappedkey_open(), so neither is forgotten.
 */
#ifndef SEAL_WRAPPEDKEY_H
#define SEAL_WRAPPEDKEY_H

#include "context.h"
#include "p256.h"
#include "sealed.h"

/** Who shall be able to open it. */
struct wrappedkey_recipient {
	enum recipient_kind kind;
	struct uuid id;
	struct hash key_hash; /* as the epoch statement names it */
};

/** wrappedkey_wrap(place, key, recipient, hpke_key, out): ST_INVALID for a key that is not on the curve. */
MUST_CHECK struct status wrappedkey_wrap(const struct epoch_place *place, const struct key *key,
					 const struct wrappedkey_recipient *recipient,
					 const struct p256_public *hpke_key, struct wrapped_key *out);
/** wrappedkey_hash(w, out): what the epoch statement's row names. */
MUST_CHECK struct status wrappedkey_hash(const struct wrapped_key *w, struct hash *out);

/** What the epoch statement says of the wrapped key and of the key in it. */
struct wrappedkey_claim {
	struct hash wrapped_hash;
	struct hash commitment;
};
/**
 * wrappedkey_open(place, recipient, hpke_private, wrapped, claim, out):
 * ${out} is written only when the bytes, their binding and the key are those of
 * ${claim}.  ST_CORRUPT; ST_INVALID for a suite that this version does not know.
 */
MUST_CHECK struct status wrappedkey_open(const struct epoch_place *place, const struct wrappedkey_recipient *recipient,
					 const struct secret *hpke_private, const struct wrapped_key *wrapped,
					 const struct wrappedkey_claim *claim, struct key *out);

#endif /* !SEAL_WRAPPEDKEY_H */
