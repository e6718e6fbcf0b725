/* SPDX-License-Identifier: Apache-2.0 */
/* When an agent ends, and that it leaves nothing. */
#include "agentprogram_fixture.h"

/* --- Ends --- */

static void ends_when_told_to_and_leaves_no_socket(void **state)
{
	(void)state;
	AUTO(agent_world) w;
	AUTO(agentclient) c = {.fd = -1};
	AUTO(agentclient) again = {.fd = -1};
	AUTO(agentplace) place = {.dir = -1};

	agent_world_run_unlocked(&w, &c);
	assert_ok(agentclient_shutdown(&c));
	assert_true(agent_world_ended(&w, 120000));
	assert_fails(ST_NOT_FOUND, agentclient_connect(w.home.path, &again));
	assert_ok(agentplace_find(w.home.path, &place));
	assert_int_equal(faccessat(place.dir, place.socket, F_OK, 0), -1);
}

/* PROMISES#K13: log-off that nobody has to remember. */
static void ends_when_nobody_asked_for_anything_long_enough(void **state)
{
	(void)state;
	AUTO(agent_world) w;
	AUTO(agentclient) c = {.fd = -1};
	struct agentwire_status status;

	agent_world_run_unlocked(&w, &c);
	*w.ahead += 14 * MINUTES;
	assert_ok(sign_something(&c));
	*w.ahead += 14 * MINUTES;
	/* Looking at it is not using it. */
	assert_ok(agentclient_status(&c, &status));
	assert_true(status.left_ms <= MINUTES);
	*w.ahead += 2 * MINUTES;
	assert_fails(ST_UNREACHABLE, agentclient_status(&c, &status));
	assert_true(agent_world_ended(&w, 120000));
}

static void ends_by_itself_without_any_message(void **state)
{
	(void)state;
	AUTO(agent_world) w;
	AUTO(agentclient) c = {.fd = -1};

	agent_world_new(&w);
	assert_ok(agent_world_start(&w, 1500));
	agent_world_connect(&w, &c);
	assert_true(agent_world_ended(&w, 120000));
}

static void ends_after_the_time_it_was_given_however_busy(void **state)
{
	(void)state;
	AUTO(agent_world) w;
	AUTO(agentclient) c = {.fd = -1};

	agent_world_run(&w, &c);
	assert_fails(ST_INVALID, agentclient_unlock(&c, BYTES_LITERAL(HOME_PASSPHRASE), AGENTWIRE_FOR_MAX_MS + 1));
	assert_ok(agentclient_unlock(&c, BYTES_LITERAL(HOME_PASSPHRASE), 60 * MINUTES));
	/* Longer than the idle limit, and it is still there ... */
	*w.ahead += 50 * MINUTES;
	assert_ok(sign_something(&c));
	*w.ahead += 9 * MINUTES;
	assert_ok(sign_something(&c));
	/* ... but no longer than it was given. */
	*w.ahead += 2 * MINUTES;
	assert_fails(ST_UNREACHABLE, sign_something(&c));
	assert_true(agent_world_ended(&w, 120000));
}

static void a_lock_brings_the_idle_limit_back(void **state)
{
	(void)state;
	AUTO(agent_world) w;
	AUTO(agentclient) c = {.fd = -1};
	struct agentwire_status status;

	agent_world_run(&w, &c);
	assert_ok(agentclient_unlock(&c, BYTES_LITERAL(HOME_PASSPHRASE), 10 * 60 * MINUTES));
	assert_ok(agentclient_lock(&c));
	assert_ok(agentclient_status(&c, &status));
	assert_true(status.left_ms <= CUSTODY_IDLE_MS);
}

static void ends_with_each_signal_that_says_so(void **state)
{
	(void)state;
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP};

	for (size_t i = 0; i < COUNT(signals); i++) {
		AUTO(agent_world) w;
		AUTO(agentclient) c = {.fd = -1};

		agent_world_run(&w, &c);
		assert_int_equal(kill(w.pid, signals[i]), 0);
		assert_true(agent_world_ended(&w, 120000));
	}
}

/* A session of its own on the slave side of a terminal, in which the agent is started. */
static int start_on_terminal(struct agent_world *w, int master)
{
	const char *arguments[] = {agent_program, w->home.path, "0", w->clock_file, "terminal", NULL};
	pid_t shell = fork();
	int status;

	if (shell == 0) {
		/* Opened after setsid(), it becomes the controlling terminal. */
		int slave = setsid() > 0 ? open(ptsname(master), O_RDWR) : -1;
		_exit(slave >= 0 && ok(agentstart(agent_program, arguments)) ? 0 : 1);
	}
	assert_int_equal(waitpid(shell, &status, 0), shell);
	return status;
}

static void ends_when_its_terminal_goes(void **state)
{
	(void)state;
	AUTO(agent_world) w;
	AUTO(agentclient) c = {.fd = -1};
	struct agentwire_status status;
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
	agent_world_new(&w);
	assert_int_equal(start_on_terminal(&w, master), 0);
	agent_world_connect(&w, &c);
	assert_ok(agentclient_status(&c, &status));
	assert_false(agent_world_ended(&w, 0));
	close(master);
	assert_true(agent_world_ended(&w, 120000));
}

static void a_dying_agent_is_unreachable(void **state)
{
	(void)state;
	AUTO(agent_world) w;
	AUTO(agentclient) c = {.fd = -1};
	AUTO(agentclient) again = {.fd = -1};
	struct agentwire_status status;

	agent_world_run(&w, &c);
	assert_int_equal(kill(w.pid, SIGKILL), 0);
	assert_true(agent_world_ended(&w, 120000));
	assert_fails(ST_UNREACHABLE, agentclient_status(&c, &status));
	/* Its socket is still there, and nobody behind it. */
	assert_fails(ST_NOT_FOUND, agentclient_connect(w.home.path, &again));
	assert_ok(agent_world_start(&w, 0));
	agent_world_connect(&w, &again);
	assert_ok(agentclient_status(&again, &status));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(ends_when_told_to_and_leaves_no_socket),
		TEST(ends_when_nobody_asked_for_anything_long_enough),
		TEST(ends_by_itself_without_any_message),
		TEST(ends_after_the_time_it_was_given_however_busy),
		TEST(a_lock_brings_the_idle_limit_back),
		TEST(ends_with_each_signal_that_says_so),
		TEST(ends_when_its_terminal_goes),
		TEST(a_dying_agent_is_unreachable),
	};

	if (argc != 2)
		return 2;
	agent_program = argv[1];
	return cmocka_run_group_tests(tests, fixture_setup, NULL);
}
