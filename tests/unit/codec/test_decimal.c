/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "decimal.h"

static void takes_numbers_of_the_grammar(void **state)
{
	static const char *const numbers[] = {
		"0",    "-0",  "1",    "10",        "-12.50",
		"0.0",  "1e5", "1E+5", "1.5e-0005", "123456789012345678901234567890.0000000001",
		"1e400"};

	(void)state;
	for (size_t i = 0; i < COUNT(numbers); i++)
		assert_true(decimal_is_number(text_of(numbers[i])));
}

static void refuses_everything_else(void **state)
{
	static const char *const others[] = {"",     "-",   "+1",   "01",       "-01", "1.",   ".5",
					     "1.e5", "1e",  "1e+",  "1e-",      "0x1", "1 ",   " 1",
					     "1.5.", "--1", "1e5.", "Infinity", "NaN", "1,000"};

	(void)state;
	for (size_t i = 0; i < COUNT(others); i++) {
		assert_false(decimal_is_number(text_of(others[i])));
		assert_false(decimal_equal(text_of(others[i]), text_of(others[i])));
	}
}

static void compares_by_value(void **state)
{
	static const char *const same[][2] = {
		{"1", "1.0"},
		{"1.0", "1.00"},
		{"100", "1e2"},
		{"1e2", "1E+02"},
		{"0.001", "1e-3"},
		{"-0", "0"},
		{"0.0e99999999999999999999", "-0"},
		{"120.50", "12050e-2"},
		{"-2.5", "-0.25e1"},
		{"1e400", "10e399"},
		{"1e99999999999999999", "1e99999999999999999"},
		{"5e0000000000000000000001", "50"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(same); i++) {
		assert_true(decimal_equal(text_of(same[i][0]), text_of(same[i][1])));
		assert_true(decimal_equal(text_of(same[i][1]), text_of(same[i][0])));
	}
}

static void tells_near_numbers_apart(void **state)
{
	static const char *const different[][2] = {
		{"1", "-1"},
		{"1", "10"},
		{"1.0", "1.01"},
		{"9007199254740992", "9007199254740993"}, /* one double */
		{"0.1", "0.1000000000000000055511151231257827"},
		{"1e400", "1e401"},
		{"1e-400", "0"},
		{"12", "1.2"},
		{"101", "11"},
		{"1e99999999999999999", "1e99999999999999998"},
		{"1e-999999999999999", "1e999999999999999"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(different); i++)
		assert_false(decimal_equal(text_of(different[i][0]), text_of(different[i][1])));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(takes_numbers_of_the_grammar),
		TEST(refuses_everything_else),
		TEST(compares_by_value),
		TEST(tells_near_numbers_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
