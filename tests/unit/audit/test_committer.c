/* SPDX-License-Identifier: Apache-2.0 */
#include "committer_fixture.h"
#include "signing.h"

/* ---- Tests ---- */

static void a_change_is_told_when_row_and_leaves_are_durable(void **state)
{
	struct site s;

	(void)state;
	site_new(&s);
	site_start(&s);
	for (uint32_t i = 0; i < 10; i++) {
		struct change c = change_of(i, 1 + i % 3, NO_FAULT);

		assert_ok(committer_run(s.committer, &c.entry));
		assert_true(log_size(s.log) == c.first + c.leaves);
		check_change(&s, i, true);
	}
	stop_all(&s);
	site_start(&s);
	for (uint32_t i = 0; i < 10; i++)
		check_change(&s, i, true);
	stop_all(&s);
	site_remove(&s);
}

static void reads_are_leaves_without_a_change(void **state)
{
	struct site s;
	struct event events[3] = {rig_event(0), rig_event(1), rig_event(2)};
	struct committer_entry entry = {.events = events, .event_count = 3};

	(void)state;
	site_new(&s);
	site_start(&s);
	assert_ok(committer_run(s.committer, &entry));
	assert_true(entry.leaf == 0 && log_size(s.log) == 3);
	assert_ok(committer_run(s.committer, &entry));
	assert_true(entry.leaf == 3 && log_size(s.log) == 6);
	events[1].actor.address.len = 3;
	assert_fails(ST_INVALID, committer_run(s.committer, &entry));
	assert_true(log_size(s.log) == 6);
	stop_all(&s);
	site_remove(&s);
}

static void refuses_a_change_without_a_leaf(void **state)
{
	struct site s;
	struct change silent = change_of(1, 1, NO_EVENT), late = change_of(2, 2, REFUSE_LATE);
	struct change only = change_of(3, 1, EVENT_WITHOUT_ROW);

	(void)state;
	site_new(&s);
	site_start(&s);
	assert_fails(ST_UNAUDITED, committer_run(s.committer, &silent.entry));
	assert_fails(ST_DENIED, committer_run(s.committer, &late.entry));
	assert_true(log_size(s.log) == 0);
	assert_ok(committer_run(s.committer, &only.entry));
	assert_true(log_size(s.log) == 1 && committer_metrics(s.committer).refused == 2);
	for (uint32_t i = 1; i <= 3; i++)
		check_change(&s, i, false);
	stop_all(&s);
	site_remove(&s);
}

/* Entries of one chain share a round. */
struct told {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	size_t count;
};

static struct told told = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};

static void tell(struct committer_entry *entry, struct status s)
{
	entry->status = s;
	pthread_mutex_lock(&told.lock);
	told.count++;
	pthread_cond_broadcast(&told.wake);
	pthread_mutex_unlock(&told.lock);
}

static void wait_told(size_t count)
{
	pthread_mutex_lock(&told.lock);
	while (told.count < count)
		pthread_cond_wait(&told.wake, &told.lock);
	told.count -= count;
	pthread_mutex_unlock(&told.lock);
}

static void submit_all(struct site *s, struct change *changes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		changes[i].entry.done = tell;
		changes[i].entry.next = i + 1 < count ? &changes[i + 1].entry : NULL;
	}
	assert_ok(committer_submit(s->committer, &changes[0].entry, &changes[count - 1].entry, count));
	wait_told(count);
}

static void one_refusal_does_not_undo_the_others(void **state)
{
	struct site s;
	struct change changes[60];

	(void)state;
	site_new(&s);
	site_start(&s);
	for (uint32_t i = 0; i < COUNT(changes); i++)
		changes[i] = change_of(i, 1 + i % 4, i % 5 == 1 ? REFUSE_LATE : i % 5 == 3 ? NO_EVENT : NO_FAULT);
	submit_all(&s, changes, COUNT(changes));
	for (uint32_t i = 0; i < COUNT(changes); i++) {
		const enum status_code wanted = i % 5 == 1 ? ST_DENIED : i % 5 == 3 ? ST_UNAUDITED : ST_OK;

		assert_int_equal(changes[i].entry.status.code, wanted);
		check_change(&s, i, wanted == ST_OK);
	}
	assert_true(committer_metrics(s.committer).rounds <= 2);
	stop_all(&s);
	site_remove(&s);
}

/* ---- Groups ---- */

struct crowd {
	struct committer_group group; /* must be first */
	unsigned told, entries;
};

static struct {
	struct crowd crowds[2];
	unsigned single;
} order;

static void tell_crowd(struct committer_group *group)
{
	((struct crowd *)group)->told++;
	assert_int_equal(order.single, 0);
}

static void tell_member(struct committer_entry *entry, struct status s)
{
	if (entry->group == NULL) {
		order.single++;
	} else {
		struct crowd *crowd = (struct crowd *)entry->group;

		crowd->entries++;
		assert_int_equal(crowd->told, 0);
	}
	tell(entry, s);
}

static void a_group_is_told_once_and_after_all_of_its_entries(void **state)
{
	const struct event event = rig_event(0);
	struct committer_entry entries[9];
	struct site s;

	(void)state;
	site_new(&s);
	site_start(&s);
	memset(&order, 0, sizeof order);
	order.crowds[0].group.told = order.crowds[1].group.told = tell_crowd;
	for (size_t i = 0; i < COUNT(entries); i++)
		entries[i] = (struct committer_entry){.events = &event,
						      .event_count = 1,
						      .done = tell_member,
						      .group = i % 3 == 2 ? NULL : &order.crowds[i % 3].group,
						      .next = i + 1 < COUNT(entries) ? &entries[i + 1] : NULL};
	assert_ok(committer_submit(s.committer, &entries[0], &entries[COUNT(entries) - 1], COUNT(entries)));
	wait_told(COUNT(entries));
	for (size_t i = 0; i < 2; i++)
		assert_true(order.crowds[i].told == 1 && order.crowds[i].entries == 3);
	assert_int_equal(order.single, 3);
	stop_all(&s);
	site_remove(&s);
}

static void what_does_not_fit_goes_into_the_next_round(void **state)
{
	static struct change changes[9];
	struct site s;

	(void)state;
	site_new(&s);
	site_start(&s);
	for (uint32_t i = 0; i < COUNT(changes); i++)
		changes[i] = change_of(i, i == 5 ? BATCH_LEAVES_MAX + 1 : 400, NO_FAULT);
	submit_all(&s, changes, COUNT(changes));
	for (uint32_t i = 0; i < COUNT(changes); i++) {
		assert_int_equal(changes[i].entry.status.code, i == 5 ? ST_TOO_BIG : ST_OK);
		check_change(&s, i, i != 5);
	}
	assert_true(log_size(s.log) == 8 * 400);
	static struct event events[BATCH_LEAVES_MAX + 1];

	for (size_t i = 0; i < COUNT(events); i++)
		events[i] = rig_event(i);
	struct committer_entry entry = {.events = events, .event_count = COUNT(events)};

	assert_fails(ST_TOO_BIG, committer_run(s.committer, &entry));
	entry.event_count--;
	assert_ok(committer_run(s.committer, &entry));
	stop_all(&s);
	site_remove(&s);
}

static void a_full_queue_says_later(void **state)
{
	static struct committer_entry entries[1001];
	struct event e = rig_event(0);
	struct site s;

	(void)state;
	site_new(&s);
	site_start(&s);
	for (size_t i = 0; i < COUNT(entries); i++)
		entries[i] = (struct committer_entry){.events = &e,
						      .event_count = 1,
						      .done = tell,
						      .next = i + 1 < COUNT(entries) ? &entries[i + 1] : NULL};
	assert_fails(ST_TOO_MANY, committer_submit(s.committer, &entries[0], &entries[1000], 1001));
	assert_ok(committer_submit(s.committer, &entries[1], &entries[1000], 1000));
	wait_told(1000);
	assert_true(log_size(s.log) == 1000);
	stop_all(&s);
	site_remove(&s);
}

/* Rows are committed, leaves cannot be appended: nobody is told OK, the next round or start appends them first. */
static void leaves_that_are_owed_come_first(void **state)
{
	struct site s;
	struct event e = rig_event(0);
	struct committer_entry read = {.events = &e, .event_count = 1};

	(void)state;
	for (unsigned again = 0; again < 2; again++) {
		struct change first = change_of(1, 3, NO_FAULT), owed = change_of(2, 2, NO_FAULT);

		site_new(&s);
		s.rig.options.reserve = 0;
		site_start(&s);
		assert_ok(committer_run(s.committer, &first.entry));
		rig_disk_left = 0;
		assert_fails(ST_FULL, committer_run(s.committer, &owed.entry));
		assert_fails(ST_FULL, committer_run(s.committer, &read));
		assert_true(log_size(s.log) == 3);
		if (again == 1) {
			stop_all(&s);
			rig_no_faults();
			site_start(&s);
			assert_true(log_size(s.log) == 5);
		}
		rig_no_faults();
		assert_ok(committer_run(s.committer, &read));
		assert_true(read.leaf == 5);
		check_change(&s, 1, true);
		check_change(&s, 2, true);
		stop_all(&s);
		site_start(&s);
		assert_true(log_size(s.log) == 6);
		stop_all(&s);
		site_remove(&s);
	}
}

/* Whoever goes on reading or signing in takes three quarters of the reserve, and nobody's end. */
static void only_ends_take_the_last(struct site *s)
{
	struct event e = rig_event(0);
	struct committer_entry read = {.events = &e, .event_count = 1};
	struct committer_entry look = {.events = &e, .event_count = 1, .weight = COMMITTER_END};
	struct change sign_in = change_of(3, 1, NO_FAULT), log_off = change_of(4, 1, NO_FAULT);
	unsigned ends = 0;

	sign_in.entry.weight = COMMITTER_ENTRY;
	log_off.entry.weight = COMMITTER_END;
	while (ok(committer_run(s->committer, &read)))
		continue;
	assert_fails(ST_FULL, committer_run(s->committer, &sign_in.entry));
	assert_int_equal(sign_in.applied, 0);
	assert_ok(committer_run(s->committer, &log_off.entry));
	while (ok(committer_run(s->committer, &look)))
		ends++;
	print_message("# %u leaves of ends\n", ends);
	assert_true(ends > 20);
}

static void a_full_disk_lets_only_the_essential_through(void **state)
{
	struct site s;
	struct event e = rig_event(0);
	struct committer_entry read = {.events = &e, .event_count = 1};
	struct change change = change_of(1, 1, NO_FAULT), sign_in = change_of(2, 1, NO_FAULT);

	(void)state;
	sign_in.entry.weight = COMMITTER_ENTRY;
	site_new(&s);
	site_start(&s);
	rig_disk_left = 0;
	while (log_state(s.log) == LOG_WRITABLE)
		assert_ok(committer_run(s.committer, &read));
	assert_fails(ST_FULL, committer_run(s.committer, &change.entry));
	assert_int_equal(change.applied, 0);
	assert_ok(committer_run(s.committer, &sign_in.entry));
	assert_ok(committer_run(s.committer, &read));
	only_ends_take_the_last(&s);
	rig_no_faults();
	assert_ok(committer_run(s.committer, &change.entry));
	check_change(&s, 1, true);
	check_change(&s, 2, true);
	stop_all(&s);
	site_remove(&s);
}

static void signs_when_asked(void **state)
{
	struct signing keyd;
	struct log_signer signer;
	struct change change = change_of(1, 4, NO_FAULT);
	struct committer_entry signing = {.sign = true};
	struct site s;

	(void)state;
	signing_new(&keyd, &signer);
	site_new(&s);
	site_start(&s);
	assert_fails(ST_UNREACHABLE, committer_run(s.committer, &signing));
	stop_all(&s);
	s.signer = &signer;
	site_start(&s);
	assert_ok(committer_run(s.committer, &change.entry));
	assert_true(keyd.last.size == 0);
	assert_ok(committer_run(s.committer, &signing));
	assert_true(keyd.last.size == 4);
	stop_all(&s);
	secret_clear(&keyd.seed);
	site_remove(&s);
}

/* ---- Many threads ---- */

#define THREADS 4
#define EACH    60

static void *submit_some(void *context)
{
	struct site *s = context;
	static _Atomic uint32_t numbers;
	struct event e = rig_event(1);

	for (unsigned i = 0; i < EACH; i++) {
		struct change c = change_of(numbers++, 1 + i % 2, NO_FAULT);
		struct committer_entry read = {.events = &e, .event_count = 1};
		struct head end;

		if (!ok(committer_run(s->committer, &c.entry)) || !ok(committer_run(s->committer, &read)))
			return s;
		log_chain(s->log, HEADS_ACTOR, &rig_users[1].uuid, &end);
		if (end.length == 0 || log_size(s->log) <= end.index)
			return s;
	}
	return NULL;
}

/* A reader of its own while others write. */
static void *read_some(void *context)
{
	struct site *s = context;
	struct logread_opening o = {0};
	struct logread *reader;
	struct tree_proof p;
	void *failed = NULL;

	if (!ok(logread_new(s->log, &rig_keys, &reader)))
		return s;
	while (failed == NULL && log_size(s->log) < THREADS * EACH * 2) {
		uint64_t size = log_size(s->log);

		if (size == 0)
			continue;
		if (!ok(logread_open(reader, size - 1, &o)) || !ok(logread_prove_inclusion(reader, size / 2, size, &p)))
			failed = s;
	}
	logread_opening_clear(&o);
	logread_free(reader);
	return failed;
}

static void many_threads_share_it(void **state)
{
	struct site s;
	pthread_t threads[THREADS + 1];
	void *failed;

	(void)state;
	site_new(&s);
	s.rig.options.background = true;
	site_start(&s);
	for (unsigned i = 0; i <= THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, i < THREADS ? submit_some : read_some, &s), 0);
	for (unsigned i = 0; i <= THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
	for (uint32_t i = 0; i < THREADS * EACH; i++)
		check_change(&s, i, true);
	stop_all(&s);
	site_remove(&s);
}

int main(void)
{
	if (!rig_setup())
		return 1;
	const struct CMUnitTest tests[] = {
		TEST(a_change_is_told_when_row_and_leaves_are_durable),
		TEST(reads_are_leaves_without_a_change),
		TEST(refuses_a_change_without_a_leaf),
		TEST(one_refusal_does_not_undo_the_others),
		TEST(a_group_is_told_once_and_after_all_of_its_entries),
		TEST(what_does_not_fit_goes_into_the_next_round),
		TEST(a_full_queue_says_later),
		TEST(leaves_that_are_owed_come_first),
		TEST(a_full_disk_lets_only_the_essential_through),
		TEST(signs_when_asked),
		TEST(many_threads_share_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
