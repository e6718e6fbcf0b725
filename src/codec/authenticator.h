/* SPDX-License-Identifier: Apache-2.0 */
/**
 * authenticator: what an authenticator says of itself and of a credential: attestation
 * object and authenticator data (WebAuthn Level 3, sections 6.1 and 6.5).
 *
 * Views into the bytes parsed.  ST_INVALID ("attestation", "authenticator data") for
 * anything that is not whole and exactly of that form; ST_TOO_BIG past the ceilings.
 */
#ifndef CODEC_AUTHENTICATOR_H
#define CODEC_AUTHENTICATOR_H

#include "limits.h"
#include "text.h"

enum authenticator_flag {
	AUTHENTICATOR_PRESENT = 0x01,    /* UP */
	AUTHENTICATOR_VERIFIED = 0x04,   /* UV */
	AUTHENTICATOR_ELIGIBLE = 0x08,   /* BE: may be backed up */
	AUTHENTICATOR_BACKED_UP = 0x10,  /* BS */
	AUTHENTICATOR_CREDENTIAL = 0x40, /* AT: a credential follows */
	AUTHENTICATOR_EXTENSIONS = 0x80, /* ED: extensions follow */
};

struct authenticator_data {
	struct hash rp_id;
	uint8_t flags;
	uint32_t counter;
	/* With AUTHENTICATOR_CREDENTIAL, else empty. */
	struct bytes model;      /* AAGUID, 16 */
	struct bytes credential; /* its id, 1 to LIMIT_CREDENTIAL_ID */
	struct bytes key;        /* one whole CBOR item: see cosekey.h */
};
/** authenticator_read(data, out): nothing may follow.  Extensions are walked to their end and left out. */
MUST_CHECK struct status authenticator_read(struct bytes data, struct authenticator_data *out);

struct authenticator_attestation {
	struct text format;     /* "none", "packed", ... */
	struct bytes statement; /* one whole CBOR map, not looked into; of "none" the empty one */
	struct bytes data;      /* authenticator data */
};
/** authenticator_attestation_read(object, out): CBOR as cborreader.h takes it. */
MUST_CHECK struct status authenticator_attestation_read(struct bytes object, struct authenticator_attestation *out);

#endif /* !CODEC_AUTHENTICATOR_H */
