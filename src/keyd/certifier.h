/* SPDX-License-Identifier: Apache-2.0 */
/**
 * certifier: the site's own certificate authority (PROMISES#S10).  X.509 version
 * 3 by OpenSSL, P-256 throughout, profile of RFC 5280.
 *
 * The CA is made once, for one origin, and says in a critical name constraint
 * that it vouches for nothing else: whoever trusts it trusts it for this host.
 */
#ifndef KEYD_CERTIFIER_H
#define KEYD_CERTIFIER_H

#include "origin.h"
#include "secret.h"

#define CERTIFIER_CA_DAYS 3650
/* What browsers take at most is 398 (CA/Browser Forum, 6.3.2). */
#define CERTIFIER_SERVER_DAYS 397
#define CERTIFIER_DAY_MS      (24ull * 3600 * 1000)

/** certifier_new_key(out): a P-256 private key as DER (RFC 5915, 121 bytes). */
MUST_CHECK struct status certifier_new_key(struct secret *out);
/** certifier_ca(key, site_name, origin, now_ms, out): append the self-signed certificate (DER). */
MUST_CHECK struct status certifier_ca(const struct secret *key, struct text site_name, const struct origin *origin,
				      uint64_t now_ms, struct buffer *out);
/** What certifies a server. */
struct certifier {
	const struct secret *key; /* of the CA, DER */
	struct bytes certificate; /* of the CA, DER */
};
/**
 * certifier_server(ca, key, origin, now_ms, out):
 * Append the certificate of the server's ${key} for the origin's host; for a
 * local one localhost, 127.0.0.1 and ::1.  It ends CERTIFIER_SERVER_DAYS later.
 */
MUST_CHECK struct status certifier_server(const struct certifier *ca, const struct secret *key,
					  const struct origin *origin, uint64_t now_ms, struct buffer *out);

#endif /* !KEYD_CERTIFIER_H */
