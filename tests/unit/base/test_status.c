/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <string.h>

static void every_code_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (int a = ST_OK; a <= ST_IO; a++) {
		const char *name = status_name((enum status_code)a);

		assert_string_not_equal(name, "unknown");
		assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz_"), strlen(name));
		for (int b = ST_OK; b < a; b++)
			assert_string_not_equal(name, status_name((enum status_code)b));
	}
}

static void a_number_that_is_no_code_is_unknown(void **state)
{
	(void)state;
	assert_string_equal(status_name((enum status_code)(ST_IO + 1)), "unknown");
}

static struct status fails_at_second(int *reached)
{
	*reached = 1;
	TRY(OK);
	*reached = 2;
	TRY(FAIL_AT(ST_FULL, "disk"));
	*reached = 3;
	return OK;
}

static void try_hands_the_failure_on(void **state)
{
	(void)state;
	int reached = 0;
	struct status s = fails_at_second(&reached);

	assert_int_equal(s.code, ST_FULL);
	assert_string_equal(s.what, "disk");
	assert_int_equal(reached, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_code_has_a_name_of_its_own),
		TEST(a_number_that_is_no_code_is_unknown),
		TEST(try_hands_the_failure_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
