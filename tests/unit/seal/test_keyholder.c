/* SPDX-License-Identifier: Apache-2.0 */
/* Keys in this process: what every holder must do, and what only this one can get wrong. */
#include "keyholder_suite.h"

#include <string.h>

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

static void another_passphrase_opens_nothing(void **state)
{
	struct keyholder holder = {0};

	(void)state;
	assert_fails(ST_UNPROVEN, keyholder_local_open(&os_real, suite_home.fd, BYTES_LITERAL("quiet heron"), &holder));
	assert_null(holder.state);
	assert_null(holder.calls);
}

static void it_is_the_person_of_the_file(void **state)
{
	const struct keyholder_person *person = &suite_holder.person;

	(void)state;
	assert_true(uuid_equal(&person->user.uuid, &suite_home.file.person.user.uuid));
	assert_memory_equal(&person->hpke_key, &suite_home.file.person.hpke_key, sizeof person->hpke_key);
	assert_true(hash_equal(&person->site, &suite_home.file.person.site));
}

static void a_cleared_holder_is_empty(void **state)
{
	struct keyholder holder = {0};

	(void)state;
	assert_ok(keyholder_local_open(&os_real, suite_home.fd, BYTES_LITERAL(HOME_PASSPHRASE), &holder));
	keyholder_clear(&holder);
	assert_null(holder.state);
	keyholder_clear(&holder);
}

int main(void)
{
	const struct CMUnitTest own[] = {
		TEST(another_passphrase_opens_nothing),
		TEST(it_is_the_person_of_the_file),
		TEST(a_cleared_holder_is_empty),
	};
	struct CMUnitTest tests[64 + COUNT(own)];
	size_t count;
	const struct CMUnitTest *suite = keyholder_suite_tests(&count);

	memcpy(tests, own, sizeof own);
	memcpy(tests + COUNT(own), suite, count * sizeof *suite);
	return _cmocka_run_group_tests("keyholder", tests, COUNT(own) + count, setup, teardown);
}
