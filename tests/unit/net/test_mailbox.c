/* SPDX-License-Identifier: Apache-2.0 */
/* One owner, many senders: nothing is lost, nothing comes twice, a sleeper is woken. */
#include "testing.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>

#include "mailbox.h"
#include "net.h"

#define SENDERS 4
#define EACH    20000

struct letter {
	struct net_task task; /* first */
	int sender, number;
};

static struct mailbox box;
static struct letter letters[SENDERS][EACH];

static void *sender(void *context)
{
	struct letter *mine = context;

	for (int i = 0; i < EACH; i++)
		mailbox_put(&box, &mine[i].task);
	return NULL;
}

static void keeps_the_order_of_one_sender(void **state)
{
	struct letter *l = letters[0];

	(void)state;
	assert_ok(mailbox_setup(&box));
	assert_null(mailbox_take(&box));
	for (int i = 0; i < 5; i++) {
		l[i].number = i;
		mailbox_put(&box, &l[i].task);
	}
	struct net_task *task = mailbox_take(&box);
	for (int i = 0; i < 5; i++, task = task->next)
		assert_ptr_equal(task, &l[i].task);
	assert_null(task);
	assert_null(mailbox_take(&box));
	mailbox_clear(&box);
}

static void wakes_a_sleeper_only(void **state)
{
	eventfd_t count;

	(void)state;
	assert_ok(mailbox_setup(&box));
	mailbox_put(&box, &letters[0][0].task);
	assert_int_equal(eventfd_read(box.fd, &count), -1); /* nobody slept */
	assert_false(mailbox_sleep(&box));                  /* there is something to do */
	assert_non_null(mailbox_take(&box));
	assert_true(mailbox_sleep(&box));
	mailbox_put(&box, &letters[0][0].task);
	mailbox_put(&box, &letters[0][1].task);
	assert_int_equal(eventfd_read(box.fd, &count), 0);
	assert_int_equal(count, 1); /* once is enough */
	mailbox_awake(&box);
	mailbox_clear(&box);
}

static void wakes_once_for_all_that_came_quietly(void **state)
{
	eventfd_t count;

	(void)state;
	assert_ok(mailbox_setup(&box));
	assert_true(mailbox_sleep(&box));
	mailbox_put_quietly(&box, &letters[0][0].task);
	mailbox_put_quietly(&box, &letters[0][1].task);
	assert_int_equal(eventfd_read(box.fd, &count), -1); /* not yet */
	mailbox_wake(&box);
	mailbox_wake(&box);
	assert_int_equal(eventfd_read(box.fd, &count), 0);
	assert_int_equal(count, 1);
	mailbox_awake(&box);
	struct net_task *task = mailbox_take(&box);
	assert_ptr_equal(task, &letters[0][0].task);
	assert_ptr_equal(task->next, &letters[0][1].task);
	mailbox_clear(&box);
}

/* The owner sleeps whenever it may; if a wake-up were lost this would wait for ever. */
static void loses_nothing_among_many_senders(void **state)
{
	pthread_t threads[SENDERS];
	int seen[SENDERS] = {0}, total = 0;

	(void)state;
	assert_ok(mailbox_setup(&box));
	for (int s = 0; s < SENDERS; s++) {
		for (int i = 0; i < EACH; i++)
			letters[s][i] = (struct letter){.sender = s, .number = i};
		assert_int_equal(pthread_create(&threads[s], NULL, sender, letters[s]), 0);
	}
	while (total < SENDERS * EACH) {
		struct pollfd wait = {.fd = box.fd, .events = POLLIN};
		eventfd_t count;
		if (mailbox_sleep(&box)) {
			assert_int_equal(poll(&wait, 1, 120000), 1);
			assert_int_equal(eventfd_read(box.fd, &count), 0);
		}
		mailbox_awake(&box);
		for (struct net_task *task = mailbox_take(&box), *next; task != NULL; task = next, total++) {
			struct letter *l = (struct letter *)(void *)task;
			next = task->next;
			assert_int_equal(l->number, seen[l->sender]++);
		}
	}
	for (int s = 0; s < SENDERS; s++)
		pthread_join(threads[s], NULL);
	assert_null(mailbox_take(&box));
	mailbox_clear(&box);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(keeps_the_order_of_one_sender),
		TEST(wakes_a_sleeper_only),
		TEST(wakes_once_for_all_that_came_quietly),
		TEST(loses_nothing_among_many_senders),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
