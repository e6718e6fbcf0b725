/* SPDX-License-Identifier: Apache-2.0 */
/**
 * ticket: keys that seal TLS session tickets (RFC 5077, RFC 8446 section 4.6.1).
 *
 * A key seals for twelve hours and opens for twelve more; then it is wiped, so no
 * recorded resumption can be opened later than that (PROMISES#S6).
 * Shared by all loops under a mutex that is taken once a handshake.
 */
#ifndef NET_TICKET_H
#define NET_TICKET_H

#include <openssl/ssl.h>

#include "clock.h"
#include "status.h"

struct ticket_keys;

MUST_CHECK struct status ticket_keys_new(const struct clock *clock, struct ticket_keys **out);
void ticket_keys_free(struct ticket_keys *k);
/** ticket_keys_turn(k): replace and wipe what is too old; once in a while, for a server that nobody visits. */
void ticket_keys_turn(struct ticket_keys *k);
/** ticket_keys_use(k, context): ${k} must outlive ${context} and every connection made from it. */
MUST_CHECK struct status ticket_keys_use(struct ticket_keys *k, SSL_CTX *context);

#endif /* !NET_TICKET_H */
