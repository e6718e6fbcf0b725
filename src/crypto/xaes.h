/* SPDX-License-Identifier: Apache-2.0 */
/**
 * xaes: XAES-256-GCM (c2sp.org/XAES-256-GCM), for small things: rows, wrapped
 * symmetric keys, slots, journal entries.  Form: nonce (24, random) || ciphertext || tag (16).
 */
#ifndef CRYPTO_XAES_H
#define CRYPTO_XAES_H

#include "secret.h"

#define XAES_OVERHEAD 40

/** xaes_seal(key, aad, plain, out): append plain.len + XAES_OVERHEAD bytes to ${out}. */
MUST_CHECK struct status xaes_seal(const struct key *key, struct bytes aad, struct bytes plain, struct buffer *out);
/** xaes_seal_to(...): the same into exactly plain.len + XAES_OVERHEAD bytes at ${out}. */
MUST_CHECK struct status xaes_seal_to(const struct key *key, struct bytes aad, struct bytes plain, uint8_t *out);
/**
 * xaes_open(key, aad, sealed, out):
 * Append sealed.len - XAES_OVERHEAD bytes to ${out}.  ST_CORRUPT when the tag
 * does not fit or ${sealed} is too short; ${out} is then unchanged.
 */
MUST_CHECK struct status xaes_open(const struct key *key, struct bytes aad, struct bytes sealed, struct buffer *out);
/** xaes_open_to(...): the same into exactly sealed.len - XAES_OVERHEAD bytes at ${out}, all zero after a refusal. */
MUST_CHECK struct status xaes_open_to(const struct key *key, struct bytes aad, struct bytes sealed, uint8_t *out);

/**
 * A series: many messages under one key, of which the schedule is made once: setting a key costs
 * more than sealing a short message.  Owner: one thread.  The key stays in it, outside the locked
 * page too, until xaes_series_end(); end it with the work that it was begun for.
 */
struct xaes_series;
/** xaes_series_new(out): without a key.  xaes_series_free() it. */
MUST_CHECK struct status xaes_series_new(struct xaes_series **out);
/** xaes_series_free(series): its key, too.  NULL is fine. */
void xaes_series_free(struct xaes_series *series);
/**
 * xaes_series_begin(series, key):
 * From here on under ${key}; another one before it is forgotten.  A failure leaves the series without a key.
 */
MUST_CHECK struct status xaes_series_begin(struct xaes_series *series, const struct key *key);
/** xaes_series_seal(series, aad, plain, out): as xaes_seal(), under the key that it was begun with; ST_INVALID: none.
 */
MUST_CHECK struct status xaes_series_seal(struct xaes_series *series, struct bytes aad, struct bytes plain,
					  struct buffer *out);
/** xaes_series_end(series): no trace of the key stays. */
void xaes_series_end(struct xaes_series *series);

/** For the accumulated vectors of the specification only: a given nonce. */
MUST_CHECK struct status xaes_seal_nonce(const struct key *key, const uint8_t nonce[24], struct bytes aad,
					 struct bytes plain, uint8_t *out);

#endif /* !CRYPTO_XAES_H */
