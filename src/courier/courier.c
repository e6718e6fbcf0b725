/* SPDX-License-Identifier: Apache-2.0 */
#include "courier.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "clock.h"

#define LOOK_MS 1000
/* Nothing to do, and somebody watches. */
#define BEAT_MS 5000

struct carrying {
	pid_t pid; /* 0: free */
	int from;  /* what it says of its order, once: a byte of enum order_result, and why */
	uint64_t number, begun;
};
struct courier {
	int fd, ended; /* ended: tells that a process did */
	const struct courier_work *work;
	struct carrying carrying[COURIER_AT_ONCE];
};

static void answer(int fd, const struct order_answer *a)
{
	AUTO(buffer) packet = {.max = ORDER_PACKET_MAX};

	/* Who asked is gone, or reads too slowly: he asks again. */
	if (ok(order_answer_put(a, &packet)))
		(void)!send(fd, packet.bytes, packet.len, MSG_NOSIGNAL);
}

/** What it holds of others: who gives orders, who ended, what the others answer. */
static void let_go(const struct courier *c)
{
	(void)close(c->fd);
	(void)close(c->ended);
	for (size_t i = 0; i < COUNT(c->carrying); i++)
		if (c->carrying[i].pid != 0)
			(void)close(c->carrying[i].from);
}

static _Noreturn void carry_it(const struct courier *c, const struct order *order, int to)
{
	char why[CARRY_WHY_MAX];
	struct order_answer a;
	AUTO(buffer) said = {.max = 1 + CARRY_WHY_MAX};

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	let_go(c);
	c->work->carry(order, c->work->secrets, &a, why);
	if (ok(buffer_put_u8(&said, (uint8_t)a.result)) && ok(buffer_put(&said, text_bytes(a.why))))
		(void)!write(to, said.bytes, said.len);
	_exit(0);
}

/** Of a process that may be a stranger's by now; the number is not its to say. */
static bool understand(struct bytes said, struct order_answer *out)
{
	if (said.len == 0 || said.at[0] > ORDER_NEVER)
		return false;
	for (size_t i = 1; i < said.len; i++)
		if (said.at[i] < ' ' || said.at[i] > '~')
			return false;
	out->result = (enum order_result)said.at[0];
	out->why = text_from(bytes_of(said.at + 1, said.len - 1));
	return true;
}

static void relay(const struct courier *c, const struct carrying *one)
{
	uint8_t said[1 + CARRY_WHY_MAX];
	struct order_answer a = {.number = one->number};
	const ssize_t len = read(one->from, said, sizeof said);

	if (len <= 0 || !understand(bytes_of(said, (size_t)len), &a))
		a = (struct order_answer){one->number, ORDER_LATER, TEXT("the carrying process ended")};
	answer(c->fd, &a);
	(void)close(one->from);
}

static struct carrying *find(struct courier *c, pid_t pid)
{
	for (size_t i = 0; i < COUNT(c->carrying); i++)
		if (c->carrying[i].pid == pid)
			return &c->carrying[i];
	return NULL;
}

static pid_t start(const struct courier *c, const struct order *order, int *from)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
		return -1;
	const pid_t pid = fork();
	if (pid == 0) {
		(void)close(ends[0]);
		carry_it(c, order, ends[1]);
	}
	(void)close(ends[1]);
	if (pid < 0)
		(void)close(ends[0]);
	*from = ends[0];
	return pid;
}

static void begin(struct courier *c, const struct order *order)
{
	struct carrying *free_one = find(c, 0);
	int from = -1;
	const pid_t pid = free_one != NULL ? start(c, order, &from) : -1;

	if (pid > 0)
		*free_one = (struct carrying){pid, from, order->number, clock_mono(&clock_system)};
	else
		answer(c->fd, &(struct order_answer){order->number, ORDER_LATER, TEXT("too much at once")});
}

static void reap(struct courier *c)
{
	struct signalfd_siginfo info;

	(void)!read(c->ended, &info, sizeof info);
	for (pid_t pid; (pid = waitpid(-1, NULL, WNOHANG)) > 0;) {
		struct carrying *one = find(c, pid);
		if (one == NULL)
			continue;
		relay(c, one);
		*one = (struct carrying){0};
	}
}

/** One that does not end by itself keeps a place from others. */
static void end_old(struct courier *c)
{
	const uint64_t now = clock_mono(&clock_system);

	for (size_t i = 0; i < COUNT(c->carrying); i++) {
		const struct carrying *one = &c->carrying[i];
		if (one->pid != 0 && now - one->begun >= c->work->most_ms)
			(void)syscall(SYS_tgkill, one->pid, one->pid, SIGKILL);
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

static bool full(struct courier *c)
{
	return find(c, 0) == NULL;
}

static int patience(const struct courier *c)
{
	for (size_t i = 0; i < COUNT(c->carrying); i++)
		if (c->carrying[i].pid != 0)
			return LOOK_MS;
	return c->work->beat != NULL ? BEAT_MS : -1;
}

static void show_life(const struct courier *c)
{
	if (c->work->beat != NULL)
		*c->work->beat = clock_mono(&clock_system);
}

struct status courier_run(int fd, const struct courier_work *work)
{
	struct courier c = {.fd = fd, .work = work};

	TRY(child_ends(&c.ended));
	for (bool asked = true; asked;) {
		struct pollfd events[] = {{.fd = c.ended, .events = POLLIN},
					  {.fd = full(&c) ? -1 : fd, .events = POLLIN}};
		if (poll(events, COUNT(events), patience(&c)) < 0 && errno != EINTR)
			return FAIL_AT(ST_IO, "poll");
		show_life(&c);
		if (events[0].revents != 0)
			reap(&c);
		if (events[1].revents != 0)
			asked = take(&c);
		end_old(&c);
	}
	return OK;
}
