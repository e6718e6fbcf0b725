/* SPDX-License-Identifier: Apache-2.0 */
/* The default password rule (PROMISES#K4), and that misuse is made hard from the first password on (PROMISES#S4). */
#include "testing.h"

#include <string.h>

#include "limits.h"
#include "passwordrule.h"

static struct status check(const char *password)
{
	return passwordrule_check(text_of(password), TEXT("anna"));
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
	assert_ok(passwordrule_check(TEXT("al-12345"), TEXT("al")));
	assert_ok(passwordrule_check(TEXT("al-12345"), TEXT("al-12345-and-more")));
}

static void refuses_what_is_no_text_or_too_long(void **state)
{
	char longest[LIMIT_PASSWORD + 2];

	(void)state;
	assert_fails(ST_INVALID, check("horse-9b\xff"));
	memset(longest, 'a', sizeof longest);
	longest[0] = '-';
	longest[1] = '1';
	assert_ok(passwordrule_check((struct text){longest, LIMIT_PASSWORD}, TEXT("anna")));
	assert_fails(ST_INVALID, passwordrule_check((struct text){longest, LIMIT_PASSWORD + 1}, TEXT("anna")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(takes_letters_figures_and_special_characters), TEST(refuses_less_than_eight_characters),
		TEST(refuses_what_lacks_one_of_the_three),          TEST(says_what_to_do),
		TEST(refuses_the_login_in_any_case_and_place),      TEST(refuses_what_is_no_text_or_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
