/* SPDX-License-Identifier: Apache-2.0 */
#include "agent_fixture.h"

#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agentplace.h"
#include "agentsocket.h"
#include "agentstart.h"

const char *agent_program;

void agent_world_new(struct agent_world *w)
{
	*w = (struct agent_world){.root = "/tmp/agent-XXXXXX", .watch = -1};
	home_new(&w->home);
	assert_non_null(mkdtemp(w->root));
	assert_int_equal(setenv("XDG_RUNTIME_DIR", w->root, 1), 0);
	snprintf(w->clock_file, sizeof w->clock_file, "%s/clock", w->root);
	int fd = open(w->clock_file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, sizeof *w->ahead), 0);
	w->ahead = mmap(NULL, sizeof *w->ahead, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(w->ahead != MAP_FAILED);
	close(fd);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

void agent_world_clear(struct agent_world *w)
{
	if (w->watch >= 0) {
		if (!agent_world_ended(w, 0))
			(void)kill(w->pid, SIGTERM);
		assert_true(agent_world_ended(w, 20000));
		close(w->watch);
	}
	munmap(w->ahead, sizeof *w->ahead);
	assert_int_equal(nftw(w->root, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
	home_clear(&w->home);
}

struct status agent_world_start(struct agent_world *w, uint64_t idle_ms)
{
	char idle[32];
	const char *arguments[] = {agent_program, w->home.path, idle, w->clock_file, NULL};

	snprintf(idle, sizeof idle, "%llu", (unsigned long long)idle_ms);
	return agentstart(agent_program, arguments);
}

static void watch(struct agent_world *w)
{
	AUTO(agentplace) place = {.dir = -1};

	if (w->watch >= 0)
		close(w->watch);
	assert_ok(agentplace_find(w->home.path, &place));
	assert_ok(agentsocket_connect(&place, &w->watch));
}

void agent_world_connect(struct agent_world *w, struct agentclient *c)
{
	struct ucred peer;
	socklen_t len = sizeof peer;

	assert_ok(agentclient_connect(w->home.path, c));
	assert_int_equal(getsockopt(c->fd, SOL_SOCKET, SO_PEERCRED, &peer, &len), 0);
	if (w->pid == peer.pid)
		return;
	w->pid = peer.pid;
	watch(w);
}

void agent_world_unlock(struct agent_world *w, struct agentclient *c)
{
	agent_world_connect(w, c);
	assert_ok(agentclient_unlock(c, BYTES_LITERAL(HOME_PASSPHRASE), 0));
}

bool agent_world_ended(struct agent_world *w, int ms)
{
	AUTO(agentplace) place = {.dir = -1};
	struct pollfd p = {.fd = w->watch};

	if (poll(&p, 1, ms) != 1)
		return false;
	/* Its connections end first, its lock last. */
	assert_ok(agentplace_find(w->home.path, &place));
	int lock = openat(place.dir, place.lock, O_RDWR | O_CLOEXEC);
	bool gone = lock >= 0 && flock(lock, LOCK_SH) == 0;
	close(lock);
	return gone;
}
