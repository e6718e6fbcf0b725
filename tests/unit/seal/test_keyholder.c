/* SPDX-License-Identifier: Apache-2.0 */
/* The suite with the keys in this process. */
#include "keyholder_suite.h"

#include "keyholder_local.h"

static int setup(void **state)
{
	if (fixture_setup(state) != 0)
		return 1;
	home_new(&suite_home);
	return ok(keyholder_local_open(&os_real, suite_home.fd, BYTES_LITERAL(HOME_PASSPHRASE), &suite_holder)) ? 0 : 1;
}

static int teardown(void **state)
{
	(void)state;
	keyholder_clear(&suite_holder);
	home_clear(&suite_home);
	return 0;
}

int main(void)
{
	size_t count;
	const struct CMUnitTest *tests = keyholder_suite_tests(&count);

	return _cmocka_run_group_tests("keyholder", tests, count, setup, teardown);
}
