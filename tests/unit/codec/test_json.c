/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <stdio.h>
#include <string.h>

#include "json.h"
#include "secret.h"

static struct bytes source_of(const char *source)
{
	return text_bytes(text_of(source));
}

static void assert_writes(const char *source, enum json_order order, const char *wanted)
{
	AUTO(json_document) d = {0};
	AUTO(buffer) out = {.max = 4096};

	assert_ok(json_parse(source_of(source), &json_limits_import, &d));
	assert_ok(json_write(json_root(&d), order, &out));
	assert_int_equal(out.len, strlen(wanted));
	assert_memory_equal(out.bytes, wanted, out.len);
}

static bool same(const char *left, const char *right)
{
	AUTO(json_document) a = {0};
	AUTO(json_document) b = {0};

	assert_ok(json_parse(source_of(left), &json_limits_import, &a));
	assert_ok(json_parse(source_of(right), &json_limits_import, &b));
	return json_same(json_root(&a), json_root(&b));
}

static void assert_refused(const char *source)
{
	AUTO(json_document) d = {0};

	assert_fails(ST_INVALID, json_parse(source_of(source), &json_limits_body, &d));
	assert_null(d.text.bytes);
}

static void keeps_the_digits_of_numbers(void **state)
{
	(void)state;
	assert_writes("[1.50, -0, 1e400, 123456789012345678901234567890, 0.10E-2]", JSON_AS_WRITTEN,
		      "[1.50,-0,1e400,123456789012345678901234567890,0.10E-2]");
}

static void keeps_the_order_of_members(void **state)
{
	(void)state;
	assert_writes("{ \"b\" : 1, \"a\" : { \"z\":null, \"y\":[] } }", JSON_AS_WRITTEN,
		      "{\"b\":1,\"a\":{\"z\":null,\"y\":[]}}");
}

static void sorts_members_by_the_bytes_of_their_names(void **state)
{
	(void)state;
	assert_writes("{\"b\":1,\"ab\":2,\"a\":3,\"\":4,\"\\u00e9\":5,\"B\":6}", JSON_BY_NAME,
		      "{\"\":4,\"B\":6,\"a\":3,\"ab\":2,\"b\":1,\"\xc3\xa9\":5}");
	assert_writes("{}", JSON_BY_NAME, "{}");
}

static void writes_strings_with_the_fewest_escapes(void **state)
{
	(void)state;
	assert_writes("\"\\u0041\\/\\u001f\\n\\\"\\\\\\u0000\\ud83d\\ude00\\u007f\"", JSON_AS_WRITTEN,
		      "\"A/\\u001f\\n\\\"\\\\\\u0000\xf0\x9f\x98\x80\x7f\"");
}

static void compares_values_not_text(void **state)
{
	(void)state;
	assert_true(same("{\"a\":1.0,\"b\":[true,null,\"x\"]}", " {\"b\":[true,null,\"\\u0078\"],\"a\":1.00}"));
	assert_true(same("[100]", "[1e2]"));
	assert_false(same("[1,2]", "[2,1]"));
	assert_false(same("[1]", "[1,1]"));
	assert_false(same("{\"a\":1}", "{\"b\":1}"));
	assert_false(same("{\"a\":1}", "{\"a\":1,\"b\":1}"));
	assert_false(same("{\"a\":null}", "{}"));
	assert_false(same("true", "false"));
	assert_false(same("\"1\"", "1"));
	assert_false(same("9007199254740993", "9007199254740992"));
}

static void refuses_a_member_named_twice(void **state)
{
	(void)state;
	assert_refused("{\"a\":1,\"a\":1}");
	assert_refused("{\"a\":1,\"\\u0061\":2}");
}

static void refuses_numbers_that_hide_among_others(void **state)
{
	(void)state;
	/* Each would be a number if the digits were taken out one token at a time. */
	assert_refused("[1,2,3,01]");
	assert_refused("[1-1]");
	assert_refused("[1.5.2]");
	assert_refused("[+1]");
	assert_refused("[.5]");
	assert_refused("[5.]");
	assert_refused("[1e]");
	assert_refused("[0x10]");
	assert_refused("[1a]");
	assert_refused("[true1]");
	assert_refused("[1true]");
	assert_refused("[1 2]");
	assert_refused("[\"a\"1]");
	assert_refused("{1:1}");
}

static void refuses_text_that_is_not_utf8(void **state)
{
	(void)state;
	assert_refused("\"\xff\"");
	assert_refused("\"\xc0\xaf\"");
	assert_refused("\"\xed\xa0\x80\"");
	assert_refused("\"\\ud800\"");
	assert_refused("\"\\udc00\\ud800\"");
	assert_refused("\xef\xbb\xbf{}");
}

static void refuses_anything_around_the_value(void **state)
{
	(void)state;
	assert_refused("");
	assert_refused(" ");
	assert_refused("{} {}");
	assert_refused("{}x");
	assert_refused("// c\n{}");
	assert_refused("\"unterminated");
	assert_refused("\"unterminated\\");
}

static void takes_nul_only_when_asked(void **state)
{
	const struct json_limits with_nul = {.bytes = 100, .depth = 4, .nul = true};
	AUTO(json_document) d = {0};
	AUTO(json_document) named = {0};
	struct text t;

	(void)state;
	assert_refused("\"a\\u0000b\"");
	assert_ok(json_parse(source_of("\"a\\u0000b\""), &with_nul, &d));
	assert_ok(json_text(json_root(&d), &t));
	assert_int_equal(t.len, 3);
	assert_memory_equal(t.at, "a\0b", 3);
	/* In a name it is refused even then; so is the byte itself. */
	assert_fails(ST_INVALID, json_parse(source_of("{\"a\\u0000b\":1}"), &with_nul, &named));
	assert_fails(ST_INVALID, json_parse(BYTES_LITERAL("[1]\0"), &with_nul, &named));
	assert_fails(ST_INVALID, json_parse(BYTES_LITERAL("[\"\0\"]"), &with_nul, &named));
}

static void passes_over_a_mark_only_when_asked(void **state)
{
	AUTO(json_document) d = {0};
	AUTO(json_document) empty = {0};
	AUTO(json_document) twice = {0};

	(void)state;
	assert_refused("\xef\xbb\xbf{}");
	assert_ok(json_parse(source_of("\xef\xbb\xbf {}"), &json_limits_import, &d));
	assert_int_equal(json_kind_of(json_root(&d)), JSON_KIND_OBJECT);
	assert_fails(ST_INVALID, json_parse(source_of("\xef\xbb\xbf"), &json_limits_import, &empty));
	assert_fails(ST_INVALID, json_parse(source_of("\xef\xbb\xbf\xef\xbb\xbf{}"), &json_limits_import, &twice));
}

/* {"m0":0,"m1":1,…} with ${count} members, and one more if ${more}. */
static void put_members(struct buffer *out, unsigned count, const char *more)
{
	for (unsigned i = 0; i < count; i++)
		assert_ok(buffer_print(out, "%c\"m%u\":%u", i == 0 ? '{' : ',', i * 7919 % count, i));
	assert_ok(buffer_print(out, "%s}", more));
}

static void finds_and_compares_members_of_any_number(void **state)
{
	static const unsigned counts[] = {1, 15, 16, 17, 18, 1000};
	uint64_t n;

	(void)state;
	for (size_t i = 0; i < COUNT(counts); i++) {
		AUTO(buffer) source = {.max = 1 << 20};
		AUTO(buffer) twin = {.max = 1 << 20};
		AUTO(json_document) d = {0};
		AUTO(json_document) refused = {0};
		put_members(&source, counts[i], "");
		assert_ok(json_parse(buffer_bytes(&source), &json_limits_body, &d));
		assert_int_equal(json_count(json_root(&d)), counts[i]);
		for (unsigned m = 0; m < counts[i]; m++) {
			char name[16];
			int len = snprintf(name, sizeof name, "m%u", m * 7919 % counts[i]);
			struct json v = json_member(json_root(&d), (struct text){name, (size_t)len});
			assert_ok(json_u64(v, m, m, &n));
			v = json_member(json_root(&d), (struct text){name, (size_t)len - 1});
			assert_true(len > 2 || json_kind_of(v) == JSON_KIND_NONE);
		}
		assert_int_equal(json_kind_of(json_member(json_root(&d), TEXT("m"))), JSON_KIND_NONE);
		assert_int_equal(json_kind_of(json_member(json_root(&d), TEXT("z"))), JSON_KIND_NONE);
		put_members(&twin, counts[i], ",\"m0\":0");
		assert_fails(ST_INVALID, json_parse(buffer_bytes(&twin), &json_limits_body, &refused));
	}
}

static void stops_at_the_limit_of_depth(void **state)
{
	const struct json_limits shallow = {.bytes = 100, .depth = 3};
	AUTO(json_document) d = {0};
	AUTO(json_document) deep = {0};

	(void)state;
	assert_ok(json_parse(source_of("[{\"a\":[]},[[]],\"[[[[\"]"), &shallow, &d));
	assert_fails(ST_TOO_BIG, json_parse(source_of("[{\"a\":[[]]}]"), &shallow, &deep));
	assert_null(deep.text.bytes);
}

static void stops_at_the_limit_of_size(void **state)
{
	const struct json_limits small = {.bytes = 4, .depth = 3};
	AUTO(json_document) d = {0};
	AUTO(json_document) big = {0};

	(void)state;
	assert_ok(json_parse(source_of("[12]"), &small, &d));
	assert_fails(ST_TOO_BIG, json_parse(source_of("[123]"), &small, &big));
}

static void survives_brackets_a_recursive_parser_would_not(void **state)
{
	static char brackets[200000];
	AUTO(json_document) d = {0};

	(void)state;
	memset(brackets, '[', sizeof brackets);
	assert_fails(ST_TOO_BIG, json_parse(bytes_of(brackets, sizeof brackets), &json_limits_import, &d));
}

static void walks_objects_and_arrays(void **state)
{
	AUTO(json_document) d = {0};
	struct text name, t;
	struct json v;
	uint64_t n;
	bool yes;

	(void)state;
	assert_ok(json_parse(source_of("{\"n\":7,\"t\":\"x\",\"l\":[false,1.5],\"o\":{}}"), &json_limits_body, &d));
	struct json root = json_root(&d);
	assert_int_equal(json_count(root), 4);
	assert_ok(json_u64(json_member(root, TEXT("n")), 0, 7, &n));
	assert_int_equal(n, 7);
	assert_fails(ST_INVALID, json_u64(json_member(root, TEXT("n")), 0, 6, &n));
	assert_ok(json_text(json_member(root, TEXT("t")), &t));
	assert_true(text_equal(t, TEXT("x")));
	struct json list = json_member(root, TEXT("l"));
	assert_int_equal(json_count(list), 2);
	assert_ok(json_bool(json_element(list, 0), &yes));
	assert_false(yes);
	assert_ok(json_number(json_element(list, 1), &t));
	assert_true(text_equal(t, TEXT("1.5")));
	assert_fails(ST_INVALID, json_u64(json_element(list, 1), 0, 9, &n));
	struct json_members m = json_members_of(root);
	const char *const names[] = {"n", "t", "l", "o"};
	for (size_t i = 0; i < COUNT(names); i++) {
		assert_true(json_members_next(&m, &name, &v));
		assert_true(text_equal(name, text_of(names[i])));
	}
	assert_false(json_members_next(&m, &name, &v));
}

static void answers_nothing_for_what_is_not_there(void **state)
{
	AUTO(json_document) d = {0};
	struct json none = {0};
	struct text name;
	struct json v;
	bool yes;

	(void)state;
	assert_ok(json_parse(source_of("[1]"), &json_limits_body, &d));
	assert_int_equal(json_kind_of(json_root(&(struct json_document){0})), JSON_KIND_NONE);
	assert_int_equal(json_kind_of(json_element(json_root(&d), 1)), JSON_KIND_NONE);
	assert_int_equal(json_kind_of(json_member(json_root(&d), TEXT("a"))), JSON_KIND_NONE);
	assert_int_equal(json_kind_of(json_member(none, TEXT("a"))), JSON_KIND_NONE);
	assert_int_equal(json_kind_of(json_element(none, 0)), JSON_KIND_NONE);
	assert_int_equal(json_count(none), 0);
	assert_int_equal(json_count(json_element(json_root(&d), 0)), 0);
	struct json_members m = json_members_of(none);
	assert_false(json_members_next(&m, &name, &v));
	assert_fails(ST_INVALID, json_text(none, &name));
	assert_fails(ST_INVALID, json_number(none, &name));
	assert_fails(ST_INVALID, json_bool(json_element(json_root(&d), 0), &yes));
}

static void cuts_a_failed_writing_back(void **state)
{
	AUTO(json_document) d = {0};
	AUTO(buffer) out = {.max = 8};

	(void)state;
	assert_ok(json_parse(source_of("{\"long\":\"enough\"}"), &json_limits_body, &d));
	assert_ok(buffer_put(&out, BYTES_LITERAL("ab")));
	assert_fails(ST_TOO_BIG, json_write(json_root(&d), JSON_AS_WRITTEN, &out));
	assert_int_equal(out.len, 2);
	assert_fails(ST_INVALID, json_write((struct json){0}, JSON_BY_NAME, &out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(keeps_the_digits_of_numbers),
		TEST(keeps_the_order_of_members),
		TEST(sorts_members_by_the_bytes_of_their_names),
		TEST(writes_strings_with_the_fewest_escapes),
		TEST(compares_values_not_text),
		TEST(refuses_a_member_named_twice),
		TEST(refuses_numbers_that_hide_among_others),
		TEST(refuses_text_that_is_not_utf8),
		TEST(refuses_anything_around_the_value),
		TEST(takes_nul_only_when_asked),
		TEST(passes_over_a_mark_only_when_asked),
		TEST(finds_and_compares_members_of_any_number),
		TEST(stops_at_the_limit_of_depth),
		TEST(stops_at_the_limit_of_size),
		TEST(survives_brackets_a_recursive_parser_would_not),
		TEST(walks_objects_and_arrays),
		TEST(answers_nothing_for_what_is_not_there),
		TEST(cuts_a_failed_writing_back),
	};

	assert_ok(secret_setup());
	return cmocka_run_group_tests(tests, NULL, NULL);
}
