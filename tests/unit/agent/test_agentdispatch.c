/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's table without sockets: every row with every length, and the confinement it runs in. */
#include "home_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agentdispatch.h"
#include "agentsandbox.h"
#include "confine.h"

static uint64_t now_ms;

static uint64_t read_now(void *context)
{
	(void)context;
	return now_ms;
}

static const struct clock test_clock = {read_now, read_now, NULL};

/** An agent's inside: unlocked without a passphrase. */
struct inside {
	struct custody custody;
	struct agentdispatch_seat seat;
	struct secret room;
	struct buffer answer;
};

static void inside_clear(struct inside *in)
{
	custody_clear(&in->custody);
	secret_clear(&in->room);
}

static void inside_new(struct inside *in, bool unlocked)
{
	*in = (struct inside){.custody = {.os = &os_real, .clock = &test_clock, .home = -1, .idle_ms = 1000}};
	custody_begin(&in->custody);
	in->seat = (struct agentdispatch_seat){&in->custody, &in->custody.desks[0], true};
	assert_ok(secret_empty(AGENTWIRE_PACKET_MAX, &in->room));
	if (!unlocked)
		return;
	struct unlocked *u = &in->custody.unlocked;
	u->os = &os_real;
	u->dir = -1;
	u->person.site = fixture_hash(0x51);
	u->person.user = fixture_user(1);
	assert_ok(secret_new(32, &u->keys.file_key));
	assert_ok(p256_new(&u->keys.hpke_private, &u->person.hpke_key));
	assert_ok(p256_new(&u->keys.sign_private, &u->person.sign_key));
}

static enum agentdispatch_verdict ask(struct inside *in, struct bytes question)
{
	in->answer =
		(struct buffer){.bytes = in->room.bytes, .capacity = in->room.len, .max = in->room.len, .wipe = true};
	return agentdispatch(&in->seat, question, &in->answer);
}

static void every_id_out_of_the_table_ends_the_connection(void **state)
{
	(void)state;
	AUTO(inside) in;

	inside_new(&in, true);
	assert_int_equal(ask(&in, (struct bytes){0}), AGENTDISPATCH_END);
	for (unsigned id = 0; id < 256; id++) {
		uint8_t question = (uint8_t)id;

		if (id == AGENTWIRE_HELLO || id == AGENTWIRE_SHUTDOWN)
			continue;
		enum agentdispatch_verdict verdict = ask(&in, BYTES_OF(question));
		if (id == 0 || id >= AGENTWIRE_IDS)
			assert_int_equal(verdict, AGENTDISPATCH_END);
		else
			assert_in_range(verdict, AGENTDISPATCH_ANSWER, AGENTDISPATCH_END);
	}
}

/* Lengths at which a row's question may be whole: ${fixed} bytes, then any number of items. */
static void every_question_of_another_length_ends_the_connection(void **state)
{
	(void)state;
	static const struct {
		enum agentwire_id id;
		size_t fixed, item;
	} rows[] = {
		{AGENTWIRE_STATUS, 0, 0},
		{AGENTWIRE_LOCK, 0, 0},
		{AGENTWIRE_TOKEN_GET, 0, 0},
		{AGENTWIRE_EPOCH_OPEN, 0, 232},
		{AGENTWIRE_EPOCH_NEW, 62, 0},
		{AGENTWIRE_EPOCH_WALK, 8, 104},
		{AGENTWIRE_EPOCH_WRAP, 8, 114},
		{AGENTWIRE_EPOCH_DROP, 0, 8},
		{AGENTWIRE_RECORD_NEW, 101, 0},
		{AGENTWIRE_RECORD_MOVE, 0, 173},
		{AGENTWIRE_CONTENT_SEAL_BEGIN, 173, 0},
		{AGENTWIRE_CONTENT_SEAL_END, 0, 0},
		{AGENTWIRE_CONTENT_OPEN_BEGIN, 213, 0},
		{AGENTWIRE_CONTENT_OPEN_END, 0, 0},
		{AGENTWIRE_PIN, 40, 0},
	};
	uint8_t question[600];

	/* Ones are valid in every enumeration. */
	memset(question, 1, sizeof question);
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(inside) in;

		inside_new(&in, true);
		question[0] = (uint8_t)rows[i].id;
		for (size_t len = 0; len < sizeof question - 1; len++) {
			bool whole = len == rows[i].fixed || (rows[i].item > 0 && len > rows[i].fixed &&
							      (len - rows[i].fixed) % rows[i].item == 0);
			enum agentdispatch_verdict verdict = ask(&in, bytes_of(question, 1 + len));

			if (verdict != (whole ? AGENTDISPATCH_ANSWER : AGENTDISPATCH_END))
				fail_msg("id %02x, %zu bytes", rows[i].id, len);
		}
	}
}

static void unknown_enumerations_end_the_connection(void **state)
{
	(void)state;
	AUTO(inside) in;
	uint8_t question[1 + 62];

	inside_new(&in, true);
	memset(question, 1, sizeof question);
	question[0] = AGENTWIRE_EPOCH_NEW;
	assert_int_equal(ask(&in, BYTES_OF(question)), AGENTDISPATCH_ANSWER);
	question[1 + 32] = 3; /* holder kind */
	assert_int_equal(ask(&in, BYTES_OF(question)), AGENTDISPATCH_END);
	question[1 + 32] = 1;
	question[1 + 49] = 3; /* a key of both compartments */
	assert_int_equal(ask(&in, BYTES_OF(question)), AGENTDISPATCH_END);
	question[1 + 49] = 0;
	assert_int_equal(ask(&in, BYTES_OF(question)), AGENTDISPATCH_END);
}

static void limits_of_pieces_end_the_connection(void **state)
{
	(void)state;
	AUTO(inside) in;
	static uint8_t question[AGENTWIRE_PACKET_MAX];

	inside_new(&in, true);
	question[0] = AGENTWIRE_CONTENT_SEAL_ADD;
	assert_int_equal(ask(&in, bytes_of(question, 1 + KEYHOLDER_PIECE)), AGENTDISPATCH_ANSWER);
	assert_int_equal(ask(&in, bytes_of(question, 2 + KEYHOLDER_PIECE)), AGENTDISPATCH_END);
	question[0] = AGENTWIRE_BLOCK_SEAL;
	assert_int_equal(ask(&in, bytes_of(question, 5 + KEYHOLDER_BLOCK_MAX)), AGENTDISPATCH_ANSWER);
	assert_int_equal(ask(&in, bytes_of(question, 6 + KEYHOLDER_BLOCK_MAX)), AGENTDISPATCH_END);
	question[4] = KEYHOLDER_BLOCK_NAME_MAX + 1;
	assert_int_equal(ask(&in, bytes_of(question, 1000)), AGENTDISPATCH_END);
	memset(question, 0, 8);
	question[0] = AGENTWIRE_TOKEN_PUT;
	question[3] = 2; /* 513 bytes */
	question[4] = 1;
	assert_int_equal(ask(&in, bytes_of(question, 5 + 513)), AGENTDISPATCH_END);
	question[4] = 0;
	assert_int_equal(ask(&in, bytes_of(question, 5 + 512)), AGENTDISPATCH_ANSWER);
}

static void a_locked_agent_refuses_every_row_that_needs_keys(void **state)
{
	(void)state;
	static const size_t lengths[AGENTWIRE_IDS] = {
		[AGENTWIRE_EPOCH_NEW] = 62,
		[AGENTWIRE_EPOCH_WALK] = 8,
		[AGENTWIRE_EPOCH_WRAP] = 8,
		[AGENTWIRE_RECORD_NEW] = 101,
		[AGENTWIRE_CONTENT_SEAL_BEGIN] = 173,
		[AGENTWIRE_CONTENT_OPEN_BEGIN] = 213,
		[AGENTWIRE_PIN] = 40,
	};
	uint8_t question[256];
	AUTO(inside) in;

	inside_new(&in, false);
	memset(question, 1, sizeof question);
	memset(question, 0, 5);
	for (unsigned id = AGENTWIRE_SIGN; id < AGENTWIRE_IDS; id++) {
		size_t len = lengths[id];

		if (len > 0)
			memset(question, 1, 5);
		else
			memset(question, 0, 5);
		if (id == AGENTWIRE_BLOCK_SEAL || id == AGENTWIRE_BLOCK_OPEN)
			len = 4;
		question[0] = (uint8_t)id;
		assert_int_equal(ask(&in, bytes_of(question, 1 + len)), AGENTDISPATCH_ANSWER);
		assert_int_equal(in.answer.len, 3);
		assert_int_equal(in.answer.bytes[0], id | AGENTWIRE_ANSWER);
		assert_int_equal(in.answer.bytes[1], ST_UNPROVEN);
	}
}

static void only_use_counts_as_use(void **state)
{
	(void)state;
	AUTO(inside) in;

	now_ms = 5000;
	inside_new(&in, true);
	now_ms = 5900;
	assert_int_equal(ask(&in, BYTES_LITERAL("\x02")), AGENTDISPATCH_ANSWER);
	assert_int_equal(custody_left(&in.custody), 100);
	/* A question that is none is no use either. */
	assert_int_equal(ask(&in, BYTES_LITERAL("\x07\x00")), AGENTDISPATCH_END);
	assert_int_equal(custody_left(&in.custody), 100);
	assert_int_equal(ask(&in, BYTES_LITERAL("\x07")), AGENTDISPATCH_ANSWER);
	assert_int_equal(custody_left(&in.custody), 1000);
	now_ms = 7000;
	assert_int_equal(custody_left(&in.custody), 0);
}

static void greets_once(void **state)
{
	(void)state;
	AUTO(inside) in;

	inside_new(&in, false);
	assert_int_equal(ask(&in, BYTES_LITERAL("\x01\x00\x01")), AGENTDISPATCH_END);
	in.seat.greeted = false;
	assert_int_equal(ask(&in, BYTES_LITERAL("\x02")), AGENTDISPATCH_END);
	assert_int_equal(ask(&in, BYTES_LITERAL("\x01\x00\x02")), AGENTDISPATCH_LAST);
	assert_int_equal(in.answer.bytes[1], ST_CONFLICT);
	assert_int_equal(ask(&in, BYTES_LITERAL("\x01\x00\x01")), AGENTDISPATCH_ANSWER);
	assert_int_equal(ask(&in, BYTES_LITERAL("\x02")), AGENTDISPATCH_ANSWER);
	assert_int_equal(ask(&in, BYTES_LITERAL("\x05")), AGENTDISPATCH_STOP);
}

/* ---- Confinement: each of these is tried in a child that gave up what the agent gives up ---- */

static int opens_a_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}
static int opens_a_local_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0);
}
static int connects(void)
{
	return connect(0, NULL, 0);
}
static int receives_a_descriptor(void)
{
	struct msghdr m = {0};

	return (int)recvmsg(0, &m, 0);
}
static int forks(void)
{
	return fork();
}
static int executes(void)
{
	char *const none[] = {NULL};

	return execve("/bin/true", none, none);
}
static int traces(void)
{
	return (int)syscall(SYS_ptrace, 0, 0, 0, 0);
}
static int reads_another_process(void)
{
	return (int)syscall(SYS_process_vm_readv, 1, NULL, 0, NULL, 0, 0);
}
static int kills(void)
{
	return kill(1, 0);
}
static int maps_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0;
}
static int becomes_dumpable(void)
{
	return (int)syscall(SYS_prctl, 4, 1, 0, 0, 0);
}

static void any_other_system_call_ends_it(void **state)
{
	static int (*const acts[])(void) = {opens_a_socket,  opens_a_local_socket,
					    connects,        receives_a_descriptor,
					    forks,           executes,
					    traces,          reads_another_process,
					    kills,           maps_code,
					    becomes_dumpable};

	(void)state;
	for (size_t i = 0; i < COUNT(acts) && confine_is_whole(); i++) {
		int status;
		pid_t child = fork();

		if (child == 0) {
			if (!ok(agentsandbox_harden()) || !ok(agentsandbox_enter()))
				_exit(2);
			(void)acts[i]();
			_exit(3);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		/* What runs the process for us (valgrind) may not let it give up so much. */
		if (status == 2 << 8)
			skip();
		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
			fail_msg("act %zu: %x", i, (unsigned)status);
	}
}

static int folder_of(const char *path)
{
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/** What a child saw that was confined to ${home} and ${place}: 0 when all was as it should be. */
static int look_around(const char *home, const char *place)
{
	int at = folder_of(home), there = folder_of(place);

	if (!ok(agentsandbox_harden()) || !ok(agentsandbox_files(at, there)))
		return 2;
	int kept = openat(at, "kept", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (kept < 0 || write(kept, "x", 1) != 1 || renameat(at, "kept", at, "renamed") != 0 ||
	    openat(at, "renamed", O_RDONLY | O_CLOEXEC) < 0 || unlinkat(at, "renamed", 0) != 0)
		return 3;
	if (unlinkat(there, "socket", 0) != 0)
		return 4;
	if (openat(there, "other", O_RDONLY | O_CLOEXEC) >= 0 || openat(there, "new", O_RDWR | O_CREAT, 0600) >= 0)
		return 5;
	if (open("/etc/passwd", O_RDONLY | O_CLOEXEC) >= 0 || folder_of("/") >= 0 || open("/dev/tty", O_RDWR) >= 0)
		return 6;
	return renameat(at, ".", there, "moved") == 0 || mkdirat(at, "folder", 0700) == 0 ? 7 : 0;
}

static void confinement_leaves_two_folders(void **state)
{
	(void)state;
	char home[] = "/tmp/agent-home-XXXXXX", place[] = "/tmp/agent-place-XXXXXX";
	int status;

	assert_non_null(mkdtemp(home));
	assert_non_null(mkdtemp(place));
	int there = folder_of(place);
	for (size_t i = 0; i < 2; i++)
		(void)close(openat(there, i == 0 ? "socket" : "other", O_RDWR | O_CREAT | O_CLOEXEC, 0600));
	pid_t child = fork();
	if (child == 0)
		_exit(confine_is_whole() ? look_around(home, place) : 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	(void)unlinkat(there, "socket", 0);
	(void)unlinkat(there, "other", 0);
	(void)close(there);
	(void)rmdir(home);
	(void)rmdir(place);
	/* What runs the process for us (valgrind), or an old kernel, may not have it. */
	if (status == 2 << 8 || (status == 5 << 8 && syscall(SYS_landlock_create_ruleset, NULL, 0, 1) < 0))
		skip();
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_id_out_of_the_table_ends_the_connection),
		TEST(every_question_of_another_length_ends_the_connection),
		TEST(unknown_enumerations_end_the_connection),
		TEST(limits_of_pieces_end_the_connection),
		TEST(a_locked_agent_refuses_every_row_that_needs_keys),
		TEST(only_use_counts_as_use),
		TEST(greets_once),
		TEST(any_other_system_call_ends_it),
		TEST(confinement_leaves_two_folders),
	};

	return cmocka_run_group_tests(tests, fixture_setup, NULL);
}
