/* SPDX-License-Identifier: Apache-2.0 */
/**
 * digest: the fields Repr-Digest and Content-Digest (RFC 9530) with sha-256.
 */
#ifndef CODEC_DIGEST_H
#define CODEC_DIGEST_H

#include "text.h"

/**
 * digest_parse(field, out):
 * The sha-256 of a dictionary such as `sha-256=:base64:, sha-512=:base64:` (RFC 8941
 * section 3.2).  Other algorithms are passed over.  ST_NOT_FOUND when there is no
 * sha-256, ST_INVALID for anything malformed: also an algorithm given twice, a
 * parameter, a value that is no byte sequence, a sha-256 that has not 32 bytes.
 */
MUST_CHECK struct status digest_parse(struct text field, struct hash *out);
/** digest_put(out, h): the value of the field. */
MUST_CHECK struct status digest_put(struct buffer *out, const struct hash *h);

#endif /* !CODEC_DIGEST_H */
