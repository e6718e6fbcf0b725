/* SPDX-License-Identifier: Apache-2.0 */
/**
 * gcm: AES-256-GCM (NIST SP 800-38D) with 96-bit nonces and 128-bit tags, on a
 * context that is reused.  Internal to crypto: who needs a seal takes xaes or
 * chunked, which choose nonces.
 */
#ifndef CRYPTO_GCM_H
#define CRYPTO_GCM_H

#include <openssl/evp.h>

#include "bytes.h"

#define GCM_KEY   32
#define GCM_NONCE 12
#define GCM_TAG   16
/* SP 800-38D section 5.2.1.1: 2^39 - 256 bits. */
#define GCM_PLAIN_MAX ((UINT64_C(1) << 36) - 32)

/** gcm_key(gcm, key): all that follows is under ${key}, until gcm_forget(). */
MUST_CHECK struct status gcm_key(EVP_CIPHER_CTX *gcm, const uint8_t key[GCM_KEY]);
/** gcm_forget(gcm): no trace of the key is left in ${gcm}. */
void gcm_forget(EVP_CIPHER_CTX *gcm);

/** gcm_seal(...): plain.len + GCM_TAG bytes to ${out}, which may be plain.at. */
MUST_CHECK struct status gcm_seal(EVP_CIPHER_CTX *gcm, const uint8_t nonce[GCM_NONCE], struct bytes aad,
				  struct bytes plain, uint8_t *out);
/**
 * gcm_open(...): sealed.len - GCM_TAG bytes to ${out}, which may be sealed.at.
 * ST_CORRUPT when the tag does not fit; what was written is zeroed then, so that
 * nothing unproven is ever there to use.
 */
MUST_CHECK struct status gcm_open(EVP_CIPHER_CTX *gcm, const uint8_t nonce[GCM_NONCE], struct bytes aad,
				  struct bytes sealed, uint8_t *out);

/**
 * gcm_seal_once(key, ...), gcm_open_once(key, ...):
 * The same for the only message under ${key}; no trace of the key is left.
 */
MUST_CHECK struct status gcm_seal_once(const uint8_t key[GCM_KEY], const uint8_t nonce[GCM_NONCE], struct bytes aad,
				       struct bytes plain, uint8_t *out);
MUST_CHECK struct status gcm_open_once(const uint8_t key[GCM_KEY], const uint8_t nonce[GCM_NONCE], struct bytes aad,
				       struct bytes sealed, uint8_t *out);

#endif /* !CRYPTO_GCM_H */
