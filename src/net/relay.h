/* SPDX-License-Identifier: Apache-2.0 */
/**
 * relay: who asks, where a proxy stands between.
 *
 * Only who is trusted is believed: a proxy on our unix socket, by the last address of
 * X-Forwarded-For, and proxies that the site names, by Forwarded (RFC 7239).
 */
#ifndef NET_RELAY_H
#define NET_RELAY_H

#include "exchange_state.h"
#include "server.h"

/** relay_is(server, peer): whether what connects from ${peer} speaks for others. */
bool relay_is(const struct net_server *server, const struct address *peer);
/** relay_resolve(e): its head is complete: who asks, and behind a unix socket whether over TLS. */
void relay_resolve(struct exchange *e);

#endif /* !NET_RELAY_H */
