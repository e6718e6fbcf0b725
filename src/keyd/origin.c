/* SPDX-License-Identifier: Apache-2.0 */
#include "origin.h"

#include <arpa/inet.h>
#include <string.h>

#include "keywire.h"

#define HOST_MAX  253
#define LABEL_MAX 63

static bool is_alphanumeric(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool label_fits(struct text t)
{
	if (t.len < 1 || t.len > LABEL_MAX || !is_alphanumeric(t.at[0]) || !is_alphanumeric(t.at[t.len - 1]))
		return false;
	for (size_t i = 0; i < t.len; i++)
		if (!is_alphanumeric(t.at[i]) && t.at[i] != '-')
			return false;
	return true;
}

/* RFC 1123 section 2.1; the last label is not all digits, or it would be an address. */
static bool name_fits(struct text host)
{
	struct text rest = host, label = {0};

	if (host.len < 1 || host.len > HOST_MAX || host.at[host.len - 1] == '.')
		return false;
	while (text_split(&rest, '.', &label))
		if (!label_fits(label))
			return false;
	for (size_t i = 0; i < label.len; i++)
		if (label.at[i] < '0' || label.at[i] > '9')
			return true;
	return false;
}

static bool read_address(int family, struct text host, uint8_t out[16])
{
	char terminated[INET6_ADDRSTRLEN];

	if (host.len >= sizeof terminated)
		return false;
	memcpy(terminated, host.at, host.len);
	terminated[host.len] = '\0';
	return inet_pton(family, terminated, out) == 1;
}

static bool read_host(struct text host, bool bracketed, struct origin *out)
{
	out->host = host;
	if (bracketed) {
		out->kind = ORIGIN_IPV6;
		return read_address(AF_INET6, host, out->address);
	}
	if (read_address(AF_INET, host, out->address)) {
		out->kind = ORIGIN_IPV4;
		return true;
	}
	out->kind = ORIGIN_NAME;
	return name_fits(host);
}

/* Where the host of ${t} ends: before the port's colon, or the text's end. */
static size_t host_len(struct text t, bool *bracketed)
{
	const char *stop = memchr(t.at, t.len > 0 && t.at[0] == '[' ? ']' : ':', t.len);

	*bracketed = t.len > 0 && t.at[0] == '[';
	if (stop == NULL)
		return *bracketed ? 0 : t.len;
	return (size_t)(stop - t.at) + *bracketed;
}

struct status origin_parse(struct text t, struct origin *out)
{
	const struct status refused = FAIL_AT(ST_INVALID, REASON_ORIGIN);
	const struct text scheme = TEXT("https://");
	struct origin o = {0};
	bool bracketed;
	uint32_t port;

	if (t.len > KEYWIRE_ORIGIN_MAX || !text_starts(t, scheme))
		return refused;
	o.authority = (struct text){t.at + scheme.len, t.len - scheme.len};
	size_t len = host_len(o.authority, &bracketed);
	struct text rest = {o.authority.at + len, o.authority.len - len};
	struct text host =
		bracketed && len > 1 ? (struct text){o.authority.at + 1, len - 2} : (struct text){o.authority.at, len};
	if (host.len == 0 || !read_host(host, bracketed, &o))
		return refused;
	if (rest.len > 0 &&
	    (rest.at[0] != ':' || !ok(text_to_u32((struct text){rest.at + 1, rest.len - 1}, 1, 65535, &port))))
		return refused;
	*out = o;
	return OK;
}

bool origin_is_local(const struct origin *o)
{
	static const uint8_t loopback[16] = {[15] = 1};

	switch (o->kind) {
	case ORIGIN_IPV4:
		return o->address[0] == 127;
	case ORIGIN_IPV6:
		return memcmp(o->address, loopback, sizeof loopback) == 0;
	case ORIGIN_NAME:
	default:
		return text_equal(o->host, TEXT("localhost"));
	}
}
