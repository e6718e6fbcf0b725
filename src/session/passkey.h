/* SPDX-License-Identifier: Apache-2.0 */
/**
 * passkey: WebAuthn Level 3 as the server's side of it (PROMISES#S5): what a browser
 * answers to a challenge is verified as sections 7.1 and 7.2 demand.
 *
 * Pure: what is expected comes in, what was found goes out; no clock, row or file.
 *
 * 1. Attestation is not asked for.  Where there is one its end is found and nothing
 *    else: it is neither trusted nor looked into.
 * 2. User verification is required, always.
 * 3. The challenge is single-use and the counter only grows: both are for the caller
 *    to compare in his transaction (challenge.h, passkey_count()).
 *
 * Refusals are ST_UNPROVEN; `what` is a sentence for who made the answer, and nothing
 * of his stands in it.
 */
#ifndef SESSION_PASSKEY_H
#define SESSION_PASSKEY_H

#include "bytes.h"
#include "id.h"
#include "limits.h"
#include "text.h"

/* What the options of a registration ask for, in order of preference: ES256, EdDSA, RS256 (codec/cosekey.h). */
#define PASSKEY_MODEL 16

struct passkey_expected {
	struct text origin;    /* the site's, as browsers write it: "https://example.org" or with a port */
	struct hash challenge; /* ours, known to be good for this ceremony */
	struct user_id user;   /* his id is the user handle */
};

/** A credential as a row keeps it (docs/FORMATS.md, "Rows"): views. */
struct passkey {
	struct bytes credential; /* its id, 1 to LIMIT_CREDENTIAL_ID */
	struct bytes key;        /* COSE_Key, of a kind that codec/cosekey.h reads, its point on its curve */
	uint32_t counter;
	bool eligible, backed_up;     /* may be copied to other devices by its maker; is */
	uint8_t model[PASSKEY_MODEL]; /* what the authenticator calls its model; unproven */
};
/** passkey_write(p, out): append the body of its row. */
MUST_CHECK struct status passkey_write(const struct passkey *p, struct buffer *out);
/** passkey_read(body, out): ST_CORRUPT ("passkey"). */
MUST_CHECK struct status passkey_read(struct bytes body, struct passkey *out);

/** passkey_host(origin, out): the relying party's id: the origin's host, without port; ST_INVALID for an address. */
MUST_CHECK struct status passkey_host(struct text origin, struct text *out);
/** passkey_challenge(client_data, out): which challenge an answer names, before anything of it is believed. */
MUST_CHECK struct status passkey_challenge(struct bytes client_data, struct hash *out);

/** What navigator.credentials.create() gave. */
struct passkey_registration {
	struct bytes client_data, attestation;
};
/** passkey_register(expected, registration, out): views into ${registration}.  That nobody has it is for the caller. */
MUST_CHECK struct status passkey_register(const struct passkey_expected *expected,
					  const struct passkey_registration *registration, struct passkey *out);

/** What navigator.credentials.get() gave. */
struct passkey_assertion {
	struct bytes credential; /* which it says it is */
	struct bytes client_data, data, signature;
	struct bytes user_handle; /* empty: none was given */
};
/** The same, with what it is to be compared with: what somebody gives as his second factor (factor.h). */
struct passkey_answer {
	struct passkey_expected expected;
	struct passkey_assertion assertion;
};
/** What an assertion brings the row. */
struct passkey_use {
	uint32_t counter;
	bool backed_up;
};
/** passkey_assert(expected, passkey, assertion, out): the counter is not compared. */
MUST_CHECK struct status passkey_assert(const struct passkey_expected *expected, const struct passkey *p,
					const struct passkey_assertion *assertion, struct passkey_use *out);
/** passkey_count(p, use): of ${p} as its row is now: ST_UNPROVEN unless the counter grew or both are zero. */
MUST_CHECK struct status passkey_count(struct passkey *p, const struct passkey_use *use);

/** passkey_copied(s): ${s} is that refusal. */
bool passkey_copied(struct status s);

#endif /* !SESSION_PASSKEY_H */
