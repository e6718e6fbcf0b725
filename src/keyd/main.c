/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tacenda-keyd: keeps the root key and the night key of one site, and does with
 * them what dispatch.c lists, for the process that started it.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "child.h"
#include "hash.h"
#include "logline.h"
#include "sandbox.h"
#include "serve.h"

#define EXIT_REFUSED 1
#define EXIT_USAGE   2
#define LOCK_WAIT_MS 1500
#define LOCK_STEP_MS 20

static const char usage[] = "usage: tacenda-keyd serve --keys K --connections N [--create] [--holder DIR]...\n"
			    "       tacenda-keyd sweep --holder DIR\n"
			    "serve is started by tacendad, with N sockets as descriptors 3 and up.\n"
			    "sweep removes from a night holder's directory what was superseded 14 days ago:\n"
			    "  tacenda-keyd sweep --holder /media/nights\n";

struct arguments {
	const char *keys;
	const char *holders[HOLDERS_MAX];
	size_t holder_count;
	uint32_t connections;
	bool create;
};

static bool read_arguments(int argc, char **argv, struct arguments *out)
{
	static const struct option options[] = {
		{"keys", required_argument, NULL, 'k'},
		{"connections", required_argument, NULL, 'n'},
		{"create", no_argument, NULL, 'c'},
		{"holder", required_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'k')
			out->keys = optarg;
		else if (option == 'c')
			out->create = true;
		else if (option == 'h' && out->holder_count < HOLDERS_MAX)
			out->holders[out->holder_count++] = optarg;
		else if (option != 'n' ||
			 !ok(text_to_u32(text_of(optarg), 1, SERVE_CONNECTIONS_MAX, &out->connections)))
			return false;
	}
	return true;
}

static int open_folder(const char *path, bool create)
{
	int fd = -1;

	return ok(os_open_dir(&os_real, AT_FDCWD, path, create, &fd)) ? fd : -1;
}

/* A predecessor whose tacendad was killed sees its connections end and goes, but
 * perhaps after a restart was quicker; one that serves stays. */
static bool lock_within(int dir, int ms)
{
	while (flock(dir, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK || ms <= 0)
			return false;
		(void)poll(NULL, 0, LOCK_STEP_MS);
		ms -= LOCK_STEP_MS;
	}
	return true;
}

static void open_places(const struct arguments *a, struct keeper *k, struct sandbox *s)
{
	int dir = open_folder(a->keys, a->create);

	keeper_begin(&os_real, &clock_system, dir, k);
	/* Held by this descriptor until the process ends. */
	k->locked_out = dir >= 0 && !lock_within(dir, LOCK_WAIT_MS);
	s->folders[s->count++] = (struct sandbox_folder){dir, SANDBOX_KEEP};
	for (size_t i = 0; i < a->holder_count; i++) {
		k->holders.list[i].dir = open_folder(a->holders[i], false);
		s->folders[s->count++] = (struct sandbox_folder){k->holders.list[i].dir, SANDBOX_ADD};
	}
	k->holders.count = a->holder_count;
}

static struct status serve(const struct arguments *a)
{
	static struct keeper keeper;
	struct sandbox sandbox = {0};
	int connections[SERVE_CONNECTIONS_MAX];
	unsigned landlock;

	child_stay();
	open_places(a, &keeper, &sandbox);
	TRY(sandbox_enter(&sandbox, &landlock));
	keeper.landlock = (uint8_t)landlock;
	if (landlock == 0)
		logline_event("no-landlock", 0, OK);
	for (size_t i = 0; i < a->connections; i++)
		connections[i] = CHILD_FIRST_END + (int)i;
	logline_event("started", a->connections, OK);
	struct status s = serve_run(&keeper, connections, a->connections);
	keeper_seal(&keeper);
	return s;
}

static struct status sweep(const struct arguments *a)
{
	struct sandbox sandbox = {.lists = true};
	struct holder_swept swept;
	unsigned landlock;
	int dir = open_folder(a->holders[0], false);

	if (dir < 0)
		return FAIL_AT(ST_UNREACHABLE, "the night holder's directory cannot be opened");
	sandbox.folders[sandbox.count++] = (struct sandbox_folder){dir, SANDBOX_SWEEP};
	TRY(sandbox_enter(&sandbox, &landlock));
	TRY(holder_sweep(&os_real, dir, clock_wall(&clock_system), &swept));
	logline_event("sweep-kept", swept.kept, OK);
	logline_event("sweep-removed", swept.removed, OK);
	return OK;
}

static struct status run(const struct arguments *a, bool is_serve)
{
	TRY(secret_setup());
	TRY(crypto_setup());
	return is_serve ? serve(a) : sweep(a);
}

int main(int argc, char **argv)
{
	struct arguments a = {0};
	struct text verb = argc > 1 ? text_of(argv[1]) : TEXT("");
	bool is_serve = text_equal(verb, TEXT("serve")), is_sweep = text_equal(verb, TEXT("sweep"));

	if (argc < 2 || !read_arguments(argc - 1, argv + 1, &a) ||
	    !((is_serve && a.keys != NULL && a.connections > 0) || (is_sweep && a.holder_count == 1))) {
		(void)fputs(usage, stderr);
		return EXIT_USAGE;
	}
	struct status s = run(&a, is_serve);
	if (!ok(s))
		logline_event("ended", 0, s);
	/* No atexit work inside the sandbox: everything secret is wiped. */
	_exit(ok(s) ? 0 : EXIT_REFUSED);
}
