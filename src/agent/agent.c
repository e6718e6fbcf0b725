/* SPDX-License-Identifier: Apache-2.0 */
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agentsandbox.h"
#include "agentserver.h"
#include "agentsocket.h"
#include "hash.h"

/** Everything the process has open, and what it holds. */
struct process {
	struct agentplace place;
	struct agentserver server;
	int home, lock;
	struct custody custody;
};

static void close_if(int fd)
{
	if (fd >= 0)
		(void)close(fd);
}

static void process_clear(struct process *p)
{
	custody_clear(&p->custody);
	/* While we still have the lock: afterwards it may be a new agent's socket. */
	if (p->server.listen_fd >= 0)
		(void)unlinkat(p->place.dir, p->place.socket, 0);
	close_if(p->server.listen_fd);
	close_if(p->server.signal_fd);
	close_if(p->server.terminal_fd);
	close_if(p->home);
	close_if(p->lock);
	agentplace_clear(&p->place);
}

/* Signals become reads; one that nobody sends on purpose, SIGPIPE, is never raised (MSG_NOSIGNAL). */
static struct status open_signals(int *out)
{
	sigset_t wanted;

	sigemptyset(&wanted);
	sigaddset(&wanted, SIGTERM);
	sigaddset(&wanted, SIGINT);
	sigaddset(&wanted, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &wanted, NULL) != 0)
		return os_status(errno, "signals");
	*out = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
	return *out >= 0 ? OK : os_status(errno, "signals");
}

static struct status prepare(const struct agent_options *options, struct process *p)
{
	(void)umask(077);
	TRY(agentsandbox_harden());
	TRY(secret_setup());
	TRY(crypto_setup());
	TRY(open_signals(&p->server.signal_fd));
	p->home = open(options->home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p->home < 0)
		return os_status(errno, "home");
	if (options->terminal)
		p->server.terminal_fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	TRY(agentplace_find(options->home, &p->place));
	TRY(agentsocket_listen(&p->place, &p->server.listen_fd, &p->lock));
	if (chdir("/") != 0)
		return os_status(errno, "root directory");
	p->custody.os = options->os;
	p->custody.clock = options->clock;
	p->custody.home = p->home;
	p->custody.idle_ms = options->idle_ms > 0 ? options->idle_ms : CUSTODY_IDLE_MS;
	custody_begin(&p->custody);
	TRY(agentsandbox_files(p->home, p->place.dir));
	return agentsandbox_enter();
}

static void tell_ready(int fd, struct status s)
{
	uint8_t code = (uint8_t)s.code;

	if (fd < 0)
		return;
	/* Whoever waited may have gone; that changes nothing for us. */
	ssize_t told = write(fd, &code, 1);
	(void)told;
	(void)close(fd);
}

struct status agent_run(const struct agent_options *options)
{
	AUTO(process)
	p = {
		.place = {.dir = -1},
		.server = {.listen_fd = -1, .signal_fd = -1, .terminal_fd = -1},
		.home = -1,
		.lock = -1,
	};

	p.server.custody = &p.custody;
	struct status s = prepare(options, &p);
	tell_ready(options->ready_fd, s);
	TRY(s);
	return agentserver_run(&p.server);
}
