/* SPDX-License-Identifier: Apache-2.0 */
/* Who a patient is, as people type and search it (PROMISES#K7). */
#include "testing.h"

#include <string.h>

#include "demographics.h"

static void assert_folds(const char *text, const char *wanted)
{
	AUTO(buffer) out = {.max = 4096};

	assert_ok(demographics_fold(text_of(text), &out));
	assert_ok(buffer_put_u8(&out, 0));
	assert_string_equal((const char *)out.bytes, wanted);
}

static void folds_case_and_accents(void **state)
{
	(void)state;
	assert_folds("Noor AUBREY", "noor aubrey");
	assert_folds("Z\xc3\xbcrich", "zurich");
	assert_folds("\xc3\x80\xc3\xa7\xc3\xa9\xc3\xb1\xc3\x98\xc3\x9f", "acenos");
	assert_folds("\xc4\x80\xc4\x87\xc5\x81\xc5\x84\xc5\xa0\xc5\xbe\xc5\xbf", "aclnszs");
	assert_folds("1951-03-14", "1951-03-14");
}

static void one_space_for_every_run_of_other_signs(void **state)
{
	(void)state;
	assert_folds("  O'Neil,  (Ann) ", "o neil ann ");
	assert_folds("a\xc3\x97"
		     "b",
		     "a b");
	assert_folds("...", "");
}

static void other_scripts_stay_as_they_are(void **state)
{
	(void)state;
	assert_folds("\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd", "\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd");
}

static void a_text_that_breaks_off_folds_to_something(void **state)
{
	AUTO(buffer) out = {.max = 4096};

	(void)state;
	for (unsigned lead = 0x80; lead <= 0xff; lead++)
		for (unsigned next = 0; next <= 0xff; next++) {
			const char two[] = {(char)lead, (char)next};
			out.len = 0;
			assert_ok(demographics_fold((struct text){two, 1}, &out));
			assert_ok(demographics_fold((struct text){two, 2}, &out));
		}
}

static struct status check_birth(const char *birth)
{
	struct demographics d = {.family = TEXT("Aubrey"), .birth = text_of(birth)};

	return demographics_check(&d);
}

static void takes_dates_of_fhir(void **state)
{
	static const char *const good[] = {"1951-03-14", "1951-03",    "1951", "",          "2000-02-29",
					   "1904-02-29", "1899-12-31", "0951", "9999-12-31"};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		assert_ok(check_birth(good[i]));
}

static void refuses_what_is_no_date(void **state)
{
	static const char *const bad[] = {"14.03.1951", "1951-3-14",  "1951-13-01", "1951-02-29", "1900-02-29",
					  "1951-00-10", "1951-01-00", "195",        "1951-",      "1951-03-",
					  "0abc",       "0000",       "0000-01-01", "0x51-01-01", "abcd",
					  "1951/03/14", "-951-03-14", "+951-03-14", " 951"};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		if (ok(check_birth(bad[i])))
			fail_msg("\"%s\" is taken for a date", bad[i]);
}

static void refuses_what_is_no_word_of_sex_and_no_name(void **state)
{
	static char longest[LIMIT_NAME + 1];
	struct demographics d = {.family = TEXT("Aubrey"), .sex = TEXT("female")};

	(void)state;
	assert_ok(demographics_check(&d));
	d.sex = TEXT("Female");
	assert_fails(ST_INVALID, demographics_check(&d));
	d.sex = (struct text){0};
	d.family = TEXT("\xff");
	assert_fails(ST_INVALID, demographics_check(&d));
	memset(longest, 'a', sizeof longest);
	d.family = (struct text){longest, LIMIT_NAME};
	assert_ok(demographics_check(&d));
	d.family.len++;
	assert_fails(ST_INVALID, demographics_check(&d));
	d.family = TEXT("Aubrey");
	d.given[0] = TEXT("\xc3");
	d.given_count = 1;
	assert_fails(ST_INVALID, demographics_check(&d));
	d.given_count = 0;
	d.identifier_count = 1;
	assert_fails(ST_INVALID, demographics_check(&d));
}

static struct demographics somebody(void)
{
	struct demographics d = {.family = TEXT("M\xc3\xbcller \"von\""),
				 .birth = TEXT("1951-03-14"),
				 .sex = TEXT("female"),
				 .deceased = TEXT("2020"),
				 .given = {TEXT("Noor"), TEXT("Ada")},
				 .given_count = 2,
				 .identifiers = {{TEXT("urn:demo"), TEXT("A-1")}, {{0}, TEXT("b")}},
				 .identifier_count = 2};
	return d;
}

static void what_is_written_is_read_back(void **state)
{
	AUTO(buffer) json = {.max = 4096};
	AUTO(json_document) document = {0};
	AUTO(arena) arena = {.max = 65536};
	struct demographics d = somebody(), back;

	(void)state;
	assert_ok(demographics_write(&d, &json));
	assert_ok(demographics_read(text_from(buffer_bytes(&json)), &arena, &document, &back));
	assert_true(text_equal(back.family, d.family));
	assert_true(text_equal(back.birth, d.birth));
	assert_true(text_equal(back.sex, d.sex));
	assert_true(text_equal(back.deceased, d.deceased));
	assert_int_equal(back.given_count, 2);
	assert_true(text_equal(back.given[1], TEXT("Ada")));
	assert_int_equal(back.identifier_count, 2);
	assert_true(text_equal(back.identifiers[0].system, TEXT("urn:demo")));
	assert_true(text_equal(back.identifiers[1].value, TEXT("b")));
	assert_int_equal(back.identifiers[1].system.len, 0);
}

static void search_text_holds_names_birth_and_identifiers(void **state)
{
	AUTO(buffer) json = {.max = 4096}, out = {.max = 4096};
	struct demographics d = somebody();

	(void)state;
	assert_ok(demographics_write(&d, &json));
	assert_ok(demographics_search_text(text_from(buffer_bytes(&json)), &out));
	assert_ok(buffer_put_u8(&out, 0));
	for (size_t i = 0; i < 6; i++) {
		static const char *const words[] = {" muller ", " von", " noor", " ada", " 1951-03-14", " a-1"};
		assert_non_null(strstr((const char *)out.bytes, words[i]));
	}
}

static void refuses_what_another_client_sealed_wrongly(void **state)
{
	static const char *const bad[] = {"",
					  "[]",
					  "{",
					  "{\"family\":1}",
					  "{\"family\":\"a\",\"family\":\"b\"}",
					  "{\"unknown\":1}",
					  "{\"given\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\"]}",
					  "{\"identifiers\":[{\"system\":\"x\"}]}",
					  "{\"birth\":\"1951-03-14T00:00\"}"};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		AUTO(buffer) out = {.max = 4096};
		assert_fails(ST_CORRUPT, demographics_search_text(text_of(bad[i]), &out));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(folds_case_and_accents),
		TEST(one_space_for_every_run_of_other_signs),
		TEST(other_scripts_stay_as_they_are),
		TEST(a_text_that_breaks_off_folds_to_something),
		TEST(takes_dates_of_fhir),
		TEST(refuses_what_is_no_date),
		TEST(refuses_what_is_no_word_of_sex_and_no_name),
		TEST(what_is_written_is_read_back),
		TEST(search_text_holds_names_birth_and_identifiers),
		TEST(refuses_what_another_client_sealed_wrongly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
