/* SPDX-License-Identifier: Apache-2.0 */
/**
 * sealed: plain and sealed bytes as types, so that one never passes for the other.
 *
 * What is `plain` says something about a person: it stays in memory that is wiped
 * and in descriptors that the user named (PROMISES#K7).  What is `sealed` may go to
 * any disk and over any wire.
 */
#ifndef SEAL_SEALED_H
#define SEAL_SEALED_H

#include "secret.h"

/** Views, like struct bytes. */
struct plain {
	struct bytes bytes;
};
struct sealed {
	struct bytes bytes;
};

static inline struct plain plain_of(const void *at, size_t len)
{
	return (struct plain){bytes_of(at, len)};
}
static inline struct sealed sealed_of(const void *at, size_t len)
{
	return (struct sealed){bytes_of(at, len)};
}

/** A 32-byte key under another one: XAES-256-GCM with its nonce and tag. */
#define SEALED_KEY_LEN 72
struct sealed_key {
	uint8_t bytes[SEALED_KEY_LEN];
};

/** An epoch key for one recipient: suite, encapsulated key, ciphertext, tag. */
#define WRAPPED_KEY_LEN 114
struct wrapped_key {
	uint8_t bytes[WRAPPED_KEY_LEN];
};

#endif /* !SEAL_SEALED_H */
