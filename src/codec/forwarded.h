/* SPDX-License-Identifier: Apache-2.0 */
/**
 * forwarded: for whom a proxy speaks (RFC 7239).
 */
#ifndef CODEC_FORWARDED_H
#define CODEC_FORWARDED_H

#include "ipaddress.h"

#define FORWARDED_HOPS_MAX 32

/** Whether what comes from ${address} is believed when it says for whom it speaks. */
typedef bool forwarded_trust(const void *context, const struct ipaddress *address);

/**
 * forwarded_client(field, trusted, context, client):
 * Follow the `for=` of a Forwarded field from its end, as long as who wrote it is
 * trusted.  ${client} is the proxy at the other end of the connection before, the client after.
 * ST_INVALID for a field that is malformed or longer than FORWARDED_HOPS_MAX: ${client} is
 * what it was.  Where a hop is not named by address it is the last one that was: who speaks
 * for somebody without a name answers for him.
 */
MUST_CHECK struct status forwarded_client(struct text field, forwarded_trust *trusted, const void *context,
					  struct ipaddress *client);

#endif /* !CODEC_FORWARDED_H */
