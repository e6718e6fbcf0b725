/* SPDX-License-Identifier: Apache-2.0 */
/**
 * chunked: C2SP chunked encryption "Cobblestone-256" (c2sp.org/chunked-encryption
 * with SHA-512 and AES-256-GCM), for everything larger than a row.
 *
 * Form: salt (24) || commitment (32) || chunks of 16 KiB + tag (16), the last one
 * always shorter than 16 KiB, perhaps empty.  Each message has a random salt.
 */
#ifndef CRYPTO_CHUNKED_H
#define CRYPTO_CHUNKED_H

#include "keyslot.h"

#define CHUNKED_HEADER 56
#define CHUNKED_PLAIN  16384
#define CHUNKED_SEALED (CHUNKED_PLAIN + 16)

/** chunked_sealed_len(plain_len): the length of the sealed form; UINT64_MAX past the format's 4 PiB - 1. */
uint64_t chunked_sealed_len(uint64_t plain_len);
/** chunked_plain_len(sealed_len, out): ST_CORRUPT for a length no message can have. */
MUST_CHECK struct status chunked_plain_len(uint64_t sealed_len, uint64_t *out);

/** State of one message in one direction, used by one thread at a time; wiped by chunked_clear(). */
struct chunked {
	struct keyslot keys; /* message key, base nonce */
	uint64_t next;       /* number of the chunk that comes next when streaming */
	bool ended;
	void *context; /* cipher */
};
void chunked_clear(struct chunked *c);

/** chunked_seal_begin(key, context, header, c): derive, and write CHUNKED_HEADER bytes to ${header}. */
MUST_CHECK struct status chunked_seal_begin(const struct key *key, struct bytes context, uint8_t *header,
					    struct chunked *c);
/**
 * chunked_seal_next(c, plain, out):
 * Seal the next chunk: exactly CHUNKED_PLAIN bytes, or fewer for the last one.
 * Writes plain.len + 16 bytes to ${out} (which may be plain.at).  ST_INVALID after the last.
 */
MUST_CHECK struct status chunked_seal_next(struct chunked *c, struct bytes plain, uint8_t *out);

/** chunked_open_begin(key, context, header, c): derive and check the commitment; ST_CORRUPT. */
MUST_CHECK struct status chunked_open_begin(const struct key *key, struct bytes context, struct bytes header,
					    struct chunked *c);
/**
 * chunked_open_at(c, number, last, sealed, out):
 * Open chunk ${number}; ${last} says that the message's length makes it the last
 * one (it must then be short, and otherwise full).  Writes sealed.len - 16 bytes
 * to ${out} (which may be sealed.at), all zero after a refusal.  Any order, any
 * number of times.  ST_CORRUPT.
 */
MUST_CHECK struct status chunked_open_at(struct chunked *c, uint64_t number, bool last, struct bytes sealed,
					 uint8_t *out);

/** Whole messages in memory, appended to ${out}, which is unchanged after a failure. */
MUST_CHECK struct status chunked_seal(const struct key *key, struct bytes context, struct bytes plain,
				      struct buffer *out);
MUST_CHECK struct status chunked_open(const struct key *key, struct bytes context, struct bytes sealed,
				      struct buffer *out);

#endif /* !CRYPTO_CHUNKED_H */
