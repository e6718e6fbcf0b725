/* SPDX-License-Identifier: Apache-2.0 */
/* The default password rule (PROMISES#K4), how long it is good (PROMISES#K6), and that misuse is made hard from the
 * first password on (PROMISES#S4). */
#include "testing.h"

#include <string.h>

#include "limits.h"
#include "passwordrule.h"

static const struct passwordrule *const composition = &passwordrules[PASSWORDRULE_COMPOSITION];
static const struct passwordrule *const nist = &passwordrules[PASSWORDRULE_NIST];

static struct status check_with(const struct passwordrule *rule, const char *password)
{
	const struct passwordrule_about about = {.login = TEXT("anna"), .site = TEXT("Clinique Saint-Martin EU")};

	return passwordrule_check(rule, text_of(password), &about);
}

static struct status check(const char *password)
{
	return check_with(composition, password);
}

static void takes_letters_figures_and_special_characters(void **state)
{
	(void)state;
	assert_ok(check("horse-9b"));
	assert_ok(check("correct horse 4"));
	assert_ok(check("Gr\xc3\xbc\xc3\x9f"
			"e-1234"));
	/* Letters of any script are letters. */
	assert_ok(check("\xd0\xbf\xd0\xb0\xd1\x80\xd0\xbe\xd0\xbb\xd1\x8c-42"));
}

static void refuses_less_than_eight_characters(void **state)
{
	(void)state;
	assert_fails(ST_INVALID, check(""));
	assert_fails(ST_INVALID, check("hors-9b"));
	/* Seven characters in fourteen bytes are seven characters. */
	assert_fails(ST_INVALID, check("\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4-1"));
	assert_ok(check("\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4-1"));
}

static void refuses_what_lacks_one_of_the_three(void **state)
{
	static const char *const lacking[] = {"horsehorse", "horse1234", "horse-horse", "12345678",
					      "1234-5678",  "--------",  "HORSEHORSE9"};

	(void)state;
	for (size_t i = 0; i < COUNT(lacking); i++)
		assert_fails(ST_INVALID, check(lacking[i]));
}

static void says_what_to_do(void **state)
{
	(void)state;
	assert_string_equal(check("a-1").what, "password: use at least 8 characters");
	assert_string_equal(check("abcdefghi").what, "password: use letters, figures and special characters");
	assert_string_equal(check("xx-Anna-1").what, "password: leave your login out of it");
}

static void refuses_the_login_in_any_case_and_place(void **state)
{
	(void)state;
	assert_fails(ST_INVALID, check("anna-1234"));
	assert_fails(ST_INVALID, check("1234-ANNA"));
	assert_fails(ST_INVALID, check("12-aNNa-34"));
	assert_ok(check("ann-a-1234"));
	/* Of a login of two letters nearly every password would have some. */
	const struct passwordrule_about two = {.login = TEXT("al")}, longer = {.login = TEXT("al-92635-and-more")};
	assert_ok(passwordrule_check(composition, TEXT("al-92635"), &two));
	assert_ok(passwordrule_check(composition, TEXT("al-92635"), &longer));
}

static void refuses_what_is_no_text_or_too_long(void **state)
{
	char longest[LIMIT_PASSWORD + 2];

	(void)state;
	assert_fails(ST_INVALID, check("horse-9b\xff"));
	const struct passwordrule_about anna = {.login = TEXT("anna")};
	for (size_t i = 0; i < sizeof longest; i++)
		longest[i] = "horse"[i % 5];
	longest[0] = '-';
	longest[1] = '1';
	assert_ok(passwordrule_check(composition, (struct text){longest, LIMIT_PASSWORD}, &anna));
	assert_fails(ST_INVALID, passwordrule_check(composition, (struct text){longest, LIMIT_PASSWORD + 1}, &anna));
}

static void refuses_the_login_backwards_and_in_figures(void **state)
{
	(void)state;
	assert_fails(ST_INVALID, check("xx-@nn4-1x"));
	assert_fails(ST_INVALID, check("q-ANNA9-zz"));
	const struct passwordrule_about about = {.login = TEXT("moreau")};
	assert_fails(ST_INVALID, passwordrule_check(composition, TEXT("71-uaerom-x"), &about));
	assert_fails(ST_INVALID, passwordrule_check(composition, TEXT("71-M0r34u-x"), &about));
	assert_ok(passwordrule_check(composition, TEXT("71-moraeu-x"), &about));
}

static void refuses_the_words_of_the_sites_name(void **state)
{
	(void)state;
	assert_fails(ST_INVALID, check("clinique-7x"));
	assert_fails(ST_INVALID, check("7x-$aint-Martin"));
	assert_string_equal(check("7x.saint-martin").what, "password: leave the site's name out of it");
	/* Its short words stand in many passwords. */
	assert_ok(check("neutrino-7x"));
}

static void refuses_what_others_try_first(void **state)
{
	static const char *const common[] = {"Password-1",   "p@ssw0rd-9",  "1-Qwerty-1",  "Summer2026!", "!!WELCOME99",
					     "admin_admin1", "S0mmer.2026", "Letmein-123", "tacenda-26!", "abcd-1234-x",
					     "12345678-a",   "aaaaaaa-1",   "qwertyui-1",  "1qaz2wsx-e",  "zxcvbnm,1"};

	(void)state;
	for (size_t i = 0; i < COUNT(common); i++)
		if (ok(check(common[i])))
			fail_msg("%s is taken", common[i]);
}

static void the_second_policy_wants_length_alone(void **state)
{
	(void)state;
	assert_fails(ST_INVALID, check_with(nist, "horse-9b"));
	assert_fails(ST_INVALID, check_with(nist, "fourteen chars"));
	assert_ok(check_with(nist, "correct horse battery"));
	assert_ok(check_with(nist, "onlylettersbutmany"));
	assert_fails(ST_INVALID, check_with(nist, "passwordpasswordpassword"));
	assert_fails(ST_INVALID, check_with(nist, "aaaaaaaaaaaaaaaaaaaa"));
	assert_fails(ST_INVALID, check_with(nist, "battery anna staple"));
	/* 128 characters of four bytes each (SP 800-63B-4 asks for 64 at least). */
	char longest[513];
	for (size_t i = 0; i < 512; i += 4)
		memcpy(longest + i,
		       i % 8 == 0    ? "\xf0\x9f\x90\xb4"
		       : i % 12 == 0 ? "\xf0\x9f\x94\x8b"
				     : "\xf0\x9f\xa6\x8a",
		       4);
	longest[512] = '\0';
	assert_ok(check_with(nist, longest));
}

static void beside_a_second_factor_eight_characters_do(void **state)
{
	const struct passwordrule_about alone = {.login = TEXT("anna")},
					beside = {.login = TEXT("anna"), .second_factor = true};

	(void)state;
	assert_fails(ST_INVALID, passwordrule_check(nist, TEXT("horse-9b"), &alone));
	assert_ok(passwordrule_check(nist, TEXT("horse-9b"), &beside));
	assert_fails(ST_INVALID, passwordrule_check(nist, TEXT("hors-9b"), &beside));
	assert_fails(ST_INVALID, passwordrule_check(nist, TEXT("password"), &beside));
	/* What was long enough beside one is asked for again when it is gone. */
	assert_ok(passwordrule_again(nist, TEXT("horse-9b"), &beside));
	assert_fails(ST_INVALID, passwordrule_again(nist, TEXT("horse-9b"), &alone));
	assert_fails(ST_INVALID,
		     passwordrule_check(&passwordrules[PASSWORDRULE_COMPOSITION], TEXT("hor-9b!"), &beside));
}

#define DAY (24ull * 3600 * 1000)

static void is_good_for_half_a_year_and_in_offices_for_a_quarter(void **state)
{
	const uint64_t set = 1700000000000ull;

	(void)state;
	assert_true(passwordrule_ends(composition, false, set) == set + 180 * DAY);
	assert_true(passwordrule_ends(composition, true, set) == set + 90 * DAY);
	assert_true(passwordrule_ends(nist, false, set) == UINT64_MAX);
	assert_true(passwordrule_ends(nist, true, set) == UINT64_MAX);
	assert_int_equal(composition->history, 12);
	assert_true(composition->warning_ms == 14 * DAY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(takes_letters_figures_and_special_characters),
		TEST(refuses_less_than_eight_characters),
		TEST(refuses_what_lacks_one_of_the_three),
		TEST(says_what_to_do),
		TEST(refuses_the_login_in_any_case_and_place),
		TEST(refuses_what_is_no_text_or_too_long),
		TEST(refuses_the_login_backwards_and_in_figures),
		TEST(refuses_the_words_of_the_sites_name),
		TEST(refuses_what_others_try_first),
		TEST(the_second_policy_wants_length_alone),
		TEST(beside_a_second_factor_eight_characters_do),
		TEST(is_good_for_half_a_year_and_in_offices_for_a_quarter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
