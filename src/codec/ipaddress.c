/* SPDX-License-Identifier: Apache-2.0 */
#include "ipaddress.h"

#include <arpa/inet.h>
#include <string.h>

/* IPv4 in its IPv6 clothes (RFC 4291 section 2.5.5.2). */
static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

struct status ipaddress_parse(struct text t, struct ipaddress *out)
{
	char literal[INET6_ADDRSTRLEN];

	/* inet_pton() wants a terminating NUL. */
	if (t.len == 0 || t.len >= sizeof literal || memchr(t.at, '\0', t.len) != NULL)
		return FAIL_AT(ST_INVALID, "address");
	memcpy(literal, t.at, t.len);
	literal[t.len] = '\0';
	*out = (struct ipaddress){0};
	if (inet_pton(AF_INET, literal, out->bytes) == 1)
		out->len = 4;
	else if (inet_pton(AF_INET6, literal, out->bytes) == 1)
		out->len = 16;
	else
		return FAIL_AT(ST_INVALID, "address");
	if (out->len == 16 && memcmp(out->bytes, mapped, sizeof mapped) == 0) {
		struct ipaddress plain = {.len = 4};
		memcpy(plain.bytes, out->bytes + sizeof mapped, plain.len);
		*out = plain;
	}
	return OK;
}

/** Whether two addresses of one kind begin with the same ${bits}. */
static bool same_prefix(const uint8_t *a, const uint8_t *b, uint32_t bits)
{
	uint32_t whole = bits / 8, rest = bits % 8;

	return memcmp(a, b, whole) == 0 && (rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0);
}

/** Nothing is set behind the prefix: whoever writes 192.0.2.1/24 may have meant either. */
static bool ends_with_prefix(const struct ipaddress_network *n)
{
	for (uint32_t bit = n->bits; bit < n->base.len * 8; bit++)
		if ((n->base.bytes[bit / 8] & 0x80 >> bit % 8) != 0)
			return false;
	return true;
}

static struct status read_network(struct text t, struct ipaddress_network *out)
{
	struct text address, rest = t;

	(void)text_split(&rest, '/', &address);
	if (!ok(ipaddress_parse(address, &out->base)))
		return FAIL_AT(ST_INVALID,
			       "networks: write addresses as 192.0.2.7 or 192.0.2.0/24, with commas between them");
	const uint32_t most = (uint32_t)out->base.len * 8;
	out->bits = most;
	if (rest.at != NULL && !ok(text_to_u32(rest, 1, most, &out->bits)))
		return FAIL_AT(ST_INVALID, "networks: a prefix is 1 to 32 bits of IPv4, 1 to 128 of IPv6");
	if (!ends_with_prefix(out))
		return FAIL_AT(ST_INVALID,
			       "networks: bits are set behind the prefix; write 192.0.2.0/24, not 192.0.2.1/24");
	return OK;
}

struct status ipaddress_networks(struct text list, struct ipaddress_networks *out)
{
	struct text part, word;

	*out = (struct ipaddress_networks){0};
	while (text_split(&list, ',', &part))
		while (text_split(&part, ' ', &word)) {
			if (word.len == 0)
				continue;
			if (out->count == IPADDRESS_NETWORKS_MAX)
				return FAIL_AT(ST_INVALID, "networks: 16 at most");
			TRY(read_network(word, &out->each[out->count]));
			out->count++;
		}
	return OK;
}

bool ipaddress_within(struct bytes address, const struct ipaddress_networks *networks)
{
	for (size_t i = 0; i < networks->count; i++) {
		const struct ipaddress_network *n = &networks->each[i];
		if (n->base.len == address.len && same_prefix(n->base.bytes, address.at, n->bits))
			return true;
	}
	return false;
}
