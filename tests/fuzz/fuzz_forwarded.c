/* SPDX-License-Identifier: Apache-2.0 */
/* The first byte says how many of the following are a list of proxies, the rest is a Forwarded field: whoever comes
 * out is named in the field or is the proxy itself, and is no proxy unless all are. */
#include <string.h>

#include "forwarded.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static bool trusted(const void *context, const struct ipaddress *a)
{
	return ipaddress_within(bytes_of(a->bytes, a->len), context);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ipaddress client = {.bytes = {10, 0, 0, 1}, .len = 4};
	struct ipaddress_networks proxies;

	if (len == 0 || (size_t)data[0] + 1 > len)
		return 0;
	const struct text list = {(const char *)data + 1, data[0]};
	const struct text field = {(const char *)data + 1 + data[0], len - 1 - data[0]};
	if (!ok(ipaddress_networks(list, &proxies)))
		return 0;
	const struct status s = forwarded_client(field, trusted, &proxies, &client);
	const bool moved = client.len != 4 || memcmp(client.bytes, (uint8_t[]){10, 0, 0, 1}, 4) != 0;
	if ((client.len != 4 && client.len != 16) || (moved && !ok(s)) ||
	    (moved && !ipaddress_within(bytes_of((uint8_t[]){10, 0, 0, 1}, 4), &proxies)))
		__builtin_trap();
	return 0;
}
