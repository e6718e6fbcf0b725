/* SPDX-License-Identifier: Apache-2.0 */
/* The suite with the keys in an agent. */
#include "agent_fixture.h"
#include "keyholder_suite.h"

static struct agent_world world;

static int setup(void **state)
{
	struct agentclient client = {.fd = -1};

	if (fixture_setup(state) != 0)
		return 1;
	agent_world_run_unlocked(&world, &client);
	suite_home = world.home;
	return ok(agentclient_holder(&client, &suite_holder)) ? 0 : 1;
}

static int teardown(void **state)
{
	(void)state;
	keyholder_clear(&suite_holder);
	agent_world_clear(&world);
	return 0;
}

int main(int argc, char **argv)
{
	size_t count;
	const struct CMUnitTest *tests = keyholder_suite_tests(&count);

	if (argc != 2)
		return 2;
	agent_program = argv[1];
	return _cmocka_run_group_tests("agentholder", tests, count, setup, teardown);
}
