/* SPDX-License-Identifier: Apache-2.0 */
/* Command lines by table. */
#include "testing.h"

#include <stdio.h>
#include <string.h>

#include "options.h"

static const struct option_spec general[] = {
	{"--home", "DIR", "where", false, 0},
	{"--json", NULL, "as JSON", false, 0},
	{NULL, NULL, NULL, false, 0},
};
static const struct option_spec own[] = {
	{"--given", "NAME", "given name", true, 0},
	{"--output", "FILE", "where to", false, 'o'},
	{NULL, NULL, NULL, false, 0},
};
static const struct option_spec *const both[] = {general, own};

static struct options options;
static struct options_refusal refusal;

static struct status parse(const char *const *words, size_t count)
{
	char *argv[OPTIONS_WORDS + 8] = {0};

	assert_true(count < COUNT(argv));
	for (size_t i = 0; i < count; i++)
		memcpy(&argv[i], &words[i], sizeof argv[i]);
	refusal.sentence[0] = '\0';
	return options_parse((int)count, argv, both, COUNT(both), &options, &refusal);
}
#define PARSE(...) parse((const char *const[]){"tacenda", __VA_ARGS__}, COUNT(((const char *const[]){"", __VA_ARGS__})))

static void options_stand_before_and_after_the_words(void **state)
{
	(void)state;
	assert_ok(PARSE("--home", "/h", "patient", "--json", "add", "--given=Noor", "--given", "Ada"));
	assert_int_equal(options.word_count, 2);
	assert_string_equal(options.words[0], "patient");
	assert_string_equal(options.words[1], "add");
	assert_string_equal(options_value(&options, "--home"), "/h");
	assert_true(options_has(&options, "--json"));
	assert_false(options_has(&options, "--output"));
	assert_null(options_value(&options, "--output"));
	size_t cursor = 0;
	assert_string_equal(options_next(&options, "--given", &cursor), "Noor");
	assert_string_equal(options_next(&options, "--given", &cursor), "Ada");
	assert_null(options_next(&options, "--given", &cursor));
}

static void a_value_may_look_like_an_option_or_be_empty(void **state)
{
	(void)state;
	assert_ok(PARSE("--home=", "x"));
	assert_string_equal(options_value(&options, "--home"), "");
	assert_ok(PARSE("--home", "--json"));
	assert_string_equal(options_value(&options, "--home"), "--json");
	assert_false(options_has(&options, "--json"));
	assert_ok(PARSE("--home=a=b"));
	assert_string_equal(options_value(&options, "--home"), "a=b");
}

static void one_letter_stands_for_an_option(void **state)
{
	(void)state;
	assert_ok(PARSE("get", "-o", "-"));
	assert_string_equal(options_value(&options, "--output"), "-");
	assert_fails(ST_INVALID, PARSE("-ofile"));
	assert_fails(ST_INVALID, PARSE("-x"));
}

static void two_dashes_end_the_options_and_one_is_a_word(void **state)
{
	(void)state;
	assert_ok(PARSE("-", "--", "--json", "--", "-o"));
	assert_int_equal(options.word_count, 4);
	assert_string_equal(options.words[0], "-");
	assert_string_equal(options.words[1], "--json");
	assert_string_equal(options.words[2], "--");
	assert_string_equal(options.words[3], "-o");
	assert_int_equal(options.given_count, 0);
}

static void names_what_it_refuses(void **state)
{
	(void)state;
	assert_fails(ST_INVALID, PARSE("--bogus"));
	assert_string_equal(refusal.sentence, "unknown option: --bogus");
	assert_fails(ST_INVALID, PARSE("--hom", "x"));
	assert_fails(ST_INVALID, PARSE("--homer=x"));
	assert_fails(ST_INVALID, PARSE("--home"));
	assert_string_equal(refusal.sentence, "option needs a value: --home");
	assert_fails(ST_INVALID, PARSE("--json=yes"));
	assert_string_equal(refusal.sentence, "option takes no value: --json");
	assert_fails(ST_INVALID, PARSE("--home", "a", "--home", "b"));
	assert_string_equal(refusal.sentence, "option given twice: --home");
}

static void a_refused_line_changes_nothing(void **state)
{
	(void)state;
	assert_ok(PARSE("kept", "--json"));
	assert_fails(ST_INVALID, PARSE("other", "--bogus"));
	assert_string_equal(options.words[0], "kept");
	assert_true(options_has(&options, "--json"));
}

static void has_ceilings(void **state)
{
	const char *words[OPTIONS_WORDS + 2] = {"tacenda"};

	(void)state;
	for (size_t i = 1; i < COUNT(words); i++)
		words[i] = "word";
	assert_ok(parse(words, OPTIONS_WORDS + 1));
	assert_fails(ST_INVALID, parse(words, OPTIONS_WORDS + 2));
	for (size_t i = 1; i < COUNT(words); i++)
		words[i] = "--given=x";
	assert_ok(parse(words, OPTIONS_MAX + 1));
	assert_fails(ST_INVALID, parse(words, OPTIONS_MAX + 2));
}

static void a_word_of_any_length_is_named_in_part(void **state)
{
	static char longest[5000];

	(void)state;
	memset(longest, '-', sizeof longest - 1);
	assert_fails(ST_INVALID, PARSE(longest));
	assert_true(strlen(refusal.sentence) < 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(options_stand_before_and_after_the_words),
		TEST(a_value_may_look_like_an_option_or_be_empty),
		TEST(one_letter_stands_for_an_option),
		TEST(two_dashes_end_the_options_and_one_is_a_word),
		TEST(names_what_it_refuses),
		TEST(a_refused_line_changes_nothing),
		TEST(has_ceilings),
		TEST(a_word_of_any_length_is_named_in_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
