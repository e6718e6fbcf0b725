/* SPDX-License-Identifier: Apache-2.0 */
#include "origin.h"

#include <arpa/inet.h>
#include <string.h>

#define LABEL_MAX  63
#define HTTPS_PORT 443

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool label_is_valid(struct text label)
{
	if (label.len == 0 || label.len > LABEL_MAX || label.at[0] == '-' || label.at[label.len - 1] == '-')
		return false;
	for (size_t i = 0; i < label.len; i++) {
		char c = label.at[i];

		if (!is_digit(c) && !(c >= 'a' && c <= 'z') && c != '-')
			return false;
	}
	return true;
}

/* Exactly as inet_ntop() writes it, so that one address has one spelling. */
static bool address_is_canonical(int family, struct text host)
{
	uint8_t address[16];
	char given[ORIGIN_MAX + 1], written[INET6_ADDRSTRLEN];

	memcpy(given, host.at, host.len);
	given[host.len] = '\0';
	return inet_pton(family, given, address) == 1 && inet_ntop(family, address, written, sizeof written) != NULL &&
	       text_equal(text_of(written), host);
}

/* RFC 3986 section 3.2.2; a name whose last label is all digits would be read as an address. */
static bool host_is_valid(struct text host)
{
	struct text rest = host, label = {0};
	bool digits = true;

	if (host.len == 0 || host.at[host.len - 1] == '.')
		return false;
	if (host.len >= 2 && host.at[0] == '[' && host.at[host.len - 1] == ']')
		return address_is_canonical(AF_INET6, (struct text){host.at + 1, host.len - 2});
	while (text_split(&rest, '.', &label))
		if (!label_is_valid(label))
			return false;
	for (size_t i = 0; i < label.len; i++)
		digits = digits && is_digit(label.at[i]);
	return !digits || address_is_canonical(AF_INET, host);
}

/* The colon before the port; inside brackets colons belong to the address. */
static size_t host_end(struct text authority)
{
	for (size_t i = authority.len; i > 0; i--) {
		if (authority.at[i - 1] == ']')
			break;
		if (authority.at[i - 1] == ':')
			return i - 1;
	}
	return authority.len;
}

struct status origin_check(struct text t)
{
	const struct text scheme = TEXT("https://");
	uint32_t port = 0;

	if (t.len > ORIGIN_MAX || !text_starts(t, scheme))
		return FAIL_AT(ST_INVALID, "origin");
	struct text authority = {t.at + scheme.len, t.len - scheme.len};
	struct text host = {authority.at, host_end(authority)};
	if (!host_is_valid(host))
		return FAIL_AT(ST_INVALID, "origin");
	if (host.len == authority.len)
		return OK;
	struct text digits = {authority.at + host.len + 1, authority.len - host.len - 1};
	if (!ok(text_to_u32(digits, 1, UINT16_MAX, &port)) || port == HTTPS_PORT)
		return FAIL_AT(ST_INVALID, "origin");
	return OK;
}
