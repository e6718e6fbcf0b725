/* SPDX-License-Identifier: Apache-2.0 */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct status child_pair(int *ours, int *theirs)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		return FAIL_AT(ST_IO, "socketpair");
	/* Above where the child will find any, so that no move there overwrites another's source. */
	const int high = fcntl(ends[1], F_DUPFD_CLOEXEC, CHILD_FIRST_END + CHILD_ENDS_MAX);
	(void)close(ends[1]);
	if (high < 0) {
		(void)close(ends[0]);
		return FAIL_AT(ST_IO, "descriptors");
	}
	*ours = ends[0];
	*theirs = high;
	return OK;
}

/** In the folder of our own executable. */
static bool beside_us(const char *program, char out[PATH_MAX])
{
	char itself[PATH_MAX];
	const ssize_t len = readlink("/proc/self/exe", itself, sizeof itself - 1);

	if (len <= 0)
		return false;
	itself[len] = '\0';
	const char *slash = strrchr(itself, '/');
	const int folder = slash != NULL ? (int)(slash - itself) + 1 : 0;
	const int put = snprintf(out, PATH_MAX, "%.*s%s", folder, itself, program);
	return put > 0 && put < PATH_MAX;
}

static int list_actions(posix_spawn_file_actions_t *actions, const struct child_start *s)
{
	int failed = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);

	if (failed == 0)
		failed = posix_spawn_file_actions_addopen(actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	for (size_t i = 0; failed == 0 && i < s->count; i++)
		failed = posix_spawn_file_actions_adddup2(actions, s->ends[i], CHILD_FIRST_END + (int)i);
	if (failed == 0)
		failed = posix_spawn_file_actions_addclosefrom_np(actions, CHILD_FIRST_END + (int)s->count);
	return failed;
}

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

static int spawn(const char *path, const struct child_start *s, pid_t *pid)
{
	static char *const empty[] = {NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;

	if (posix_spawn_file_actions_init(&actions) != 0)
		return ENOMEM;
	if (posix_spawnattr_init(&attributes) != 0) {
		(void)posix_spawn_file_actions_destroy(&actions);
		return ENOMEM;
	}
	int failed = list_actions(&actions, s);
	if (failed == 0)
		failed = list_attributes(&attributes);
	/* The arguments are not written to; their type is older than const. */
	if (failed == 0)
		failed =
			posix_spawn(pid, path, &actions, &attributes, (char *const *)(const void *)s->arguments, empty);
	(void)posix_spawnattr_destroy(&attributes);
	(void)posix_spawn_file_actions_destroy(&actions);
	return failed;
}

struct status child_start(const struct child_start *s, pid_t *pid)
{
	const char *path = s->program;
	char beside[PATH_MAX];
	pid_t started;

	if (strchr(path, '/') == NULL) {
		if (!beside_us(path, beside))
			return FAIL_AT(ST_NOT_FOUND, "program");
		path = beside;
	}
	if (spawn(path, s, &started) != 0)
		return FAIL_AT(ST_NOT_FOUND, "program");
	*pid = started;
	return OK;
}

bool child_readable(int fd, int ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int ready;

	/* Signals that come faster than answers are no case. */
	do {
		ready = poll(&p, 1, ms);
	} while (ready < 0 && errno == EINTR);
	return ready == 1;
}

void child_await(pid_t pid)
{
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		continue;
}

struct status child_ends(int *out)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	*out = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return *out >= 0 ? OK : FAIL_AT(ST_IO, "signals");
}

void child_stay(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	(void)sigaddset(&set, SIGPIPE);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
}
