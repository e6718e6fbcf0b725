/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses, networks, and for whom a proxy speaks (RFC 7239; PROMISES#K5). */
#include "testing.h"

#include <string.h>

#include "forwarded.h"

static void assert_address(const struct ipaddress *a, const char *wanted)
{
	struct ipaddress b;

	assert_ok(ipaddress_parse(text_of(wanted), &b));
	assert_int_equal(a->len, b.len);
	assert_memory_equal(a->bytes, b.bytes, b.len);
}

static void an_address_is_a_bare_literal(void **state)
{
	struct ipaddress a;

	(void)state;
	assert_ok(ipaddress_parse(TEXT("192.0.2.7"), &a));
	assert_int_equal(a.len, 4);
	assert_ok(ipaddress_parse(TEXT("2001:db8::7"), &a));
	assert_int_equal(a.len, 16);
	assert_ok(ipaddress_parse(TEXT("::ffff:192.0.2.7"), &a));
	assert_address(&a, "192.0.2.7");
	static const char *const bad[] = {"",       "192.0.2",  "192.0.2.256", "[::1]",
					  "::1%lo", "1.2.3.4 ", "localhost",   "010.1.1.1"};
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_fails(ST_INVALID, ipaddress_parse(text_of(bad[i]), &a));
	assert_fails(ST_INVALID, ipaddress_parse((struct text){"1.2.3.4\0.5", 9}, &a));
}

static bool within(const char *networks, const char *address)
{
	struct ipaddress_networks list;
	struct ipaddress a;

	assert_ok(ipaddress_networks(text_of(networks), &list));
	assert_ok(ipaddress_parse(text_of(address), &a));
	return ipaddress_within(bytes_of(a.bytes, a.len), &list);
}

static void a_network_holds_what_shares_its_prefix(void **state)
{
	(void)state;
	assert_true(within("192.0.2.0/24", "192.0.2.255"));
	assert_false(within("192.0.2.0/24", "192.0.3.0"));
	assert_true(within("10.0.0.0/9", "10.127.255.255"));
	assert_false(within("10.0.0.0/9", "10.128.0.0"));
	assert_true(within("192.0.2.7", "192.0.2.7"));
	assert_false(within("192.0.2.7", "192.0.2.6"));
	assert_true(within("128.0.0.0/1", "255.1.2.3"));
	assert_true(within("2001:db8::/33", "2001:db8:7fff::1"));
	assert_false(within("2001:db8::/33", "2001:db8:8000::1"));
	assert_true(within("192.0.2.0/24 , 198.51.100.7,,2001:db8::1", "198.51.100.7"));
	assert_false(within("", "192.0.2.7"));
	/* An IPv4 network is not the IPv6 addresses that begin with the same bytes. */
	assert_false(within("32.1.0.0/16", "2001:db8::1"));
}

static void a_list_that_is_not_clear_is_refused(void **state)
{
	static const char *const bad[] = {"192.0.2.1/24",   "0.0.0.0/0",     "::/0",         "192.0.2.0/33",
					  "2001:db8::/129", "192.0.2.0/",    "192.0.2.0/+8", "192.0.2.0/24/8",
					  "clinic",         "2001:db8::1/64"};
	struct ipaddress_networks list;
	char many[17 * 8];

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_fails(ST_INVALID, ipaddress_networks(text_of(bad[i]), &list));
	for (size_t i = 0; i < 17; i++)
		memcpy(many + i * 8, "1.2.3.4,", 8);
	assert_ok(ipaddress_networks((struct text){many, sizeof many - 8}, &list));
	assert_fails(ST_INVALID, ipaddress_networks((struct text){many, sizeof many}, &list));
}

static bool trusted(const void *context, const struct ipaddress *a)
{
	return ipaddress_within(bytes_of(a->bytes, a->len), context);
}

static struct status follow(const char *field, struct ipaddress *client)
{
	struct ipaddress_networks proxies;

	assert_ok(ipaddress_networks(TEXT("10.0.0.0/8, 2001:db8:1::/48"), &proxies));
	assert_ok(ipaddress_parse(TEXT("10.0.0.1"), client));
	return forwarded_client(text_of(field), trusted, &proxies, client);
}

static void a_field_is_followed_from_its_end_as_far_as_it_is_trusted(void **state)
{
	static const struct {
		const char *field, *client;
	} rows[] = {
		{"for=192.0.2.43", "192.0.2.43"},
		/* The examples of RFC 7239 section 4. */
		{"for=\"_gazonk\"", "10.0.0.1"},
		{"For=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"},
		{"for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60"},
		{"for=192.0.2.43, for=198.51.100.17", "198.51.100.17"},
		/* Proxies of ours on the way; whoever is before the first that is not may have written anything. */
		{"for=1.1.1.1, for=192.0.2.43, for=10.0.0.2", "192.0.2.43"},
		{"for=192.0.2.43,for=\"[2001:db8:1::5]\",for=10.9.9.9", "192.0.2.43"},
		{"for=10.0.0.3, for=10.0.0.2", "10.0.0.3"},
		{"for=unknown, for=10.0.0.2", "10.0.0.2"},
		{"for=192.0.2.43, proto=https", "10.0.0.1"},
		{"for=unknown", "10.0.0.1"},
		{"for=\"192.0.2.43:47011\"", "192.0.2.43"},
		{"for=\"192.0\\.2.43\"", "192.0.2.43"},
		{"host=\"a,b;for=1.2.3.4\";for=192.0.2.43", "192.0.2.43"},
		{", ,for=192.0.2.43", "192.0.2.43"},
		{"for=\"2001:db8:cafe::17\"", "10.0.0.1"},
		{"for=\"[2001:db8:cafe::17\"", "10.0.0.1"},
		{"", "10.0.0.1"},
	};
	struct ipaddress client;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_ok(follow(rows[i].field, &client));
		assert_address(&client, rows[i].client);
	}
}

static void a_malformed_field_moves_nothing(void **state)
{
	static const char *const bad[] = {"for",
					  "for=",
					  "for =192.0.2.43",
					  "for=192.0.2.43 x",
					  "for=\"192.0.2.43",
					  "for=\"192.0.2.43\\",
					  "for=192.0.2.43;for=192.0.2.44",
					  "for=192.0.2.43 for=1.1.1.1",
					  "=1",
					  "for=\"a\"b",
					  "for=[::1]"};
	char many[FORWARDED_HOPS_MAX + 1] = "";
	struct ipaddress client;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_fails(ST_INVALID, follow(bad[i], &client));
		assert_address(&client, "10.0.0.1");
	}
	memset(many, ',', FORWARDED_HOPS_MAX);
	assert_fails(ST_INVALID, follow(many, &client));
	assert_address(&client, "10.0.0.1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_is_a_bare_literal),
		cmocka_unit_test(a_network_holds_what_shares_its_prefix),
		cmocka_unit_test(a_list_that_is_not_clear_is_refused),
		cmocka_unit_test(a_field_is_followed_from_its_end_as_far_as_it_is_trusted),
		cmocka_unit_test(a_malformed_field_moves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
