/* SPDX-License-Identifier: Apache-2.0 */
/* keyring, the part that starts tacenda-keyd and sees it end. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "child.h"
#include "keyring.h"

#define PROGRAM "tacenda-keyd"
/* Three packets a direction, whatever the system's default is. */
#define SOCKET_BYTES (4 * KEYWIRE_PACKET_MAX)
#define END_MS       10000

_Static_assert(KEYRING_CONNECTIONS_MAX <= CHILD_ENDS_MAX, "a child takes as many ends");

/* Ends of the pairs: ours, and keyd's. */
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

	TRY(child_pair(ours, theirs));
	/* Best effort: the default takes three packets on an ordinary system. */
	(void)setsockopt(*ours, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	(void)setsockopt(*theirs, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
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
	argv[n] = NULL;
}

struct status keyring_start(const struct keyring_options *o, struct keyring_process *out)
{
	const char *argv[ARGUMENTS_MAX];
	char number[NUMBER_LEN];
	AUTO(pairs) p = {0};
	struct keyring_process started = {.watch = -1};

	if (o->connections < 1 || o->connections > KEYRING_CONNECTIONS_MAX || o->holder_count > KEYRING_HOLDERS_MAX)
		return FAIL_AT(ST_INVALID, "keyd connections");
	TRY(make_pairs(o->connections, &p));
	list_arguments(o, number, argv);
	const struct child_start start = {o->program != NULL ? o->program : PROGRAM, argv, p.theirs, p.count};
	if (!ok(child_start(&start, &started.pid)))
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

void keyring_process_clear(struct keyring_process *p)
{
	close_all(p->connections, p->count);
	if (p->pid > 0) {
		if (p->watch < 0 || !child_readable(p->watch, END_MS))
			(void)kill(p->pid, SIGKILL);
		child_await(p->pid);
	}
	if (p->watch >= 0)
		(void)close(p->watch);
	*p = (struct keyring_process){.watch = -1};
}
