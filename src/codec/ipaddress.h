/* SPDX-License-Identifier: Apache-2.0 */
/**
 * ipaddress: IP addresses and lists of networks as an administrator writes them:
 * `192.0.2.0/24, 2001:db8::/32, 198.51.100.7` (CIDR, RFC 4632 and RFC 4291 section 2.3).
 */
#ifndef CODEC_IPADDRESS_H
#define CODEC_IPADDRESS_H

#include "text.h"

/** 4 bytes of IPv4 or 16 of IPv6, in network order; ${len} is 0 for none. */
struct ipaddress {
	uint8_t bytes[16];
	size_t len;
};

/** ipaddress_parse(t, out): a bare literal; IPv4 mapped into IPv6 becomes IPv4.  ST_INVALID. */
MUST_CHECK struct status ipaddress_parse(struct text t, struct ipaddress *out);

#define IPADDRESS_NETWORKS_MAX 16
struct ipaddress_network {
	struct ipaddress base;
	uint32_t bits; /* of ${base} that count */
};
struct ipaddress_networks {
	struct ipaddress_network each[IPADDRESS_NETWORKS_MAX];
	size_t count;
};
/**
 * ipaddress_networks(list, out):
 * Addresses and networks with commas or spaces between them; an empty list is none.
 * ST_INVALID says what to write: bits set behind the prefix, a prefix of 0 (everybody), too many.
 */
MUST_CHECK struct status ipaddress_networks(struct text list, struct ipaddress_networks *out);
/** ipaddress_within(address, networks): ${address} of 4 or 16 bytes; false for any other. */
bool ipaddress_within(struct bytes address, const struct ipaddress_networks *networks);

#endif /* !CODEC_IPADDRESS_H */
