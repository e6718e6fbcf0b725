/* SPDX-License-Identifier: Apache-2.0 */
#include "address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

static struct address from_ipv6(const struct sockaddr_in6 *sa)
{
	struct address a = {.port = ntohs(sa->sin6_port), .family = ADDRESS_IPV6};

	if (IN6_IS_ADDR_V4MAPPED(&sa->sin6_addr)) {
		a.family = ADDRESS_IPV4;
		memcpy(a.bytes, sa->sin6_addr.s6_addr + 12, 4);
	} else {
		memcpy(a.bytes, sa->sin6_addr.s6_addr, 16);
	}
	return a;
}

static struct address from_ipv4(const struct sockaddr_in *sa)
{
	struct address a = {.port = ntohs(sa->sin_port), .family = ADDRESS_IPV4};

	memcpy(a.bytes, &sa->sin_addr, 4);
	return a;
}

struct address address_from(const struct sockaddr *sa)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (sa->sa_family == AF_INET) {
		memcpy(&v4, sa, sizeof v4);
		return from_ipv4(&v4);
	}
	if (sa->sa_family == AF_INET6) {
		memcpy(&v6, sa, sizeof v6);
		return from_ipv6(&v6);
	}
	return (struct address){0};
}

/* inet_pton() wants a terminating NUL. */
static bool terminated(struct text t, char out[static ADDRESS_TEXT_MAX])
{
	if (t.len == 0 || t.len >= ADDRESS_TEXT_MAX || memchr(t.at, '\0', t.len) != NULL)
		return false;
	memcpy(out, t.at, t.len);
	out[t.len] = '\0';
	return true;
}

struct status address_parse(struct text t, struct address *out)
{
	struct ipaddress a;

	TRY(ipaddress_parse(t, &a));
	*out = address_of(&a);
	return OK;
}

struct address address_of(const struct ipaddress *a)
{
	struct address out = {.family = a->len == 4 ? ADDRESS_IPV4 : a->len == 16 ? ADDRESS_IPV6 : ADDRESS_NONE};

	memcpy(out.bytes, a->bytes, a->len);
	return out;
}

struct ipaddress address_ip(const struct address *a)
{
	struct ipaddress out = {.len = a->family == ADDRESS_IPV4 ? 4 : a->family == ADDRESS_IPV6 ? 16 : 0};

	memcpy(out.bytes, a->bytes, out.len);
	return out;
}

static struct status listen_ipv6(struct text host, uint16_t port, struct sockaddr_storage *sa, socklen_t *len)
{
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	char text[ADDRESS_TEXT_MAX];

	if (host.len < 2 || host.at[host.len - 1] != ']' ||
	    !terminated((struct text){host.at + 1, host.len - 2}, text) ||
	    inet_pton(AF_INET6, text, &v6.sin6_addr) != 1)
		return FAIL_AT(ST_INVALID, "listen address");
	memcpy(sa, &v6, sizeof v6);
	*len = sizeof v6;
	return OK;
}

static struct status listen_ipv4(struct text host, uint16_t port, struct sockaddr_storage *sa, socklen_t *len)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	char text[ADDRESS_TEXT_MAX];

	if (!terminated(host, text) || inet_pton(AF_INET, text, &v4.sin_addr) != 1)
		return FAIL_AT(ST_INVALID, "listen address");
	memcpy(sa, &v4, sizeof v4);
	*len = sizeof v4;
	return OK;
}

struct status address_listen(struct text t, struct sockaddr_storage *sa, socklen_t *len)
{
	const char *colon = t.len > 0 ? memrchr(t.at, ':', t.len) : NULL;
	uint32_t port;

	if (colon == NULL)
		return FAIL_AT(ST_INVALID, "listen address");
	struct text host = {t.at, (size_t)(colon - t.at)};
	if (!ok(text_to_u32((struct text){colon + 1, t.len - host.len - 1}, 0, UINT16_MAX, &port)))
		return FAIL_AT(ST_INVALID, "listen port");
	if (host.len > 0 && host.at[0] == '[')
		return listen_ipv6(host, (uint16_t)port, sa, len);
	return listen_ipv4(host, (uint16_t)port, sa, len);
}

struct address_text address_print(const struct address *a)
{
	struct address_text text = {"-"};

	if (a->family != ADDRESS_NONE)
		(void)inet_ntop(a->family == ADDRESS_IPV4 ? AF_INET : AF_INET6, a->bytes, text.at, sizeof text.at);
	return text;
}

bool address_same_host(const struct address *a, const struct address *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}
