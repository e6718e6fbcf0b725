/* SPDX-License-Identifier: Apache-2.0 */
/**
 * hpke_internal: the steps of RFC 9180, so that tests can hold each against
 * published vectors.  Outputs are 32 bytes of the caller's locked memory.
 */
#ifndef CRYPTO_HPKE_INTERNAL_H
#define CRYPTO_HPKE_INTERNAL_H

#include "engine.h"
#include "p256.h"

/** AEAD identifiers of section 7.3. */
enum hpke_aead { HPKE_AES_128_GCM = 0x0001, HPKE_AES_256_GCM = 0x0002 };

/** Section 4.1, with a given ephemeral pair: shared secret of Encap() for ${to}. */
MUST_CHECK struct status hpke_encap_with(const uint8_t ephemeral[32], const struct p256_public *ephemeral_public,
					 const struct p256_public *to, uint8_t shared[32]);
/** Section 4.1, Decap(): ST_CORRUPT for an ${enc} that is no point. */
MUST_CHECK struct status hpke_decap(const uint8_t private_key[32], const struct p256_public *enc, uint8_t shared[32]);
/** Section 5.1, KeySchedule() in base mode; the first 16 or 32 bytes of ${out}->key are written. */
MUST_CHECK struct status hpke_schedule(enum hpke_aead aead, const uint8_t shared[32], struct bytes info,
				       struct hpke_schedule *out);
/** hpke_seal() with a given ephemeral scalar.  Using one twice gives both messages away. */
MUST_CHECK struct status hpke_seal_with(const uint8_t ephemeral[32], const struct p256_public *to, struct bytes info,
					struct bytes aad, struct bytes plain, struct buffer *out);

#endif /* !CRYPTO_HPKE_INTERNAL_H */
