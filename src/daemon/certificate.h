/* SPDX-License-Identifier: Apache-2.0 */
/** certificate: what keyd has for TLS, in the form in which net takes it. */
#ifndef DAEMON_CERTIFICATE_H
#define DAEMON_CERTIFICATE_H

#include "keyring.h"
#include "net.h"

/** `{ 0 }` is an empty one. */
struct certificate {
	struct buffer chain, private_key; /* PEM */
	struct buffer ca;                 /* DER; empty when imported */
	uint64_t ends;                    /* ms since 1970; 0 when imported */
};
void certificate_clear(struct certificate *c);

/** certificate_load(ring, out): what is in use. */
MUST_CHECK struct status certificate_load(struct keyring *ring, struct certificate *out);
/** certificate_renew(ring, out): a new one of the own CA; ST_CONFLICT when it was imported. */
MUST_CHECK struct status certificate_renew(struct keyring *ring, struct certificate *out);
/** certificate_identity(c): views of it. */
struct net_identity certificate_identity(const struct certificate *c);

#endif /* !DAEMON_CERTIFICATE_H */
