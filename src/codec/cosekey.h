/* SPDX-License-Identifier: Apache-2.0 */
/**
 * cosekey: the public key of a credential as a COSE_Key (RFC 9052 section 7, RFC 9053
 * sections 2 and 7, RFC 8230 section 4).
 *
 * Form only: whether the point lies on its curve is for crypto to say.
 */
#ifndef CODEC_COSEKEY_H
#define CODEC_COSEKEY_H

#include "bytes.h"

/** Identifiers of the IANA registry "COSE Algorithms". */
enum cosekey_algorithm { COSEKEY_ES256 = -7, COSEKEY_EDDSA = -8, COSEKEY_RS256 = -257 };

struct cosekey {
	enum cosekey_algorithm algorithm;
	struct bytes x, y;     /* ES256: 32 and 32; EdDSA: 32 and none */
	struct bytes modulus;  /* RS256: without a leading zero */
	struct bytes exponent; /* RS256 */
};
/**
 * cosekey_read(item, out): exactly the members that its kind has, in CTAP2's canonical form.
 * ST_INVALID ("key"); also for other kinds, curves and algorithms.
 */
MUST_CHECK struct status cosekey_read(struct bytes item, struct cosekey *out);

#endif /* !CODEC_COSEKEY_H */
