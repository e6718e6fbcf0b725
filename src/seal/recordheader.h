/* SPDX-License-Identifier: Apache-2.0 */
/**
 * recordheader: the sealed JSON that says what a record version is; for kind
 * identity, who the patient is (docs/FORMATS.md section 2).
 *
 * The JSON is padded with spaces to a multiple of 128 bytes, so that its length
 * tells little about a name or a title.  What is in it is not looked at here.
 */
#ifndef SEAL_RECORDHEADER_H
#define SEAL_RECORDHEADER_H

#include "context.h"
#include "limits.h"
#include "sealed.h"

#define RECORDHEADER_PAD ((size_t)128)
/* What LIMIT_SEALED_HEADER leaves after nonce and tag, cut to the padding. */
#define RECORDHEADER_PLAIN_MAX ((LIMIT_SEALED_HEADER - 40) / RECORDHEADER_PAD * RECORDHEADER_PAD)

/** recordheader_seal(record_key, place, author, json, out): append to ${out}.  ST_TOO_BIG; ST_INVALID when empty. */
MUST_CHECK struct status recordheader_seal(const struct key *record_key, const struct record_place *place,
					   const struct user_id *author, struct plain json, struct buffer *out);
/**
 * recordheader_open(record_key, place, author, sealed, out):
 * Append the JSON without its padding; ${out} must wipe.  ST_CORRUPT; ${out} is then unchanged.
 */
MUST_CHECK struct status recordheader_open(const struct key *record_key, const struct record_place *place,
					   const struct user_id *author, struct sealed sealed, struct buffer *out);

#endif /* !SEAL_RECORDHEADER_H */
