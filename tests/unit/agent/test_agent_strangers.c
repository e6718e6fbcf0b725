/* SPDX-License-Identifier: Apache-2.0 */
/* Who may talk to an agent, and what becomes of those who talk nonsense. */
#include "agentprogram_fixture.h"

/* --- Who may talk to it, and how --- */

static void there_is_one_agent_for_a_home(void **state)
{
	(void)state;
	AUTO(agent_world) w;
	AUTO(agentclient) c = {.fd = -1};

	agent_world_new(&w);
	assert_ok(agent_world_start(&w, 0));
	assert_fails(ST_CONFLICT, agent_world_start(&w, 0));
	agent_world_connect(&w, &c);
	assert_fails(ST_CONFLICT, agent_world_start(&w, 0));
}

static void a_runtime_directory_of_others_is_refused(void **state)
{
	(void)state;
	AUTO(agent_world) w;
	AUTO(agentplace) place = {.dir = -1};
	char path[96], elsewhere[96];

	agent_world_new(&w);
	snprintf(path, sizeof path, "%s/tacenda", w.root);
	snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", w.root);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(chmod(path, 0710), 0);
	assert_fails(ST_DENIED, agentplace_find(w.home.path, &place));
	assert_fails(ST_DENIED, agent_world_start(&w, 0));
	assert_int_equal(rename(path, elsewhere), 0);
	assert_int_equal(chmod(elsewhere, 0700), 0);
	assert_int_equal(symlink(elsewhere, path), 0);
	assert_fails(ST_DENIED, agentplace_find(w.home.path, &place));
	if (geteuid() == 0) {
		assert_int_equal(unlink(path), 0);
		assert_int_equal(mkdir(path, 0700), 0);
		assert_int_equal(chown(path, 65534, 65534), 0);
		assert_fails(ST_DENIED, agentplace_find(w.home.path, &place));
	}
}

/* As after su: the variable still names the folder of who we were. */
static void a_runtime_folder_of_somebody_else_is_passed_over(void **state)
{
	(void)state;
	AUTO(agent_world) w;
	AUTO(agentplace) place = {.dir = -1};
	struct stat st;
	char path[96];

	if (geteuid() != 0)
		skip();
	agent_world_new(&w);
	assert_int_equal(chown(w.root, 65534, 65534), 0);
	assert_int_equal(setenv("TMPDIR", w.home.path, 1), 0);
	assert_ok(agentplace_find(w.home.path, &place));
	assert_int_equal(unsetenv("TMPDIR"), 0);
	snprintf(path, sizeof path, "%s/tacenda-0", w.home.path);
	/* Where /run/user/0 exists it comes before. */
	if (access("/run/user/0", F_OK) != 0) {
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0700);
		assert_int_equal(rmdir(path), 0);
	}
	snprintf(path, sizeof path, "%s/tacenda", w.root);
	assert_int_equal(stat(path, &st), -1);
}

/* A connection that keeps to no protocol. */
static int raw_connect(struct agent_world *w)
{
	AUTO(agentplace) place = {.dir = -1};
	int fd = -1;

	assert_ok(agentplace_find(w->home.path, &place));
	assert_ok(agentsocket_connect(&place, &fd));
	return fd;
}

/* Whether the other side has ended the connection, without a further packet. */
static bool ended(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	uint8_t byte;

	return poll(&p, 1, 120000) == 1 && recv(fd, &byte, 1, 0) <= 0;
}

static void another_user_is_refused(void **state)
{
	(void)state;
	AUTO(agent_world) w;
	AUTO(agentplace) place = {.dir = -1};
	AUTO(agentclient) c = {.fd = -1};
	struct agentwire_status status;
	int exit_status;

	if (geteuid() != 0)
		skip();
	agent_world_run(&w, &c);
	assert_ok(agentplace_find(w.home.path, &place));
	/* Every door that is not the peer check is opened. */
	assert_int_equal(fchmodat(place.dir, place.socket, 0666, 0), 0);
	assert_int_equal(fchmod(place.dir, 0711), 0);
	assert_int_equal(chmod(w.root, 0711), 0);
	pid_t stranger = fork();
	if (stranger == 0) {
		struct sockaddr_un {
			sa_family_t family;
			char path[108];
		} a = {.family = AF_UNIX};
		const uint8_t hello[] = {AGENTWIRE_HELLO, 0, AGENTWIRE_VERSION};
		int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

		snprintf(a.path, sizeof a.path, "%s/tacenda/%s", w.root, place.socket);
		if (setgid(65534) != 0 || setuid(65534) != 0 || connect(fd, (const void *)&a, sizeof a) != 0)
			_exit(2);
		(void)!send(fd, hello, sizeof hello, MSG_NOSIGNAL);
		_exit(ended(fd) ? 0 : 1);
	}
	assert_int_equal(waitpid(stranger, &exit_status, 0), stranger);
	assert_int_equal(exit_status, 0);
	assert_int_equal(fchmod(place.dir, 0700), 0);
	assert_ok(agentclient_status(&c, &status));
}

static void tells_nothing_to_an_agent_of_another_user(void **state)
{
	(void)state;
	AUTO(agent_world) w;
	AUTO(agentplace) place = {.dir = -1};
	AUTO(agentclient) c = {.fd = -1};
	int ready[2], exit_status;
	uint8_t byte;

	if (geteuid() != 0)
		skip();
	agent_world_new(&w);
	assert_ok(agentplace_find(w.home.path, &place));
	assert_int_equal(fchmod(place.dir, 0777), 0);
	assert_int_equal(chmod(w.root, 0711), 0);
	assert_int_equal(pipe(ready), 0);
	pid_t impostor = fork();
	if (impostor == 0) {
		int listening = -1, lock = -1, fd;

		if (setgid(65534) != 0 || setuid(65534) != 0 || !ok(agentsocket_listen(&place, &listening, &lock)) ||
		    write(ready[1], "r", 1) != 1)
			_exit(2);
		fd = accept(listening, NULL, NULL);
		/* The caller leaves without a word. */
		_exit(fd >= 0 && recv(fd, &byte, 1, 0) == 0 ? 0 : 1);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(fchmod(place.dir, 0700), 0);
	assert_fails(ST_DENIED, agentclient_connect(w.home.path, &c));
	assert_int_equal(waitpid(impostor, &exit_status, 0), impostor);
	assert_int_equal(exit_status, 0);
	close(ready[0]);
	close(ready[1]);
}

static void a_packet_too_long_ends_its_connection_and_no_other(void **state)
{
	(void)state;
	AUTO(agent_world) w;
	AUTO(agentclient) c = {.fd = -1};
	struct agentwire_status status;
	static uint8_t big[AGENTWIRE_PACKET_MAX + 1];

	agent_world_run(&w, &c);
	int fd = raw_connect(&w);
	assert_ok(agentsocket_send(fd, BYTES_OF(big), true));
	assert_true(ended(fd));
	close(fd);
	assert_ok(agentclient_status(&c, &status));
}

static void malformed_packets_end_their_connection(void **state)
{
	(void)state;
	AUTO(agent_world) w;
	AUTO(agentclient) c = {.fd = -1};
	struct agentwire_status status;
	static const struct {
		const char *bytes;
		size_t len;
	} rows[] = {
		{"\x02", 1},             /* status before hello */
		{"\x01", 1},             /* hello without a version */
		{"\x01\x00\x01\x00", 4}, /* a byte too many */
		{"\x00", 1},
		{"\x1c", 1}, /* one past the table */
		{"\xff", 1},
		{"\x81\x00\x01", 3}, /* an answer */
	};

	agent_world_run(&w, &c);
	for (size_t i = 0; i < COUNT(rows); i++) {
		int fd = raw_connect(&w);

		assert_ok(agentsocket_send(fd, bytes_of(rows[i].bytes, rows[i].len), true));
		if (!ended(fd))
			fail_msg("row %zu", i);
		close(fd);
	}
	assert_ok(agentclient_status(&c, &status));
}

static void a_client_of_another_version_is_told_so(void **state)
{
	(void)state;
	AUTO(agent_world) w;
	uint8_t answer[16];

	agent_world_new(&w);
	assert_ok(agent_world_start(&w, 0));
	AUTO(agentclient) c = {.fd = -1};
	agent_world_connect(&w, &c);
	int fd = raw_connect(&w);
	assert_ok(agentsocket_send(fd, BYTES_LITERAL("\x01\x00\x02"), true));
	assert_int_equal(recv(fd, answer, sizeof answer, 0), 3);
	assert_int_equal(answer[0], AGENTWIRE_HELLO | AGENTWIRE_ANSWER);
	assert_int_equal(answer[1], ST_CONFLICT);
	assert_true(ended(fd));
	close(fd);
}

static void serves_so_many_and_no_more(void **state)
{
	(void)state;
	AUTO(agent_world) w;
	struct agentclient clients[CUSTODY_DESKS - 1]; /* the fixture has one */
	struct agentwire_status status;

	agent_world_new(&w);
	assert_ok(agent_world_start(&w, 0));
	for (size_t i = 0; i < COUNT(clients); i++)
		agent_world_connect(&w, &clients[i]);
	int fd = raw_connect(&w);
	assert_true(ended(fd));
	close(fd);
	assert_ok(agentclient_status(&clients[0], &status));
	agentclient_clear(&clients[7]);
	agent_world_connect(&w, &clients[7]);
	for (size_t i = 0; i < COUNT(clients); i++) {
		assert_ok(agentclient_status(&clients[i], &status));
		agentclient_clear(&clients[i]);
	}
}

static void who_never_reads_its_answers_is_left(void **state)
{
	(void)state;
	AUTO(agent_world) w;
	AUTO(agentclient) c = {.fd = -1};
	struct agentwire_status status;

	agent_world_run(&w, &c);
	int fd = raw_connect(&w);
	assert_ok(agentsocket_send(fd, BYTES_LITERAL("\x01\x00\x01"), true));
	/* Until its answers fill the socket; then the sends fail, because it is closed. */
	size_t sent = 0;
	while (sent < 100000 && ok(agentsocket_send(fd, BYTES_LITERAL("\x02"), true)))
		sent++;
	assert_true(sent < 100000);
	close(fd);
	assert_ok(agentclient_status(&c, &status));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(there_is_one_agent_for_a_home),
		TEST(a_runtime_directory_of_others_is_refused),
		TEST(a_runtime_folder_of_somebody_else_is_passed_over),
		TEST(another_user_is_refused),
		TEST(tells_nothing_to_an_agent_of_another_user),
		TEST(a_packet_too_long_ends_its_connection_and_no_other),
		TEST(malformed_packets_end_their_connection),
		TEST(a_client_of_another_version_is_told_so),
		TEST(serves_so_many_and_no_more),
		TEST(who_never_reads_its_answers_is_left),
	};

	if (argc != 2)
		return 2;
	agent_program = argv[1];
	return cmocka_run_group_tests(tests, fixture_setup, NULL);
}
