/* SPDX-License-Identifier: Apache-2.0 */
/**
 * importtoken: a name for an imported source that only its owner can compute, so
 * that importing the same source again adds nothing (docs/FORMATS.md section 2).
 */
#ifndef SEAL_IMPORTTOKEN_H
#define SEAL_IMPORTTOKEN_H

#include "secret.h"

/* Kind word and identity together: system and value, path, hash; never a whole resource. */
#define IMPORTTOKEN_SOURCE_MAX 4096

/**
 * importtoken_source(kind, pieces, count, out):
 * Append what the token is computed over.  ${kind} is a word of ours ("patient",
 * "resource"); ${pieces} make the source the same one.  They may identify a person:
 * ${out} must wipe.
 */
MUST_CHECK struct status importtoken_source(const char *kind, const struct bytes *pieces, size_t count,
					    struct buffer *out);
/** importtoken_make(hpke_private, source, out): equal sources and keys give equal tokens.  ST_TOO_BIG. */
MUST_CHECK struct status importtoken_make(const struct secret *hpke_private, struct bytes source, struct hash *out);

#endif /* !SEAL_IMPORTTOKEN_H */
