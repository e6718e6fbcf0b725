/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "form.h"
#include "path.h"

static void reads_pairs(void **state)
{
	AUTO(arena) arena = {.max = 4096};
	struct form f;

	(void)state;
	assert_ok(form_parse(TEXT("since=42&q=a+b%20%C3%A9%26&empty=&path=/a?b:c@d"), &arena, &f));
	assert_int_equal(f.count, 4);
	assert_true(text_equal(form_get(&f, TEXT("since")), TEXT("42")));
	assert_true(text_equal(form_get(&f, TEXT("q")), TEXT("a b \xc3\xa9&")));
	assert_non_null(form_get(&f, TEXT("empty")).at);
	assert_int_equal(form_get(&f, TEXT("empty")).len, 0);
	assert_true(text_equal(form_get(&f, TEXT("path")), TEXT("/a?b:c@d")));
	assert_null(form_get(&f, TEXT("none")).at);
	assert_ok(form_parse(TEXT(""), &arena, &f));
	assert_int_equal(f.count, 0);
	assert_ok(form_parse((struct text){0}, &arena, &f));
	assert_int_equal(f.count, 0);
}

static void refuses_malformed_queries(void **state)
{
	static const char *const bad[] = {"a",          "=b",    "&",     "a=1&",     "&a=1",  "a=1&&b=2",   "a=1&a=2",
					  "a=1&%61=2",  "a=b=c", "a=%",   "a=%1",     "a=%1g", "a=%g1",      "a=%00",
					  "a=%0a",      "a=%7F", "a=%ff", "a=%c0%af", "a= b",  "a=\"",       "a=<",
					  "a=\xc3\xa9", "a=#",   "a=[",   "%=b",      "a=b\n", "a=%ed%a0%80"};
	AUTO(arena) arena = {.max = 65536};
	struct form f;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_fails(ST_INVALID, form_parse(text_of(bad[i]), &arena, &f));
}

static void stops_at_too_many_pairs(void **state)
{
	AUTO(arena) arena = {.max = 4096};
	AUTO(buffer) query = {.max = 4096};
	struct form f;

	(void)state;
	for (int i = 0; i < FORM_PAIRS; i++)
		assert_ok(buffer_print(&query, "%sn%d=1", i > 0 ? "&" : "", i));
	assert_ok(form_parse(text_from(buffer_bytes(&query)), &arena, &f));
	assert_int_equal(f.count, FORM_PAIRS);
	assert_ok(buffer_print(&query, "&more=1"));
	assert_fails(ST_TOO_BIG, form_parse(text_from(buffer_bytes(&query)), &arena, &f));
}

static void names_a_stranger(void **state)
{
	static const char *const known[] = {"since", "limit"};
	AUTO(arena) arena = {.max = 4096};
	struct form f;
	struct text stranger;

	(void)state;
	assert_ok(form_parse(TEXT("limit=1&since=2"), &arena, &f));
	assert_ok(form_only(&f, known, COUNT(known), &stranger));
	assert_ok(form_parse(TEXT("limit=1&untilx=2"), &arena, &f));
	assert_fails(ST_INVALID, form_only(&f, known, COUNT(known), &stranger));
	assert_true(text_equal(stranger, TEXT("untilx")));
}

static void escapes_what_it_must(void **state)
{
	AUTO(buffer) out = {.max = 4096};
	AUTO(arena) arena = {.max = 4096};
	AUTO(buffer) all = {.max = 4096};
	struct text back;

	(void)state;
	assert_ok(percent_put(&out, TEXT("aZ09-._~ /?#\xc3\xa9%+")));
	assert_true(text_equal(text_from(buffer_bytes(&out)), TEXT("aZ09-._~%20%2F%3F%23%C3%A9%25%2B")));
	for (char c = ' '; c <= '~'; c++)
		assert_ok(buffer_put_u8(&all, (uint8_t)c));
	out.len = 0;
	assert_ok(percent_put(&out, text_from(buffer_bytes(&all))));
	assert_ok(percent_decode(PERCENT_QUERY, text_from(buffer_bytes(&out)), &arena, &back));
	assert_true(text_equal(back, text_from(buffer_bytes(&all))));
	assert_ok(percent_decode(PERCENT_SEGMENT, text_from(buffer_bytes(&out)), &arena, &back));
	assert_true(text_equal(back, text_from(buffer_bytes(&all))));
}

static void reads_segments(void **state)
{
	AUTO(arena) arena = {.max = 4096};
	struct path p;

	(void)state;
	assert_ok(path_parse(TEXT("/v1/patients/pt-1%2dx/a+b:c@d;e"), &arena, &p));
	assert_int_equal(p.count, 4);
	assert_true(text_equal(p.segments[0], TEXT("v1")));
	assert_true(text_equal(p.segments[2], TEXT("pt-1-x")));
	assert_true(text_equal(p.segments[3], TEXT("a+b:c@d;e")));
	assert_ok(path_parse(TEXT("/"), &arena, &p));
	assert_int_equal(p.count, 0);
	assert_ok(path_parse(TEXT("/..."), &arena, &p));
}

static void refuses_every_other_spelling_of_a_path(void **state)
{
	static const char *const bad[] = {"",       "v1",        "*",         "//",   "/v1/",     "/v1//x", "/.",
					  "/..",    "/a/../b",   "/a/./b",    "/%2e", "/%2E%2e",  "/.%2e",  "/a%2fb",
					  "/a%2Fb", "/a%5cb",    "/a\\b",     "/%00", "/a%0d%0a", "/a b",   "/a#b",
					  "/a?b",   "/\xc3\xa9", "/%ff",      "/%",   "/%2",      "/a\"b",  "/a<b",
					  "/[a]",   "/a%u0041",  "http://h/a"};
	AUTO(arena) arena = {.max = 65536};
	struct path p;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_fails(ST_INVALID, path_parse(text_of(bad[i]), &arena, &p));
	assert_fails(ST_TOO_BIG, path_parse(TEXT("/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17"), &arena, &p));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reads_pairs),
		TEST(refuses_malformed_queries),
		TEST(stops_at_too_many_pairs),
		TEST(names_a_stranger),
		TEST(escapes_what_it_must),
		TEST(reads_segments),
		TEST(refuses_every_other_spelling_of_a_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
