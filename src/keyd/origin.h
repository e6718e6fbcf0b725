/* SPDX-License-Identifier: Apache-2.0 */
/** origin: https://HOST[:PORT], fixed when the key store is made. */
#ifndef KEYD_ORIGIN_H
#define KEYD_ORIGIN_H

#include "text.h"

enum origin_host { ORIGIN_NAME, ORIGIN_IPV4, ORIGIN_IPV6 };
/** Views into the text that was parsed. */
struct origin {
	struct text authority; /* HOST[:PORT] as written */
	struct text host;      /* without brackets */
	enum origin_host kind;
	uint8_t address[16]; /* 4 or 16 bytes used */
};
/**
 * origin_parse(t, out):
 * `https://`, then a DNS name (lower case; RFC 1123), an IPv4 address or an IPv6
 * address in brackets, then perhaps `:` and a port from 1 to 65535.  Nothing
 * else, no final slash.  ST_INVALID (REASON_ORIGIN).
 */
MUST_CHECK struct status origin_parse(struct text t, struct origin *out);
/** origin_is_local(o): localhost or a loopback address. */
bool origin_is_local(const struct origin *o);

#endif /* !KEYD_ORIGIN_H */
