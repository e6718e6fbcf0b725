/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "origin.h"

static void takes_names_addresses_and_ports(void **state)
{
	static const struct {
		const char *origin, *authority, *host;
		enum origin_host kind;
		bool local;
	} good[] = {
		{"https://localhost", "localhost", "localhost", ORIGIN_NAME, true},
		{"https://localhost:8443", "localhost:8443", "localhost", ORIGIN_NAME, true},
		{"https://vault.clinic.example", "vault.clinic.example", "vault.clinic.example", ORIGIN_NAME, false},
		{"https://a-1.b2:65535", "a-1.b2:65535", "a-1.b2", ORIGIN_NAME, false},
		{"https://127.0.0.1:1", "127.0.0.1:1", "127.0.0.1", ORIGIN_IPV4, true},
		{"https://192.0.2.7", "192.0.2.7", "192.0.2.7", ORIGIN_IPV4, false},
		{"https://[::1]:8443", "[::1]:8443", "::1", ORIGIN_IPV6, true},
		{"https://[2001:db8::7]", "[2001:db8::7]", "2001:db8::7", ORIGIN_IPV6, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		struct origin o;

		assert_ok(origin_parse(text_of(good[i].origin), &o));
		assert_true(text_equal(o.authority, text_of(good[i].authority)));
		assert_true(text_equal(o.host, text_of(good[i].host)));
		assert_int_equal(o.kind, good[i].kind);
		assert_int_equal(origin_is_local(&o), good[i].local);
	}
}

static void refuses_anything_else(void **state)
{
	static const char *const bad[] = {
		"",
		"https://",
		"http://localhost",
		"HTTPS://localhost",
		"localhost",
		"https://localhost/",
		"https://localhost:",
		"https://localhost:0",
		"https://localhost:65536",
		"https://localhost:08",
		"https://localhost:8443/",
		"https://user@localhost",
		"https://localhost?x",
		"https://localhost#x",
		"https://Clinic.example",
		"https://-a.example",
		"https://a-.example",
		"https://a..example",
		"https://.example",
		"https://example.",
		"https://a_b.example",
		"https://a b",
		"https://1.2.3",
		"https://1.2.3.4.5",
		"https://256.1.1.1",
		"https://[::1",
		"https://::1",
		"https://[]",
		"https://[1.2.3.4]",
		"https://[::1]x",
		"https://[::1]:",
		"https://[g::1]",
		"https://[::1%eth0]",
		"https://a,permitted;DNS:b",
		"https://a\nDNS:b",
		"https://:8443",
		"https://[",
		"https://]",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct origin o;

		if (ok(origin_parse(text_of(bad[i]), &o)))
			fail_msg("%s", bad[i]);
	}
}

static void refuses_what_is_too_long(void **state)
{
	char origin[300] = "https://";
	struct origin o;

	(void)state;
	for (size_t i = 8; i < 300; i++)
		origin[i] = i % 60 == 59 ? '.' : 'a';
	assert_ok(origin_parse((struct text){origin, 200}, &o));
	assert_fails(ST_INVALID, origin_parse((struct text){origin, 201}, &o));
	for (size_t i = 8; i < 300; i++)
		origin[i] = 'a';
	assert_ok(origin_parse((struct text){origin, 8 + 63}, &o));
	assert_fails(ST_INVALID, origin_parse((struct text){origin, 8 + 64}, &o));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(takes_names_addresses_and_ports),
		TEST(refuses_anything_else),
		TEST(refuses_what_is_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
