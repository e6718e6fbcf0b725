/* SPDX-License-Identifier: Apache-2.0 */
#include "courierlink.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAM "tacenda-courier"
/* Where it expects its end. */
#define ITS_SOCKET 3

static struct status beside_us(char out[PATH_MAX])
{
	const ssize_t len = readlink("/proc/self/exe", out, PATH_MAX - sizeof PROGRAM - 1);

	if (len <= 0)
		return FAIL_AT(ST_NOT_FOUND, PROGRAM);
	out[len] = '\0';
	char *slash = strrchr(out, '/');
	memcpy(slash != NULL ? slash + 1 : out, PROGRAM, sizeof PROGRAM);
	return access(out, X_OK) == 0 ? OK : FAIL_AT(ST_NOT_FOUND, PROGRAM);
}

/* courier, carry, three files, NULL */
#define ARGUMENTS_MAX 9
static void list_arguments(const struct courierlink_options *o, const char *argv[ARGUMENTS_MAX])
{
	const struct {
		const char *name, *file;
	} files[] = {{"--mail-password-file", o->mail_password}, {"--hook-key-file", o->hook_key}, {"--ca", o->ca}};
	size_t n = 0;

	argv[n++] = PROGRAM;
	argv[n++] = "carry";
	for (size_t i = 0; i < COUNT(files); i++)
		if (files[i].file != NULL) {
			argv[n++] = files[i].name;
			argv[n++] = files[i].file;
		}
	argv[n] = NULL;
}

static int list_actions(posix_spawn_file_actions_t *actions, int end)
{
	int failed = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);

	if (failed == 0)
		failed = posix_spawn_file_actions_addopen(actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	if (failed == 0)
		failed = posix_spawn_file_actions_adddup2(actions, end, ITS_SOCKET);
	if (failed == 0)
		failed = posix_spawn_file_actions_addclosefrom_np(actions, ITS_SOCKET + 1);
	return failed;
}

/* Our blocked signals are none of its own. */
static int list_attributes(posix_spawnattr_t *attributes)
{
	sigset_t none;

	(void)sigemptyset(&none);
	int failed = posix_spawnattr_setsigmask(attributes, &none);
	return failed != 0 ? failed : posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK);
}

static int spawn(const char *program, const char *const argv[ARGUMENTS_MAX], int end, pid_t *pid)
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
	int failed = list_actions(&actions, end);
	if (failed == 0)
		failed = list_attributes(&attributes);
	if (failed == 0)
		failed = posix_spawn(pid, program, &actions, &attributes, arguments, empty);
	(void)posix_spawnattr_destroy(&attributes);
	(void)posix_spawn_file_actions_destroy(&actions);
	return failed;
}

struct status courierlink_start(const struct courierlink_options *options, struct courierlink *out)
{
	const char *argv[ARGUMENTS_MAX];
	char program[PATH_MAX];
	int ends[2];
	pid_t pid;

	TRY(beside_us(program));
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
		return FAIL_AT(ST_IO, "socketpair");
	/* Above where it expects it, and waiting: it has nothing else to do. */
	const int its = fcntl(ends[1], F_DUPFD_CLOEXEC, ITS_SOCKET + 1);
	(void)close(ends[1]);
	list_arguments(options, argv);
	const bool begun = its >= 0 && fcntl(its, F_SETFL, 0) == 0 && spawn(program, argv, its, &pid) == 0;
	if (its >= 0)
		(void)close(its);
	if (!begun) {
		(void)close(ends[0]);
		return FAIL_AT(ST_NOT_FOUND, PROGRAM);
	}
	*out = (struct courierlink){ends[0], pid};
	return OK;
}

void courierlink_clear(struct courierlink *l)
{
	if (l->fd >= 0)
		(void)close(l->fd);
	if (l->pid > 0)
		while (waitpid(l->pid, NULL, 0) < 0 && errno == EINTR)
			continue;
	*l = (struct courierlink){.fd = -1};
}

struct status courierlink_send(struct courierlink *l, struct bytes packet)
{
	if (l->fd < 0)
		return FAIL_AT(ST_UNREACHABLE, PROGRAM);
	const ssize_t sent = send(l->fd, packet.at, packet.len, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (sent == (ssize_t)packet.len)
		return OK;
	return errno == EAGAIN || errno == EINTR ? FAIL_AT(ST_BUSY, PROGRAM) : FAIL_AT(ST_UNREACHABLE, PROGRAM);
}

struct status courierlink_take(struct courierlink *l, struct buffer *packet)
{
	packet->len = 0;
	TRY(buffer_reserve(packet, ORDER_PACKET_MAX));
	const ssize_t len = recv(l->fd, packet->bytes, ORDER_PACKET_MAX, MSG_DONTWAIT);
	if (len > 0) {
		packet->len = (size_t)len;
		return OK;
	}
	return len < 0 && (errno == EAGAIN || errno == EINTR) ? FAIL_AT(ST_BUSY, PROGRAM)
							      : FAIL_AT(ST_UNREACHABLE, PROGRAM);
}
