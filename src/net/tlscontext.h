/* SPDX-License-Identifier: Apache-2.0 */
/**
 * tlscontext: what every TLS connection of a server shares (PROMISES#S10 PROMISES#K3).
 *
 *   TLS 1.2 and 1.3; AEAD suites with ephemeral keys only; X25519 and P-256;
 *   no compression, no renegotiation, no early data; ALPN h2 and http/1.1, and a
 *   client that speaks neither is refused.
 */
#ifndef NET_TLSCONTEXT_H
#define NET_TLSCONTEXT_H

#include <openssl/ssl.h>

#include "credentials.h"
#include "ticket.h"

/** tlscontext_new(c, tickets, out): the caller owns ${out}; ${c} may be freed afterwards. */
MUST_CHECK struct status tlscontext_new(const struct credentials *c, struct ticket_keys *tickets, SSL_CTX **out);

#endif /* !NET_TLSCONTEXT_H */
