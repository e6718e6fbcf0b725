/* SPDX-License-Identifier: Apache-2.0 */
/* The process of an order taken over by whom it speaks to: what it can do to other orders, and to the courier. */
#include "testing.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "courierwatch.h"

#define PATIENCE_MS 120000
#define FORGED      "{\"number\": 99, \"result\": \"done\", \"why\": \"\"}"

static int its_end; /* of the courier */

/** Runs in the process of an order. */
static void takes_over(const struct order *order, const struct carry_secrets *secrets, struct order_answer *answer,
		       char why[CARRY_WHY_MAX])
{
	char packet[64];

	(void)secrets;
	(void)why;
	for (int fd = its_end; fd < 64; fd++) {
		(void)!send(fd, FORGED, strlen(FORGED), MSG_NOSIGNAL | MSG_DONTWAIT);
		if (recv(fd, packet, sizeof packet, MSG_DONTWAIT) > 0)
			_exit(1);
	}
	*answer = (struct order_answer){order->number + 1, ORDER_NEVER, TEXT("answer 550")};
}

static void says(const struct order *order, const struct carry_secrets *secrets, struct order_answer *answer,
		 char why[CARRY_WHY_MAX])
{
	static const char *const bad[] = {"line\nline", "\xff\xfe", "\x1b[2J"};

	(void)secrets;
	(void)why;
	*answer = (struct order_answer){order->number, ORDER_DONE, text_of(bad[order->number % COUNT(bad)])};
}

static void ends(const struct order *order, const struct carry_secrets *secrets, struct order_answer *answer,
		 char why[CARRY_WHY_MAX])
{
	(void)order;
	(void)secrets;
	(void)answer;
	(void)why;
	_exit(0);
}

static void stays(const struct order *order, const struct carry_secrets *secrets, struct order_answer *answer,
		  char why[CARRY_WHY_MAX])
{
	(void)order;
	(void)secrets;
	(void)answer;
	(void)why;
	for (;;)
		(void)pause();
}

struct run {
	int fd;
	pid_t pid;
};
static struct run begin_watched(carry_order *how, uint64_t most_ms, uint64_t silent_ms)
{
	static const struct carry_secrets none;
	int both[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, both), 0);
	its_end = both[1];
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		const struct courier_work work = {how, &none, most_ms, NULL};
		(void)close(both[0]);
		_exit(ok(silent_ms > 0 ? courierwatch_run(both[1], &work, silent_ms) : courier_run(both[1], &work))
			      ? 0
			      : 1);
	}
	(void)close(both[1]);
	return (struct run){both[0], pid};
}
static struct run begin(carry_order *how, uint64_t most_ms)
{
	return begin_watched(how, most_ms, 0);
}

static void order(const struct run *r, unsigned number)
{
	AUTO(buffer) packet = {.max = ORDER_PACKET_MAX};

	assert_ok(buffer_print(
		&packet, "{\"number\": %u, \"way\": \"mail\", \"origin\": \"https://x\", \"items\": [{}]}", number));
	assert_int_equal(send(r->fd, packet.bytes, packet.len, MSG_NOSIGNAL), packet.len);
}

/** The next answer is this. */
static void expect(const struct run *r, uint64_t number, enum order_result result, struct text why)
{
	uint8_t packet[4096];
	AUTO(json_document) document = {0};
	AUTO(arena) arena = {.max = 65536};
	struct order_answer got;
	struct pollfd wait = {.fd = r->fd, .events = POLLIN};

	assert_int_equal(poll(&wait, 1, PATIENCE_MS), 1);
	const ssize_t len = recv(r->fd, packet, sizeof packet, 0);
	assert_true(len > 0);
	assert_ok(order_answer_read(bytes_of(packet, (size_t)len), &document, &arena, &got));
	assert_int_equal(got.number, number);
	assert_int_equal(got.result, result);
	assert_true(text_equal(got.why, why));
}

static void end(const struct run *r)
{
	int state;

	(void)close(r->fd);
	assert_int_equal(waitpid(r->pid, &state, 0), r->pid);
	assert_true(WIFEXITED(state) && WEXITSTATUS(state) == 0);
}

static void a_process_answers_its_own_order_alone(void **state)
{
	const struct run r = begin(takes_over, COURIER_MOST_MS);

	(void)state;
	order(&r, 7);
	expect(&r, 7, ORDER_NEVER, TEXT("answer 550"));
	order(&r, 8);
	expect(&r, 8, ORDER_NEVER, TEXT("answer 550"));
	end(&r);
}

static void what_is_no_answer_is_later(void **state)
{
	const struct run r = begin(says, COURIER_MOST_MS);

	(void)state;
	for (unsigned number = 3; number < 6; number++) {
		order(&r, number);
		expect(&r, number, ORDER_LATER, TEXT("the carrying process ended"));
	}
	end(&r);
}

static void one_that_says_nothing_is_answered_for(void **state)
{
	const struct run r = begin(ends, COURIER_MOST_MS);

	(void)state;
	order(&r, 7);
	expect(&r, 7, ORDER_LATER, TEXT("the carrying process ended"));
	end(&r);
}

static void those_that_stay_are_ended(void **state)
{
	const struct run r = begin(stays, 1);

	(void)state;
	for (unsigned number = 1; number <= COURIER_AT_ONCE + 1; number++) {
		order(&r, number);
		expect(&r, number, ORDER_LATER, TEXT("the carrying process ended"));
	}
	end(&r);
}

/* What a receiver can do that took over the process of its order. */
static void stop_courier(const struct order *order, const struct carry_secrets *secrets, struct order_answer *answer,
			 char why[CARRY_WHY_MAX])
{
	(void)secrets;
	(void)why;
	if (order->number < 100)
		(void)kill(getppid(), order->number % 2 == 0 ? SIGSTOP : SIGKILL);
	*answer = (struct order_answer){order->number, ORDER_DONE, TEXT("")};
	if (order->number < 100)
		(void)pause();
}

static void one_that_was_stopped_or_killed_is_begun_anew(void **state)
{
	const struct run r = begin_watched(stop_courier, COURIER_MOST_MS, 6000);

	(void)state;
	for (unsigned number = 7; number <= 8; number++) {
		order(&r, number);
		expect(&r, COURIER_ALL, ORDER_LATER, TEXT("the courier was begun anew"));
		order(&r, 100 + number);
		expect(&r, 100 + number, ORDER_DONE, TEXT(""));
	}
	end(&r);
}

static void one_that_has_nothing_to_do_is_left_alone(void **state)
{
	const struct run r = begin_watched(stop_courier, COURIER_MOST_MS, 6000);
	struct pollfd said = {.fd = r.fd, .events = POLLIN};

	(void)state;
	assert_int_equal(poll(&said, 1, 8000), 0);
	order(&r, 100);
	expect(&r, 100, ORDER_DONE, TEXT(""));
	end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_was_stopped_or_killed_is_begun_anew),
		cmocka_unit_test(one_that_has_nothing_to_do_is_left_alone),
		cmocka_unit_test(a_process_answers_its_own_order_alone),
		cmocka_unit_test(what_is_no_answer_is_later),
		cmocka_unit_test(one_that_says_nothing_is_answered_for),
		cmocka_unit_test(those_that_stay_are_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
