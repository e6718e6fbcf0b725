/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a real agent: states, limits, ends, and who may talk to it. */
#include "agent_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agentplace.h"
#include "agentsocket.h"
#include "agentstart.h"
#include "custody.h"

#define MINUTES (60ull * 1000)

static struct status sign_something(struct agentclient *c)
{
	struct keyholder holder = {0};
	AUTO(buffer) out = {.max = LIMIT_STATEMENT_BYTES};

	TRY(agentclient_holder(c, &holder));
	struct statement draft = {
		.kind = STATEMENT_PATIENT,
		.head = keyholder_head(&holder, NULL, 1),
		.patient = {.patient = {fixture_user(9).uuid}},
	};
	struct status s = keyholder_sign(&holder, &draft, &out);
	/* Take the connection back: the test goes on with it. */
	*c = *(struct agentclient *)holder.state;
	free(holder.state);
	return s;
}

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

	agent_world_new(&w);
	assert_ok(agent_world_start(&w, 0));
	agent_world_connect(&w, &c);
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

	agent_world_new(&w);
	assert_ok(agent_world_start(&w, 0));
	agent_world_connect(&w, &c);
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

	agent_world_new(&w);
	assert_ok(agent_world_start(&w, 0));
	agent_world_connect(&w, &c);
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

	agent_world_new(&w);
	assert_ok(agent_world_start(&w, 0));
	agent_world_unlock(&w, &c);
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

	agent_world_new(&w);
	assert_ok(agent_world_start(&w, 0));
	agent_world_unlock(&w, &a);
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

/* --- Ends --- */

static void ends_when_told_to_and_leaves_no_socket(void **state)
{
	(void)state;
	AUTO(agent_world) w;
	AUTO(agentclient) c = {.fd = -1};
	AUTO(agentclient) again = {.fd = -1};
	AUTO(agentplace) place = {.dir = -1};

	agent_world_new(&w);
	assert_ok(agent_world_start(&w, 0));
	agent_world_unlock(&w, &c);
	assert_ok(agentclient_shutdown(&c));
	assert_true(agent_world_ended(&w, 20000));
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

	agent_world_new(&w);
	assert_ok(agent_world_start(&w, 0));
	agent_world_unlock(&w, &c);
	*w.ahead += 14 * MINUTES;
	assert_ok(sign_something(&c));
	*w.ahead += 14 * MINUTES;
	/* Looking at it is not using it. */
	assert_ok(agentclient_status(&c, &status));
	assert_true(status.left_ms <= MINUTES);
	*w.ahead += 2 * MINUTES;
	assert_fails(ST_UNREACHABLE, agentclient_status(&c, &status));
	assert_true(agent_world_ended(&w, 20000));
}

static void ends_by_itself_without_any_message(void **state)
{
	(void)state;
	AUTO(agent_world) w;
	AUTO(agentclient) c = {.fd = -1};

	agent_world_new(&w);
	assert_ok(agent_world_start(&w, 1500));
	agent_world_connect(&w, &c);
	assert_true(agent_world_ended(&w, 20000));
}

static void ends_after_the_time_it_was_given_however_busy(void **state)
{
	(void)state;
	AUTO(agent_world) w;
	AUTO(agentclient) c = {.fd = -1};

	agent_world_new(&w);
	assert_ok(agent_world_start(&w, 0));
	agent_world_connect(&w, &c);
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
	assert_true(agent_world_ended(&w, 20000));
}

static void a_lock_brings_the_idle_limit_back(void **state)
{
	(void)state;
	AUTO(agent_world) w;
	AUTO(agentclient) c = {.fd = -1};
	struct agentwire_status status;

	agent_world_new(&w);
	assert_ok(agent_world_start(&w, 0));
	agent_world_connect(&w, &c);
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

		agent_world_new(&w);
		assert_ok(agent_world_start(&w, 0));
		agent_world_connect(&w, &c);
		assert_int_equal(kill(w.pid, signals[i]), 0);
		assert_true(agent_world_ended(&w, 20000));
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
	assert_true(agent_world_ended(&w, 20000));
}

static void a_dying_agent_is_unreachable(void **state)
{
	(void)state;
	AUTO(agent_world) w;
	AUTO(agentclient) c = {.fd = -1};
	AUTO(agentclient) again = {.fd = -1};
	struct agentwire_status status;

	agent_world_new(&w);
	assert_ok(agent_world_start(&w, 0));
	agent_world_connect(&w, &c);
	assert_int_equal(kill(w.pid, SIGKILL), 0);
	assert_true(agent_world_ended(&w, 20000));
	assert_fails(ST_UNREACHABLE, agentclient_status(&c, &status));
	/* Its socket is still there, and nobody behind it. */
	assert_fails(ST_NOT_FOUND, agentclient_connect(w.home.path, &again));
	assert_ok(agent_world_start(&w, 0));
	agent_world_connect(&w, &again);
	assert_ok(agentclient_status(&again, &status));
}

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

	return poll(&p, 1, 20000) == 1 && recv(fd, &byte, 1, 0) <= 0;
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
	agent_world_new(&w);
	assert_ok(agent_world_start(&w, 0));
	agent_world_connect(&w, &c);
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

	agent_world_new(&w);
	assert_ok(agent_world_start(&w, 0));
	agent_world_connect(&w, &c);
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

	agent_world_new(&w);
	assert_ok(agent_world_start(&w, 0));
	agent_world_connect(&w, &c);
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

	agent_world_new(&w);
	assert_ok(agent_world_start(&w, 0));
	agent_world_connect(&w, &c);
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
		TEST(says_so_when_no_agent_runs),
		TEST(starts_locked_and_refuses_everything_that_needs_keys),
		TEST(unlocks_with_the_right_passphrase_only),
		TEST(names_what_is_wrong_with_the_security_file),
		TEST(a_locked_agent_keeps_the_session_and_no_key),
		TEST(handles_belong_to_their_connection_and_survive_a_second_unlock),
		TEST(a_file_of_somebody_else_takes_the_handles_along),
		TEST(ends_when_told_to_and_leaves_no_socket),
		TEST(ends_when_nobody_asked_for_anything_long_enough),
		TEST(ends_by_itself_without_any_message),
		TEST(ends_after_the_time_it_was_given_however_busy),
		TEST(a_lock_brings_the_idle_limit_back),
		TEST(ends_with_each_signal_that_says_so),
		TEST(ends_when_its_terminal_goes),
		TEST(a_dying_agent_is_unreachable),
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
