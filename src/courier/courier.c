/* SPDX-License-Identifier: Apache-2.0 */
#include "courier.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct carrying {
	pid_t pid; /* 0: free */
	uint64_t number;
};
struct courier {
	int fd, ended; /* ended: tells that a process did */
	const struct carry_secrets *secrets;
	struct carrying carrying[COURIER_AT_ONCE];
};

static void answer(int fd, const struct order_answer *a)
{
	AUTO(buffer) packet = {.max = ORDER_PACKET_MAX};

	/* Who asked is gone, or reads too slowly: he asks again. */
	if (ok(order_answer_put(a, &packet)))
		(void)!send(fd, packet.bytes, packet.len, MSG_NOSIGNAL);
}

static _Noreturn void carry_it(const struct courier *c, const struct order *order)
{
	char why[CARRY_WHY_MAX];
	struct order_answer a;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	carry(order, c->secrets, &a, why);
	answer(c->fd, &a);
	_exit(0);
}

static struct carrying *find(struct courier *c, pid_t pid)
{
	for (size_t i = 0; i < COUNT(c->carrying); i++)
		if (c->carrying[i].pid == pid)
			return &c->carrying[i];
	return NULL;
}

static void begin(struct courier *c, const struct order *order)
{
	struct carrying *free_one = find(c, 0);
	const pid_t pid = free_one != NULL ? fork() : -1;

	if (pid == 0)
		carry_it(c, order);
	if (pid > 0)
		*free_one = (struct carrying){pid, order->number};
	else
		answer(c->fd, &(struct order_answer){order->number, ORDER_LATER, TEXT("too much at once")});
}

/** One that did not end well has not answered. */
static void reap(struct courier *c)
{
	struct signalfd_siginfo info;
	int state;

	(void)!read(c->ended, &info, sizeof info);
	for (pid_t pid; (pid = waitpid(-1, &state, WNOHANG)) > 0;) {
		struct carrying *one = find(c, pid);
		if (one == NULL)
			continue;
		if (!WIFEXITED(state) || WEXITSTATUS(state) != 0)
			answer(c->fd,
			       &(struct order_answer){one->number, ORDER_LATER, TEXT("the carrying process ended")});
		*one = (struct carrying){0};
	}
}

/** false: nobody asks any more. */
static bool take(struct courier *c)
{
	static uint8_t packet[ORDER_PACKET_MAX];
	AUTO(json_document) document = {0};
	AUTO(arena) arena = {.max = (size_t)1 << 20};
	struct order order;
	ssize_t len;

	do {
		len = recv(c->fd, packet, sizeof packet, 0);
	} while (len < 0 && errno == EINTR);
	if (len <= 0)
		return false;
	/* Without a number there is nobody to answer: the daemon asks again when it is started anew. */
	if (ok(order_read(bytes_of(packet, (size_t)len), &document, &arena, &order)))
		begin(c, &order);
	return true;
}

static struct status watch_children(int *out)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	*out = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return *out >= 0 ? OK : FAIL_AT(ST_IO, "signals");
}

static bool full(struct courier *c)
{
	return find(c, 0) == NULL;
}

struct status courier_run(int fd, const struct carry_secrets *secrets)
{
	struct courier c = {.fd = fd, .secrets = secrets};

	TRY(watch_children(&c.ended));
	for (bool asked = true; asked;) {
		struct pollfd events[] = {{.fd = c.ended, .events = POLLIN},
					  {.fd = full(&c) ? -1 : fd, .events = POLLIN}};
		if (poll(events, COUNT(events), -1) < 0 && errno != EINTR)
			return FAIL_AT(ST_IO, "poll");
		if (events[0].revents != 0)
			reap(&c);
		if (events[1].revents != 0)
			asked = take(&c);
	}
	return OK;
}
