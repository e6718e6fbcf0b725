/* SPDX-License-Identifier: Apache-2.0 */
/* keyring, the part that starts tacenda-keyd and sees it end. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keyring.h"

#define PROGRAM "tacenda-keyd"
/* Where keyd expects its connections (docs/PROTOCOL.md section 1). */
#define FIRST_CONNECTION 3
/* Three packets a direction, whatever the system's default is. */
#define SOCKET_BYTES (4 * KEYWIRE_PACKET_MAX)
#define END_MS       10000

static struct status beside_us(char out[PATH_MAX])
{
	ssize_t len = readlink("/proc/self/exe", out, PATH_MAX - 1);

	if (len <= 0)
		return FAIL_AT(ST_NOT_FOUND, REASON_PROGRAM);
	out[len] = '\0';
	char *slash = strrchr(out, '/');
	size_t folder = slash != NULL ? (size_t)(slash - out) + 1 : 0;
	if (folder + sizeof PROGRAM > PATH_MAX)
		return FAIL_AT(ST_NOT_FOUND, REASON_PROGRAM);
	memcpy(out + folder, PROGRAM, sizeof PROGRAM);
	return OK;
}

/* Ends of the pairs: ours, and keyd's, which lie above where it will find them,
 * so that no move in the child overwrites another's source. */
struct pairs {
	int ours[KEYRING_CONNECTIONS_MAX], theirs[KEYRING_CONNECTIONS_MAX];
	size_t count;
};

static void close_all(int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (fds[i] >= 0)
			(void)close(fds[i]);
}

static void pairs_clear(struct pairs *p)
{
	close_all(p->ours, p->count);
	close_all(p->theirs, p->count);
	p->count = 0;
}

static struct status make_pair(int *ours, int *theirs)
{
	const int size = SOCKET_BYTES;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		return FAIL_AT(ST_IO, "socketpair");
	int high = fcntl(ends[1], F_DUPFD_CLOEXEC, FIRST_CONNECTION + KEYRING_CONNECTIONS_MAX);
	(void)close(ends[1]);
	if (high < 0) {
		(void)close(ends[0]);
		return FAIL_AT(ST_IO, "descriptors");
	}
	/* Best effort: the default takes three packets on an ordinary system. */
	(void)setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	(void)setsockopt(high, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	*ours = ends[0];
	*theirs = high;
	return OK;
}

static struct status make_pairs(size_t count, struct pairs *out)
{
	for (; out->count < count; out->count++)
		TRY(make_pair(&out->ours[out->count], &out->theirs[out->count]));
	return OK;
}

/* serve --keys K --connections N --create, two for each holder, NULL */
#define ARGUMENTS_MAX (7 + 2 * KEYRING_HOLDERS_MAX + 1)
#define NUMBER_LEN    8

static void list_arguments(const struct keyring_options *o, char number[NUMBER_LEN], const char *argv[ARGUMENTS_MAX])
{
	size_t n = 0;

	(void)snprintf(number, NUMBER_LEN, "%zu", o->connections);
	argv[n++] = PROGRAM;
	argv[n++] = "serve";
	argv[n++] = "--keys";
	argv[n++] = o->keys;
	argv[n++] = "--connections";
	argv[n++] = number;
	if (o->create)
		argv[n++] = "--create";
	for (size_t i = 0; i < o->holder_count; i++) {
		argv[n++] = "--holder";
		argv[n++] = o->holders[i];
	}
	while (n < ARGUMENTS_MAX)
		argv[n++] = NULL;
}

static int list_actions(posix_spawn_file_actions_t *actions, const struct pairs *p)
{
	int failed = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);

	if (failed == 0)
		failed = posix_spawn_file_actions_addopen(actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	for (size_t i = 0; failed == 0 && i < p->count; i++)
		failed = posix_spawn_file_actions_adddup2(actions, p->theirs[i], FIRST_CONNECTION + (int)i);
	if (failed == 0)
		failed = posix_spawn_file_actions_addclosefrom_np(actions, FIRST_CONNECTION + (int)p->count);
	return failed;
}

/* Our blocked and handled signals are none of keyd's. */
static int list_attributes(posix_spawnattr_t *attributes)
{
	sigset_t none, all;

	(void)sigemptyset(&none);
	(void)sigfillset(&all);
	int failed = posix_spawnattr_setsigmask(attributes, &none);
	if (failed == 0)
		failed = posix_spawnattr_setsigdefault(attributes, &all);
	return failed != 0 ? failed
			   : posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

static int spawn(const char *program, const char *const argv[ARGUMENTS_MAX], const struct pairs *p, pid_t *pid)
{
	char *arguments[ARGUMENTS_MAX];
	static char *const empty[] = {NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;

	/* The vector is not written to; its type is older than const. */
	memcpy(arguments, argv, sizeof arguments);
	if (posix_spawn_file_actions_init(&actions) != 0)
		return ENOMEM;
	if (posix_spawnattr_init(&attributes) != 0) {
		(void)posix_spawn_file_actions_destroy(&actions);
		return ENOMEM;
	}
	int failed = list_actions(&actions, p);
	if (failed == 0)
		failed = list_attributes(&attributes);
	if (failed == 0)
		failed = posix_spawn(pid, program, &actions, &attributes, arguments, empty);
	(void)posix_spawnattr_destroy(&attributes);
	(void)posix_spawn_file_actions_destroy(&actions);
	return failed;
}

struct status keyring_start(const struct keyring_options *o, struct keyring_process *out)
{
	const char *argv[ARGUMENTS_MAX];
	char beside[PATH_MAX], number[NUMBER_LEN];
	AUTO(pairs) p = {0};
	struct keyring_process started = {.watch = -1};

	if (o->connections < 1 || o->connections > KEYRING_CONNECTIONS_MAX || o->holder_count > KEYRING_HOLDERS_MAX)
		return FAIL_AT(ST_INVALID, "keyd connections");
	if (o->program == NULL)
		TRY(beside_us(beside));
	TRY(make_pairs(o->connections, &p));
	list_arguments(o, number, argv);
	if (spawn(o->program != NULL ? o->program : beside, argv, &p, &started.pid) != 0)
		return FAIL_AT(ST_NOT_FOUND, REASON_PROGRAM);
	/* It has not been waited for, so its number is still its own. */
	started.watch = (int)syscall(SYS_pidfd_open, started.pid, 0);
	memcpy(started.connections, p.ours, sizeof started.connections);
	started.count = p.count;
	close_all(p.theirs, p.count);
	p.count = 0;
	if (started.watch < 0) {
		keyring_process_clear(&started);
		return FAIL_AT(ST_IO, "pidfd");
	}
	*out = started;
	return OK;
}

static bool ends_within(const struct keyring_process *p, int ms)
{
	struct pollfd poll_end = {.fd = p->watch, .events = POLLIN};
	int ready;

	do {
		ready = poll(&poll_end, 1, ms);
	} while (ready < 0 && errno == EINTR);
	return ready == 1;
}

void keyring_process_clear(struct keyring_process *p)
{
	close_all(p->connections, p->count);
	if (p->pid > 0) {
		if (p->watch < 0 || !ends_within(p, END_MS))
			(void)kill(p->pid, SIGKILL);
		while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
			continue;
	}
	if (p->watch >= 0)
		(void)close(p->watch);
	*p = (struct keyring_process){.watch = -1};
}
