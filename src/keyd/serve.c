/* SPDX-License-Identifier: Apache-2.0 */
#include "serve.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dispatch.h"
#include "label.h"
#include "logline.h"

/* How long a holder that was away is left alone. */
#define OFFER_AGAIN_MS 60000

struct serving {
	struct keeper *keeper;
	struct pollfd polls[SERVE_CONNECTIONS_MAX]; /* fd -1: ended */
	bool greeted[SERVE_CONNECTIONS_MAX];
	size_t count, left;
	struct secret question, answer; /* one packet each: keys pass through them */
	size_t waiting;                 /* who asked for the running re-wrap; count: nobody */
	uint64_t offered;               /* when holders were last seen to be served, or asked; monotonic ms */
};

static void serving_clear(struct serving *v)
{
	for (size_t i = 0; i < v->count; i++)
		if (v->polls[i].fd >= 0)
			(void)close(v->polls[i].fd);
	secret_clear(&v->question);
	secret_clear(&v->answer);
}

static void end_connection(struct serving *v, size_t i)
{
	(void)close(v->polls[i].fd);
	v->polls[i].fd = -1;
	v->left--;
	if (v->waiting == i)
		v->waiting = v->count;
}

/* Never waits: one question and one answer always fit into the socket of a client
 * that keeps to the protocol. */
static void send_answer(struct serving *v, size_t i, struct buffer *answer)
{
	ssize_t sent = send(v->polls[i].fd, answer->bytes, answer->len, MSG_DONTWAIT | MSG_NOSIGNAL);

	secret_wipe(answer->bytes, answer->len);
	if (sent < 0 || (size_t)sent != answer->len)
		end_connection(v, i);
}

static void take_verdict(struct serving *v, size_t i, enum dispatch_verdict verdict, struct buffer *answer)
{
	switch (verdict) {
	case DISPATCH_LATER:
		v->waiting = i;
		break;
	case DISPATCH_END:
		logline_event("connection-refused", i, OK);
		end_connection(v, i);
		break;
	case DISPATCH_LAST:
		send_answer(v, i, answer);
		if (v->polls[i].fd >= 0)
			end_connection(v, i);
		break;
	case DISPATCH_ANSWER:
	default:
		send_answer(v, i, answer);
	}
}

static void note_change(const struct keeper *k, enum keywire_state before)
{
	static const char *const events[] = {
		[KEYWIRE_MISSING] = "missing",
		[KEYWIRE_SEALED] = "sealed",
		[KEYWIRE_OPEN] = "open",
	};

	if (k->state != before)
		logline_event(events[k->state], k->store.now.number, OK);
}

static void serve_one(struct serving *v, size_t i)
{
	struct secret *question = &v->question;
	struct buffer answer = BUFFER_OVER(v->answer.bytes, v->answer.len);
	enum keywire_state before = v->keeper->state;

	/* MSG_TRUNC: the length that was sent, so that a longer packet is seen. */
	ssize_t len = recv(v->polls[i].fd, question->bytes, question->len, MSG_DONTWAIT | MSG_TRUNC);
	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (len <= 0) {
		end_connection(v, i);
		return;
	}
	/* Who waits for an answer has not asked again. */
	bool fits = (size_t)len <= question->len && v->waiting != i;
	enum dispatch_verdict verdict =
		fits ? dispatch_message(v->keeper, &v->greeted[i], bytes_of(question->bytes, (size_t)len), &answer)
		     : DISPATCH_END;
	secret_wipe(question->bytes, fits ? (size_t)len : question->len);
	note_change(v->keeper, before);
	take_verdict(v, i, verdict, &answer);
}

static void advance_rewrap(struct serving *v)
{
	struct buffer answer = BUFFER_OVER(v->answer.bytes, v->answer.len);

	keeper_step(v->keeper);
	if (v->keeper->rewrap.running)
		return;
	logline_event("rewrap", v->keeper->store.now.number, v->keeper->rewrap_failure);
	if (v->waiting == v->count)
		return;
	size_t i = v->waiting;
	v->waiting = v->count;
	dispatch_rewrapped(v->keeper, &answer);
	send_answer(v, i, &answer);
}

/* A holder may have been away, full, or mounted for reading when its file was offered. */
static void offer_when_due(struct serving *v)
{
	struct keeper *k = v->keeper;
	const uint64_t now = clock_mono(k->clock);
	const bool waits = keeper_waits(k);

	if (waits && now - v->offered < OFFER_AGAIN_MS)
		return;
	v->offered = now;
	if (!waits)
		return;
	keeper_offer_again(k);
	if (!keeper_waits(k))
		logline_event("holders-have-the-night", k->store.now.number, OK);
}

static struct status turn(struct serving *v)
{
	const bool running = v->keeper->rewrap.running;
	const int idle = keeper_waits(v->keeper) ? OFFER_AGAIN_MS : -1;

	if (poll(v->polls, v->count, running ? 0 : idle) < 0 && errno != EINTR)
		return FAIL_AT(ST_IO, "poll");
	for (size_t i = 0; i < v->count; i++)
		if (v->polls[i].fd >= 0 && v->polls[i].revents != 0)
			serve_one(v, i);
	if (running)
		advance_rewrap(v);
	else
		offer_when_due(v);
	return OK;
}

struct status serve_run(struct keeper *k, const int *fds, size_t count)
{
	AUTO(serving) v = {.keeper = k, .count = count, .left = count, .waiting = count};

	for (size_t i = 0; i < count; i++)
		v.polls[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
	TRY(secret_empty(KEYWIRE_PACKET_MAX, &v.question));
	TRY(secret_empty(KEYWIRE_PACKET_MAX, &v.answer));
	while (v.left > 0)
		TRY(turn(&v));
	return OK;
}
