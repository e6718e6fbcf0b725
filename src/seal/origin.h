/* SPDX-License-Identifier: Apache-2.0 */
/** origin: the one form in which a site's address is written: `https://HOST[:PORT]`. */
#ifndef SEAL_ORIGIN_H
#define SEAL_ORIGIN_H

#include "text.h"

#define ORIGIN_MAX 200

/**
 * origin_check(t):
 * ST_INVALID (what: "origin") unless ${t} is `https://`, a lower-case DNS name, an
 * IPv4 address or an IPv6 address in brackets, and perhaps `:` and a port from 1
 * to 65535.  No user, path, query, default port or final dot (RFC 6454 section 6.2),
 * so that one site has one spelling.
 */
MUST_CHECK struct status origin_check(struct text t);

#endif /* !SEAL_ORIGIN_H */
