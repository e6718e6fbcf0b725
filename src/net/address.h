/* SPDX-License-Identifier: Apache-2.0 */
/**
 * address: who is at the other end.
 */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include <sys/socket.h>

#include "ipaddress.h"

enum address_family { ADDRESS_NONE, ADDRESS_IPV4, ADDRESS_IPV6 };

/** An IP address and port; an IPv4 address uses the first four bytes. */
struct address {
	uint8_t bytes[16];
	uint16_t port;
	uint8_t family; /* enum address_family */
};

#define ADDRESS_TEXT_MAX 64
struct address_text {
	char at[ADDRESS_TEXT_MAX];
};

/** address_from(sa): IPv4-mapped IPv6 becomes IPv4; anything that is not IP becomes ADDRESS_NONE. */
struct address address_from(const struct sockaddr *sa);
/** address_parse(t, out): a bare IPv4 or IPv6 literal, port 0. */
MUST_CHECK struct status address_parse(struct text t, struct address *out);
/** address_of(a), address_ip(a): the same without, and with, what a connection adds; ADDRESS_NONE is no address. */
struct address address_of(const struct ipaddress *a);
struct ipaddress address_ip(const struct address *a);
/** address_listen(t, sa, len): "1.2.3.4:443" or "[::1]:443" as what bind(2) takes. */
MUST_CHECK struct status address_listen(struct text t, struct sockaddr_storage *sa, socklen_t *len);
/** address_print(a): without the port; "-" for ADDRESS_NONE. */
struct address_text address_print(const struct address *a);
/** address_same_host(a, b): equal but for the port. */
bool address_same_host(const struct address *a, const struct address *b);

#endif /* !NET_ADDRESS_H */
