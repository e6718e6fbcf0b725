/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "jsonwriter.h"

static void assert_holds(const struct buffer *b, const char *wanted)
{
	assert_true(text_equal(text_from(buffer_bytes(b)), text_of(wanted)));
}

static void writes_every_type(void **state)
{
	AUTO(buffer) out = {.max = 4096};
	struct hash h = {{0xab, 0xcd}};
	struct uuid id = {{0}};
	struct jsonwriter w = jsonwriter_of(&out);

	(void)state;
	jsonwriter_object(&w, NULL);
	jsonwriter_text(&w, "t", TEXT("x"));
	jsonwriter_string(&w, "s", NULL);
	jsonwriter_u64(&w, "zero", 0);
	jsonwriter_u64(&w, "most", UINT64_MAX);
	jsonwriter_bool(&w, "yes", true);
	jsonwriter_array(&w, "list");
	jsonwriter_bool(&w, NULL, false);
	jsonwriter_null(&w, NULL);
	jsonwriter_object(&w, NULL);
	jsonwriter_end(&w);
	jsonwriter_array(&w, NULL);
	jsonwriter_end(&w);
	jsonwriter_end(&w);
	jsonwriter_time(&w, "when", 1000);
	jsonwriter_id(&w, "id", ID_PATIENT, &id);
	jsonwriter_hash(&w, "hash", &h);
	jsonwriter_base64(&w, "b", BYTES_LITERAL("\xfb\xff"));
	jsonwriter_base64url(&w, "u", BYTES_LITERAL("\xfb\xff"));
	jsonwriter_raw(&w, "raw", TEXT("{\"a\":1.50}"));
	jsonwriter_end(&w);
	assert_ok(jsonwriter_done(&w));
	assert_holds(&out, "{\"t\":\"x\",\"s\":null,\"zero\":0,\"most\":18446744073709551615,\"yes\":true,"
			   "\"list\":[false,null,{},[]],\"when\":\"1970-01-01T00:00:01.000Z\","
			   "\"id\":\"pt-00000000000000000000000000\","
			   "\"hash\":\"abcd000000000000000000000000000000000000000000000000000000000000\","
			   "\"b\":\"+/8=\",\"u\":\"-_8\",\"raw\":{\"a\":1.50}}");
}

/* Into a buffer that has no memory yet. */
static void a_text_may_be_the_outermost_value(void **state)
{
	static const struct {
		struct text text;
		const char *json;
	} cases[] = {{{NULL, 0}, "\"\""}, {{"", 0}, "\"\""}, {{"a", 1}, "\"a\""}, {{"\n", 1}, "\"\\n\""}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO(buffer) out = {.max = 4};
		struct jsonwriter w = jsonwriter_of(&out);
		jsonwriter_text(&w, NULL, cases[i].text);
		assert_ok(jsonwriter_done(&w));
		assert_holds(&out, cases[i].json);
	}
	AUTO(buffer) full = {.max = 4};
	struct jsonwriter w = jsonwriter_of(&full);
	jsonwriter_text(&w, NULL, TEXT("abc"));
	assert_fails(ST_TOO_BIG, jsonwriter_done(&w));
	assert_int_equal(full.len, 0);
}

static void escapes_every_byte_that_needs_it(void **state)
{
	AUTO(buffer) out = {.max = 4096};
	char all[128];

	(void)state;
	for (size_t i = 0; i < sizeof all; i++)
		all[i] = (char)i;
	assert_ok(jsonwriter_quote(&out, (struct text){all, sizeof all}));
	assert_holds(&out,
		     "\"\\u0000\\u0001\\u0002\\u0003\\u0004\\u0005\\u0006\\u0007\\b\\t\\n\\u000b\\f\\r\\u000e\\u000f"
		     "\\u0010\\u0011\\u0012\\u0013\\u0014\\u0015\\u0016\\u0017\\u0018\\u0019\\u001a\\u001b\\u001c"
		     "\\u001d\\u001e\\u001f !\\\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\\\]^_"
		     "`abcdefghijklmnopqrstuvwxyz{|}~\x7f\"");
}

/* Strings are looked at eight bytes at a time: what a byte becomes does not depend on its place or its neighbours. */
static void escapes_the_same_in_every_place(void **state)
{
	static const char besides[] = {'x', ' ', '!', '#', '[', ']', '\x7f'};

	(void)state;
	for (size_t n = 0; n < COUNT(besides); n++) {
		for (size_t place = 0; place < 20; place++) {
			for (char c = 0; c >= 0 && c < 0x7f; c++) {
				AUTO(buffer) alone = {.max = 64}, out = {.max = 256};
				char at[20];

				assert_ok(jsonwriter_quote(&alone, (struct text){&c, 1}));
				memset(at, besides[n], sizeof at);
				at[place] = c;
				assert_ok(jsonwriter_quote(&out, (struct text){at, sizeof at}));
				assert_int_equal(out.len, alone.len + sizeof at - 1);
				assert_memory_equal(out.bytes + 1, at, place);
				assert_memory_equal(out.bytes + 1 + place, alone.bytes + 1, alone.len - 2);
			}
		}
	}
}

static void keeps_utf8_and_refuses_what_is_none(void **state)
{
	AUTO(buffer) out = {.max = 4096};
	struct jsonwriter w = jsonwriter_of(&out);

	(void)state;
	assert_ok(buffer_put(&out, BYTES_LITERAL("x")));
	w = jsonwriter_of(&out);
	jsonwriter_text(&w, NULL, TEXT("\xc3\xa9\"\xf0\x9f\x98\x80"));
	assert_ok(jsonwriter_done(&w));
	assert_holds(&out, "x\"\xc3\xa9\\\"\xf0\x9f\x98\x80\"");
	w = jsonwriter_of(&out);
	jsonwriter_array(&w, NULL);
	jsonwriter_text(&w, NULL, TEXT("a\xc3"));
	jsonwriter_u64(&w, NULL, 1);
	jsonwriter_end(&w);
	assert_fails(ST_INVALID, jsonwriter_done(&w));
	assert_holds(&out, "x\"\xc3\xa9\\\"\xf0\x9f\x98\x80\"");
}

static void remembers_the_ceiling(void **state)
{
	(void)state;
	for (size_t max = 0; max < 17; max++) {
		AUTO(buffer) out = {.max = max};
		struct jsonwriter w = jsonwriter_of(&out);
		jsonwriter_object(&w, NULL);
		jsonwriter_u64(&w, "a", 1);
		jsonwriter_string(&w, "b", "text");
		jsonwriter_end(&w);
		assert_fails(ST_TOO_BIG, jsonwriter_done(&w));
		assert_int_equal(out.len, 0);
	}
}

static void nests_to_its_limit(void **state)
{
	AUTO(buffer) out = {.max = 4096};
	struct jsonwriter w = jsonwriter_of(&out);

	(void)state;
	for (int i = 0; i < JSONWRITER_DEPTH / 2; i++) {
		jsonwriter_array(&w, NULL);
		jsonwriter_object(&w, NULL);
		if (i < JSONWRITER_DEPTH / 2 - 1)
			jsonwriter_array(&w, "a"), jsonwriter_end(&w), jsonwriter_end(&w), jsonwriter_object(&w, NULL),
				jsonwriter_end(&w);
		else
			jsonwriter_end(&w);
	}
	for (int i = 0; i < JSONWRITER_DEPTH / 2; i++)
		jsonwriter_end(&w);
	assert_ok(jsonwriter_done(&w));
}

static void two_outermost_values(struct jsonwriter *w)
{
	jsonwriter_null(w, NULL);
	jsonwriter_null(w, NULL);
}
static void name_in_an_array(struct jsonwriter *w)
{
	jsonwriter_array(w, NULL);
	jsonwriter_null(w, "a");
}
static void element_in_an_object(struct jsonwriter *w)
{
	jsonwriter_object(w, NULL);
	jsonwriter_null(w, NULL);
}
static void name_outside(struct jsonwriter *w)
{
	jsonwriter_null(w, "a");
}
static void end_of_nothing(struct jsonwriter *w)
{
	jsonwriter_end(w);
}
static void left_open(struct jsonwriter *w)
{
	jsonwriter_array(w, NULL);
	(void)ok(jsonwriter_done(w));
}
static void no_value(struct jsonwriter *w)
{
	(void)ok(jsonwriter_done(w));
}
static void too_deep(struct jsonwriter *w)
{
	for (int i = 0; i <= JSONWRITER_DEPTH; i++)
		jsonwriter_array(w, NULL);
}

static void ends_the_process_when_misused(void **state)
{
	static void (*const misuses[])(struct jsonwriter *) = {two_outermost_values,
							       name_in_an_array,
							       element_in_an_object,
							       name_outside,
							       end_of_nothing,
							       left_open,
							       no_value,
							       too_deep};

	(void)state;
	for (size_t i = 0; i < COUNT(misuses); i++) {
		pid_t child = fork();
		int status;
		assert_true(child >= 0);
		if (child == 0) {
			struct buffer out = {.max = 4096};
			struct jsonwriter w = jsonwriter_of(&out);
			close(STDERR_FILENO);
			misuses[i](&w);
			_exit(0);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) != 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(writes_every_type),
		TEST(a_text_may_be_the_outermost_value),
		TEST(escapes_every_byte_that_needs_it),
		TEST(escapes_the_same_in_every_place),
		TEST(keeps_utf8_and_refuses_what_is_none),
		TEST(remembers_the_ceiling),
		TEST(nests_to_its_limit),
		TEST(ends_the_process_when_misused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
