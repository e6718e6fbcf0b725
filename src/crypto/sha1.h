/* SPDX-License-Identifier: Apache-2.0 */
/** sha1: SHA-1 (FIPS 180-4), because lists of breached passwords are kept so.  It protects nothing. */
#ifndef CRYPTO_SHA1_H
#define CRYPTO_SHA1_H

#include "bytes.h"

#define SHA1_BYTES 20
MUST_CHECK struct status sha1(struct bytes data, uint8_t out[SHA1_BYTES]);

#endif /* !CRYPTO_SHA1_H */
