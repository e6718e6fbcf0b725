/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a real agent: states, limits, ends, and who may talk to it. */
#include "agentprogram_fixture.h"

static void says_so_when_no_agent_runs(void **state)
{
	(void)state;
	AUTO(agent_world) w;
	AUTO(agentclient) c = {.fd = -1};

	agent_world_new(&w);
	assert_fails(ST_NOT_FOUND, agentclient_connect(w.home.path, &c));
	assert_fails(ST_NOT_FOUND, agentclient_connect("/nonexistent/home", &c));
}

static void starts_locked_and_refuses_everything_that_needs_keys(void **state)
{
	(void)state;
	AUTO(agent_world) w;
	AUTO(agentclient) c = {.fd = -1};
	struct agentwire_status status;
	struct keyholder holder;

	agent_world_run(&w, &c);
	assert_ok(agentclient_status(&c, &status));
	assert_false(status.unlocked);
	assert_false(status.token);
	assert_in_range(status.left_ms, CUSTODY_IDLE_MS - MINUTES, CUSTODY_IDLE_MS);
	struct status s = agentclient_holder(&c, &holder);
	assert_int_equal(s.code, ST_UNPROVEN);
	assert_string_equal(s.what, "agent is locked");
}

static void unlocks_with_the_right_passphrase_only(void **state)
{
	(void)state;
	AUTO(agent_world) w;
	AUTO(agentclient) c = {.fd = -1};
	struct agentwire_status status;

	agent_world_run(&w, &c);
	struct status s = agentclient_unlock(&c, BYTES_LITERAL("wrong"), 0);
	assert_int_equal(s.code, ST_UNPROVEN);
	assert_string_equal(s.what, "passphrase");
	assert_fails(ST_UNPROVEN, agentclient_unlock(&c, (struct bytes){0}, 0));
	assert_ok(agentclient_status(&c, &status));
	assert_false(status.unlocked);
	assert_ok(agentclient_unlock(&c, BYTES_LITERAL(HOME_PASSPHRASE), 0));
	assert_ok(agentclient_status(&c, &status));
	assert_true(status.unlocked);
	assert_string_equal(status.person.login, "anna.weber");
	assert_string_equal(status.person.origin, "https://clinic.example:8443");
	assert_true(hash_equal(&status.person.key_hash, &w.home.key_hash));
	assert_int_equal(status.person.pin.size, 10);
	assert_ok(sign_something(&c));
}

static void names_what_is_wrong_with_the_security_file(void **state)
{
	(void)state;
	AUTO(agent_world) w;
	AUTO(agentclient) c = {.fd = -1};

	agent_world_run(&w, &c);
	assert_ok(os_save(&os_real, w.home.fd, SECURITYSTORE_NAME, BYTES_LITERAL("{\"format\": \"tacenda/v1/s")));
	assert_fails(ST_CORRUPT, agentclient_unlock(&c, BYTES_LITERAL(HOME_PASSPHRASE), 0));
	assert_ok(os_remove(&os_real, w.home.fd, SECURITYSTORE_NAME));
	assert_fails(ST_NOT_FOUND, agentclient_unlock(&c, BYTES_LITERAL(HOME_PASSPHRASE), 0));
}

static void a_locked_agent_keeps_the_session_and_no_key(void **state)
{
	(void)state;
	AUTO(agent_world) w;
	AUTO(agentclient) c = {.fd = -1};
	AUTO(agentclient) other = {.fd = -1};
	AUTO(secret) token = {0};

	agent_world_run_unlocked(&w, &c);
	assert_ok(agentclient_token_put(&c, BYTES_LITERAL("session")));
	agent_world_connect(&w, &other);
	assert_ok(agentclient_lock(&other));
	assert_fails(ST_UNPROVEN, sign_something(&c));
	assert_ok(agentclient_token_get(&c, &token));
	assert_true(secret_equal(secret_bytes(&token), BYTES_LITERAL("session")));
	assert_ok(agentclient_unlock(&other, BYTES_LITERAL(HOME_PASSPHRASE), 0));
	assert_ok(sign_something(&c));
}

static struct status new_epoch(struct keyholder *k, struct keyholder_epoch *out)
{
	struct epoch_place place = fixture_epoch();

	place.number = 0;
	return keyholder_epoch_new(k, &place, (struct epoch_handle){0}, out);
}

static struct status use_epoch(const struct keyholder *k, struct epoch_handle key)
{
	struct keyholder_record record = {.place = fixture_record(), .author = fixture_user(1), .clinical = key};
	struct sealed_key sealed;

	record.place.compartment = COMPARTMENT_CLINICAL;
	return keyholder_record_new(k, &record, &sealed);
}

static void handles_belong_to_their_connection_and_survive_a_second_unlock(void **state)
{
	(void)state;
	AUTO(agent_world) w;
	AUTO(agentclient) a = {.fd = -1};
	AUTO(agentclient) b = {.fd = -1};
	AUTO(agentclient) control = {.fd = -1};
	AUTO(keyholder) first = {0};
	AUTO(keyholder) second = {0};
	struct keyholder_epoch epoch;

	agent_world_run_unlocked(&w, &a);
	agent_world_connect(&w, &b);
	agent_world_connect(&w, &control);
	assert_ok(agentclient_holder(&a, &first));
	assert_ok(agentclient_holder(&b, &second));
	assert_ok(new_epoch(&first, &epoch));
	assert_ok(use_epoch(&first, epoch.key));
	assert_fails(ST_NOT_FOUND, use_epoch(&second, epoch.key));
	assert_ok(agentclient_unlock(&control, BYTES_LITERAL(HOME_PASSPHRASE), 0));
	assert_ok(use_epoch(&first, epoch.key));
	/* A lock takes them, and unlocking does not bring them back. */
	assert_ok(agentclient_lock(&control));
	assert_fails(ST_UNPROVEN, use_epoch(&first, epoch.key));
	assert_ok(agentclient_unlock(&control, BYTES_LITERAL(HOME_PASSPHRASE), 0));
	assert_fails(ST_NOT_FOUND, use_epoch(&first, epoch.key));
}

static void a_file_of_somebody_else_takes_the_handles_along(void **state)
{
	(void)state;
	AUTO(agent_world) w;
	AUTO(agentclient) c = {.fd = -1};
	AUTO(agentclient) control = {.fd = -1};
	AUTO(keyholder) holder = {0};
	struct home other;
	struct keyholder_epoch epoch;

	agent_world_new(&w);
	home_new(&other);
	assert_ok(agent_world_start(&w, 0));
	agent_world_unlock(&w, &c);
	agent_world_connect(&w, &control);
	assert_ok(agentclient_holder(&c, &holder));
	assert_ok(new_epoch(&holder, &epoch));
	assert_ok(os_remove(&os_real, w.home.fd, SECURITYSTORE_NAME));
	assert_ok(securitystore_create(&os_real, w.home.fd, SECURITYSTORE_NAME, &other.file));
	assert_ok(agentclient_unlock(&control, BYTES_LITERAL(HOME_PASSPHRASE), 0));
	assert_fails(ST_NOT_FOUND, use_epoch(&holder, epoch.key));
	home_clear(&other);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(says_so_when_no_agent_runs),
		TEST(starts_locked_and_refuses_everything_that_needs_keys),
		TEST(unlocks_with_the_right_passphrase_only),
		TEST(names_what_is_wrong_with_the_security_file),
		TEST(a_locked_agent_keeps_the_session_and_no_key),
		TEST(handles_belong_to_their_connection_and_survive_a_second_unlock),
		TEST(a_file_of_somebody_else_takes_the_handles_along),
	};

	if (argc != 2)
		return 2;
	agent_program = argv[1];
	return cmocka_run_group_tests(tests, fixture_setup, NULL);
}
