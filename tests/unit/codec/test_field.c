/* SPDX-License-Identifier: Apache-2.0 */
/* Header fields with a grammar of their own: digests, ranges, entity tags, cookies, strings. */
#include "testing.h"

#include "cookie.h"
#include "digest.h"
#include "etag.h"
#include "fieldstring.h"
#include "range.h"

static void assert_holds(struct buffer *b, const char *wanted)
{
	assert_true(text_equal(text_from(buffer_bytes(b)), text_of(wanted)));
	b->len = 0;
}

/* RFC 9530 appendix B.1: {"hello": "world"} and a line feed. */
#define DIGEST_OF_RFC "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"

static void writes_the_digest_of_the_rfc(void **state)
{
	AUTO(buffer) out = {.max = 100};
	struct hash h;

	(void)state;
	assert_ok(text_from_hex(TEXT("44aff4ab2d7c3250525675a08f0cfa9591168cffe51791c5f5bbc417c15a6c38"), h.bytes,
				sizeof h.bytes));
	assert_ok(digest_put(&out, &h));
	assert_holds(&out, DIGEST_OF_RFC);
}

static void cuts_ranges_to_the_content(void **state)
{
	static const struct {
		const char *field;
		uint64_t first, len;
	} ranges[] = {
		{"bytes=0-0", 0, 1},
		{"bytes=0-499", 0, 100},
		{"bytes=99-", 99, 1},
		{"BYTES=10-19", 10, 10},
		{"bytes=-1", 99, 1},
		{"bytes=-100", 0, 100},
		{"bytes=-999", 0, 100},
		{"bytes=007-8", 7, 2},
		{"bytes=5-99999999999999999999", 5, 95},
		{"bytes=-99999999999999999999", 0, 100},
	};
	struct range r;

	(void)state;
	for (size_t i = 0; i < COUNT(ranges); i++) {
		assert_ok(range_parse(text_of(ranges[i].field), 100, &r));
		assert_int_equal(r.first, ranges[i].first);
		assert_int_equal(r.len, ranges[i].len);
	}
}

static void tells_no_range_from_no_byte(void **state)
{
	static const char *const ignored[] = {"",           "bytes",         "bytes=",     "bytes=-",     "bytes=a-b",
					      "bytes=2-1",  "bytes=0-0,2-3", "bytes=0-0,", "bytes = 0-1", "bytes=0 -1",
					      "bytes=+1-2", "bytes=1--2",    "items=0-1",  "bytes=0x1-2", "bytes=1",
					      "bytes=--1",  "bytes 0-1"};
	static const char *const beyond[] = {"bytes=100-", "bytes=100-200", "bytes=-0", "bytes=99999999999999999999-"};
	struct range r;

	(void)state;
	for (size_t i = 0; i < COUNT(ignored); i++)
		assert_fails(ST_INVALID, range_parse(text_of(ignored[i]), 100, &r));
	for (size_t i = 0; i < COUNT(beyond); i++)
		assert_fails(ST_NOT_FOUND, range_parse(text_of(beyond[i]), 100, &r));
	assert_fails(ST_NOT_FOUND, range_parse(TEXT("bytes=0-"), 0, &r));
	assert_fails(ST_NOT_FOUND, range_parse(TEXT("bytes=-5"), 0, &r));
}

static void writes_content_ranges(void **state)
{
	AUTO(buffer) out = {.max = 100};

	(void)state;
	assert_ok(range_put(&out, (struct range){10, 20}, 100));
	assert_holds(&out, "bytes 10-29/100");
	assert_ok(range_put_none(&out, 7));
	assert_holds(&out, "bytes */7");
}

static bool matches(const char *field, const char *current, enum etag_comparison comparison)
{
	bool found;

	assert_ok(etag_match(text_of(field), text_of(current), comparison, &found));
	return found;
}

static void compares_entity_tags(void **state)
{
	(void)state;
	assert_true(matches("\"a\"", "a", ETAG_STRONG));
	assert_true(matches(" \"b\" ,\t\"a,b\" , \"a\" ", "a", ETAG_STRONG));
	assert_true(matches("\"x,y\"", "x,y", ETAG_STRONG));
	assert_true(matches("\"\"", "", ETAG_STRONG));
	assert_true(matches("*", "a", ETAG_STRONG));
	assert_false(matches("*", NULL, ETAG_STRONG));
	assert_false(matches("\"a\"", NULL, ETAG_STRONG));
	assert_false(matches("\"a\"", "b", ETAG_WEAK));
	assert_false(matches("W/\"a\"", "a", ETAG_STRONG));
	assert_true(matches("W/\"a\"", "a", ETAG_WEAK));
	assert_true(matches("\"b\", W/\"\xff\"", "\xff", ETAG_WEAK));
}

static void refuses_malformed_entity_tags(void **state)
{
	static const char *const bad[] = {
		"",       " ",       "a",       "\"a",     "a\"",      "\"a\"b",  "\"a\" \"b\"", "\"a\",",
		",\"a\"", "*,\"a\"", "\"a\",*", "w/\"a\"", "W/ \"a\"", "\"a b\"", "\"a\tb\"",    "**"};
	AUTO(buffer) out = {.max = 100};
	bool found = true;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_fails(ST_INVALID, etag_match(text_of(bad[i]), TEXT("a"), ETAG_WEAK, &found));
	assert_true(found);
	assert_ok(etag_put(&out, TEXT("7-ab")));
	assert_holds(&out, "\"7-ab\"");
	assert_fails(ST_INVALID, etag_put(&out, TEXT("a\"b")));
	assert_fails(ST_INVALID, etag_put(&out, TEXT("a\r\nb")));
}

#define NAME TEXT("__Host-tacenda")

static void finds_its_own_cookie(void **state)
{
	static const char *const fields[] = {
		"__Host-tacenda=abc",
		"a=b; __Host-tacenda=abc; c=d",
		"a=\"x y\"; {json};__Host-tacenda=abc;;",
		"__host-tacenda=no; x__Host-tacenda=no; __Host-tacenda=abc; __Host-tacenda2=no; __Host-tacenda",
	};
	struct text value;

	(void)state;
	for (size_t i = 0; i < COUNT(fields); i++) {
		assert_ok(cookie_find(text_of(fields[i]), NAME, &value));
		assert_true(text_equal(value, TEXT("abc")));
	}
	assert_fails(ST_NOT_FOUND, cookie_find(TEXT(""), NAME, &value));
	assert_fails(ST_NOT_FOUND, cookie_find((struct text){0}, NAME, &value));
	assert_fails(ST_NOT_FOUND, cookie_find(TEXT("a=__Host-tacenda=abc"), NAME, &value));
	assert_ok(cookie_find(TEXT("__Host-tacenda="), NAME, &value));
	assert_int_equal(value.len, 0);
}

static void refuses_a_planted_or_malformed_cookie(void **state)
{
	static const char *const bad[] = {
		"__Host-tacenda=a; __Host-tacenda=a",
		"__Host-tacenda=a; x=y; __Host-tacenda=",
		"__Host-tacenda=\"a\"",
		"__Host-tacenda=a b",
		"__Host-tacenda=a,b",
		"__Host-tacenda=a\\b",
		"__Host-tacenda=\xc3\xa9",
		"__Host-tacenda=a\x7f",
	};
	struct text value;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_fails(ST_INVALID, cookie_find(text_of(bad[i]), NAME, &value));
}

static void sets_a_cookie_for_this_origin_alone(void **state)
{
	AUTO(buffer) out = {.max = 200};

	(void)state;
	assert_ok(cookie_put(&out, NAME, TEXT("a-_1"), UINT32_MAX));
	assert_holds(&out, "__Host-tacenda=a-_1; Path=/; Secure; HttpOnly; SameSite=Strict");
	assert_ok(cookie_put(&out, NAME, TEXT(""), 0));
	assert_holds(&out, "__Host-tacenda=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Strict");
	assert_fails(ST_INVALID, cookie_put(&out, TEXT("tacenda"), TEXT("a"), 0));
	assert_fails(ST_INVALID, cookie_put(&out, TEXT("__Host-a=b"), TEXT("a"), 0));
	assert_fails(ST_INVALID, cookie_put(&out, NAME, TEXT("a; Domain=x"), 0));
	assert_fails(ST_INVALID, cookie_put(&out, NAME, TEXT("a\r\nX: y"), 0));
}

static void reads_a_string_as_it_is_spelled(void **state)
{
	static const struct {
		const char *field, *inside;
	} good[] = {
		{"\"a\"", "a"},
		{"\"8e03978e-40d5-43dd-bc93-6894a57f9324\"", "8e03978e-40d5-43dd-bc93-6894a57f9324"},
		{"\" ~ \"", " ~ "},
		{"\"a\\\"b\\\\\"", "a\\\"b\\\\"},
	};
	struct text inside;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		assert_ok(fieldstring_parse(text_of(good[i].field), 36, &inside));
		assert_true(text_equal(inside, text_of(good[i].inside)));
	}
}

static void refuses_what_is_no_string(void **state)
{
	static const char *const bad[] = {"",          "\"",       "\"\"",        "a",         "\"a",
					  "a\"",       "\"a\"b\"", "\"a\\\"",     "\"a\\b\"",  "\"a\";p=1",
					  "\"a\" ",    " \"a\"",   "\"a\tb\"",    "\"a\x7f\"", "\"\xc3\xa9\"",
					  "\"12345\"", "'a'",      "\"a\", \"b\""};
	struct text inside = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_fails(ST_INVALID, fieldstring_parse(text_of(bad[i]), 4, &inside));
	assert_fails(ST_INVALID, fieldstring_parse((struct text){0}, 4, &inside));
	assert_true(inside.at == NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(writes_the_digest_of_the_rfc),
		TEST(cuts_ranges_to_the_content),
		TEST(tells_no_range_from_no_byte),
		TEST(writes_content_ranges),
		TEST(compares_entity_tags),
		TEST(refuses_malformed_entity_tags),
		TEST(finds_its_own_cookie),
		TEST(refuses_a_planted_or_malformed_cookie),
		TEST(sets_a_cookie_for_this_origin_alone),
		TEST(reads_a_string_as_it_is_spelled),
		TEST(refuses_what_is_no_string),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
