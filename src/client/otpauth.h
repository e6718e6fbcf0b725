/* SPDX-License-Identifier: Apache-2.0 */
/** otpauth: the secret of a one-time password as authenticators take it: base32 (RFC 4648 section 6), or an otpauth://
 * link. */
#ifndef CLIENT_OTPAUTH_H
#define CLIENT_OTPAUTH_H

#include "bytes.h"
#include "text.h"

/* RFC 4226 section 4, R6: 160 bits. */
#define OTPAUTH_SECRET     20
#define OTPAUTH_SECRET_MAX 64
#define OTPAUTH_LINK_MAX   1024

/** otpauth_put(secret, out): base32 in capitals without padding, appended. */
MUST_CHECK struct status otpauth_put(struct bytes secret, struct buffer *out);
/** otpauth_read(t, out): as people copy it: any case, blanks, hyphens and padding passed over.  ST_INVALID ("secret").
 */
MUST_CHECK struct status otpauth_read(struct text t, struct buffer *out);
/** otpauth_link(issuer, login, secret, out): otpauth://totp/ISSUER:LOGIN?secret=...; SHA-1, 6 figures, 30 seconds. */
MUST_CHECK struct status otpauth_link(struct text issuer, struct text login, struct bytes secret, struct buffer *out);

#endif /* !CLIENT_OTPAUTH_H */
