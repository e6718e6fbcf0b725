/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "step.h"

static void every_step_has_its_word_and_its_command(void **state)
{
	static const struct step_about expected[] = {
		{STEP_PASSWORD, "password", "tacenda password change", "password: run tacenda password change"},
		{STEP_CONDUCT, "conduct", "tacenda conduct accept", "conduct: run tacenda conduct accept"},
		{STEP_FACTOR, "factor", "tacenda factor add totp", "second factor: run tacenda factor add totp"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(expected); i++) {
		assert_int_equal(step_at(i)->step, expected[i].step);
		assert_string_equal(step_at(i)->word, expected[i].word);
		assert_string_equal(step_at(i)->command, expected[i].command);
		assert_string_equal(step_advice((uint32_t)expected[i].step), expected[i].advice);
	}
	assert_null(step_at(COUNT(expected)));
}

static void the_advice_names_the_first_step(void **state)
{
	(void)state;
	assert_string_equal(step_advice(STEP_PASSWORD | STEP_FACTOR), "password: run tacenda password change");
	assert_string_equal(step_advice(STEP_FACTOR | STEP_CONDUCT), "conduct: run tacenda conduct accept");
	assert_string_equal(step_advice(32), "step");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_step_has_its_word_and_its_command),
		TEST(the_advice_names_the_first_step),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
