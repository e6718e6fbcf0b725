/* SPDX-License-Identifier: Apache-2.0 */
/**
 * nonce: random bytes that are no secret: nonces, salts, ids.
 *
 * They come from the system's CSPRNG like any other, but a page of them is made of
 * one seed at once (ChaCha20): one system call a nonce would cost as much as sealing
 * a row.  The page belongs to its thread and a forked child never sees its parent's.
 */
#ifndef BASE_NONCE_H
#define BASE_NONCE_H

#include <stddef.h>

/** nonce_random(at, len): never fails.  Keys come from secret_new() or secret_random(). */
void nonce_random(void *at, size_t len);

#endif /* !BASE_NONCE_H */
