/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "address.h"

static void reads_and_prints_literals(void **state)
{
	static const char *const same[] = {"127.0.0.1", "255.255.255.255", "::1", "2001:db8::7", "fe80::1"};
	struct address a;

	(void)state;
	for (size_t i = 0; i < COUNT(same); i++) {
		assert_ok(address_parse(text_of(same[i]), &a));
		assert_string_equal(address_print(&a).at, same[i]);
	}
	assert_ok(address_parse(TEXT("::ffff:10.0.0.1"), &a));
	assert_int_equal(a.family, ADDRESS_IPV4);
	assert_string_equal(address_print(&a).at, "10.0.0.1");
	assert_string_equal(address_print(&(struct address){0}).at, "-");
}

static void refuses_what_is_no_literal(void **state)
{
	static const char *const bad[] = {"",           "localhost", "1.2.3",   "1.2.3.4.5", "1.2.3.256",
					  "1.2.3.4:80", "[::1]",     ":::1",    "12345::",   " 1.2.3.4",
					  "1.2.3.4 ",   "::1%lo",    "01.2.3.4"};
	struct address a = {.port = 7};
	char long_text[200];

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_fails(ST_INVALID, address_parse(text_of(bad[i]), &a));
	memset(long_text, '1', sizeof long_text);
	assert_fails(ST_INVALID, address_parse((struct text){long_text, sizeof long_text}, &a));
	assert_fails(ST_INVALID, address_parse((struct text){"1.2.3.4\0", 8}, &a));
	assert_int_equal(a.port, 7); /* untouched */
}

static void reads_where_to_listen(void **state)
{
	struct sockaddr_storage sa;
	socklen_t len;

	(void)state;
	assert_ok(address_listen(TEXT("127.0.0.1:8443"), &sa, &len));
	assert_int_equal(len, sizeof(struct sockaddr_in));
	struct address a = address_from((struct sockaddr *)&sa);
	assert_int_equal(a.port, 8443);
	assert_string_equal(address_print(&a).at, "127.0.0.1");
	assert_ok(address_listen(TEXT("[::1]:0"), &sa, &len));
	assert_int_equal(len, sizeof(struct sockaddr_in6));
	a = address_from((struct sockaddr *)&sa);
	assert_int_equal(a.family, ADDRESS_IPV6);
	static const char *const bad[] = {"",           ":",           ":80",    "1.2.3.4", "1.2.3.4:", "1.2.3.4:65536",
					  "1.2.3.4:-1", "1.2.3.4:080", "::1:80", "[::1]",   "[::1:80",  "[]:80",
					  "host:80",    "[1.2.3.4]:80"};
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_fails(ST_INVALID, address_listen(text_of(bad[i]), &sa, &len));
}

static void tells_hosts_apart_whatever_the_port(void **state)
{
	struct address a, b, c;

	(void)state;
	assert_ok(address_parse(TEXT("10.0.0.1"), &a));
	assert_ok(address_parse(TEXT("10.0.0.1"), &b));
	assert_ok(address_parse(TEXT("10.0.0.2"), &c));
	a.port = 1;
	assert_true(address_same_host(&a, &b));
	assert_false(address_same_host(&a, &c));
	assert_false(address_same_host(&a, &(struct address){0}));
	struct sockaddr other = {.sa_family = AF_UNIX};
	assert_int_equal(address_from(&other).family, ADDRESS_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reads_and_prints_literals),
		TEST(refuses_what_is_no_literal),
		TEST(reads_where_to_listen),
		TEST(tells_hosts_apart_whatever_the_port),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
