/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each connection has the desk of its own number.  A packet is read into ${question},
 * answered from ${answer}, and both are wiped before the next is looked at.
 */
#include "agentserver.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agentdispatch.h"
#include "agentsocket.h"

/* Watched besides the connections, before them. */
enum { LISTEN, SIGNAL, TERMINAL, OTHERS };

/* poll() does not count the time that the machine slept: look at the clock that does. */
#define LOOK_MS 10000

struct loop {
	const struct agentserver *server;
	struct pollfd polls[OTHERS + CUSTODY_DESKS];
	struct agentdispatch_seat seats[CUSTODY_DESKS];
	struct secret question, answer;
	bool stop;
};

static void end_connection(struct loop *l, size_t i)
{
	struct pollfd *p = &l->polls[OTHERS + i];

	if (p->fd < 0)
		return;
	(void)close(p->fd);
	p->fd = -1;
	keydesk_clear(l->seats[i].desk);
	l->seats[i].greeted = false;
}

static void loop_clear(struct loop *l)
{
	for (size_t i = 0; i < CUSTODY_DESKS; i++)
		end_connection(l, i);
	secret_clear(&l->question);
	secret_clear(&l->answer);
	custody_clear(l->server->custody);
}

static struct status begin(struct loop *l)
{
	const struct agentserver *s = l->server;

	l->polls[LISTEN] = (struct pollfd){.fd = s->listen_fd, .events = POLLIN};
	l->polls[SIGNAL] = (struct pollfd){.fd = s->signal_fd, .events = POLLIN};
	/* No events: only what is always reported, POLLHUP and POLLERR. */
	l->polls[TERMINAL] = (struct pollfd){.fd = s->terminal_fd};
	for (size_t i = 0; i < CUSTODY_DESKS; i++) {
		l->polls[OTHERS + i] = (struct pollfd){.fd = -1, .events = POLLIN};
		l->seats[i] = (struct agentdispatch_seat){.custody = s->custody, .desk = &s->custody->desks[i]};
	}
	TRY(secret_empty(AGENTWIRE_PACKET_MAX, &l->question));
	return secret_empty(AGENTWIRE_PACKET_MAX, &l->answer);
}

/* What was derived from keys and passphrases below us on the stack goes too. */
__attribute__((noinline)) static void wipe_stack(void)
{
	uint8_t below[65536];

	secret_wipe(below, sizeof below);
}

static void serve(struct loop *l, size_t i, size_t len)
{
	struct buffer answer = {
		.bytes = l->answer.bytes, .capacity = l->answer.len, .max = l->answer.len, .wipe = true};
	enum agentdispatch_verdict verdict = agentdispatch(&l->seats[i], bytes_of(l->question.bytes, len), &answer);
	struct status sent = OK;

	wipe_stack();
	secret_wipe(l->question.bytes, len);
	if (verdict != AGENTDISPATCH_END)
		sent = agentsocket_send(l->polls[OTHERS + i].fd, buffer_bytes(&answer), false);
	secret_wipe(l->answer.bytes, answer.len);
	l->stop = l->stop || verdict == AGENTDISPATCH_STOP;
	if (verdict != AGENTDISPATCH_ANSWER || !ok(sent))
		end_connection(l, i);
}

static void receive(struct loop *l, size_t i)
{
	size_t len;
	struct status s = agentsocket_receive(l->polls[OTHERS + i].fd, &l->question, false, &len);

	if (ok(s)) {
		serve(l, i, len);
	} else if (s.code != ST_BUSY) {
		secret_wipe(l->question.bytes, l->question.len);
		end_connection(l, i);
	}
}

static void accept_one(struct loop *l)
{
	int fd;

	if (!ok(agentsocket_accept(l->server->listen_fd, &fd)))
		return;
	for (size_t i = 0; i < CUSTODY_DESKS; i++) {
		if (l->polls[OTHERS + i].fd >= 0)
			continue;
		l->polls[OTHERS + i].fd = fd;
		return;
	}
	(void)close(fd);
}

static void turn(struct loop *l)
{
	if (l->polls[SIGNAL].revents != 0 || l->polls[TERMINAL].revents != 0)
		l->stop = true;
	for (size_t i = 0; i < CUSTODY_DESKS && !l->stop; i++)
		if (l->polls[OTHERS + i].fd >= 0 && l->polls[OTHERS + i].revents != 0)
			receive(l, i);
	if (!l->stop && l->polls[LISTEN].revents != 0)
		accept_one(l);
}

struct status agentserver_run(const struct agentserver *s)
{
	AUTO(loop) l = {.server = s};

	TRY(begin(&l));
	while (!l.stop) {
		uint64_t left = custody_left(s->custody);
		int wait = left < LOOK_MS ? (int)left : LOOK_MS;

		for (size_t i = 0; i < COUNT(l.polls); i++)
			l.polls[i].revents = 0;
		if (poll(l.polls, COUNT(l.polls), wait) < 0 && errno != EINTR)
			return FAIL_AT(ST_IO, "poll");
		/* Before any message: time may have passed that poll() did not see. */
		if (custody_left(s->custody) == 0)
			break;
		turn(&l);
	}
	return OK;
}
