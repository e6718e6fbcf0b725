/* SPDX-License-Identifier: Apache-2.0 */
/**
 * totp: a second factor that shows a new code every 30 seconds (RFC 6238).
 *
 * Pure: body of a row in, body of a row out.  A code counts once: whoever accepts one
 * keeps the number of its step, and that step and all before it count no more
 * (RFC 6238 section 5.2: "the verifier MUST NOT accept the second attempt").
 */
#ifndef SESSION_TOTP_H
#define SESSION_TOTP_H

#include "hotp.h"
#include "text.h"

#define TOTP_PERIOD_MS 30000
/* RFC 4226 section 4, R6: 160 bits are recommended; longer than its block HMAC hashes it anyway. */
#define TOTP_SECRET_MIN 20
#define TOTP_SECRET_MAX 64

struct totp {
	enum hotp_algorithm algorithm;
	unsigned digits;
	uint64_t last;       /* number of the last step accepted; 0: none */
	struct bytes secret; /* a view */
};
/** totp_read(body, out): ST_CORRUPT ("factor"); ${out} looks into ${body}. */
MUST_CHECK struct status totp_read(struct bytes body, struct totp *out);
/** totp_write(t, body): appended. */
MUST_CHECK struct status totp_write(const struct totp *t, struct buffer *body);
/**
 * totp_verify(t, code, now, step):
 * ${now}: wall time, ms.  The step before and the one after count too, for clocks that
 * are not quite right and for people who type slowly.  ST_UNPROVEN.
 */
MUST_CHECK struct status totp_verify(const struct totp *t, struct text code, uint64_t now, uint64_t *step);

#endif /* !SESSION_TOTP_H */
