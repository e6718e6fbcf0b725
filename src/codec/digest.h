/* SPDX-License-Identifier: Apache-2.0 */
/**
 * digest: the value of a Repr-Digest (RFC 9530) with sha-256.
 */
#ifndef CODEC_DIGEST_H
#define CODEC_DIGEST_H

#include "text.h"

/** digest_put(out, h): `sha-256=:base64:`, a dictionary of one byte sequence (RFC 8941 section 3.2). */
MUST_CHECK struct status digest_put(struct buffer *out, const struct hash *h);

#endif /* !CODEC_DIGEST_H */
