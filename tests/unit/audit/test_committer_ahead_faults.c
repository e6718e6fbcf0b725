/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever becomes of a batch behind which leaves were sealed, each of those is in the log once if its owner was told
 * so, and not at all if he was not. */
#include "ahead_fixture.h"

/* One of everything, and each call of the log fails once in its turn; false: there was no call left to fail. */
static bool one_fault(long n, bool stays, bool before_write)
{
	struct site s;

	begin(&s);
	meanwhile.before_write = before_write;
	meanwhile.change_comes = n % 2 == 1;
	atomic_store(&meanwhile.to_come, 6);
	rig_fault_stays = stays;
	atomic_store(&rig_calls_left, n);
	submit(&meanwhile.readings[0].entry);
	wait_told(1);
	/* The write failed before its sync, or there was none. */
	const unsigned left = atomic_exchange(&meanwhile.to_come, 0);

	for (unsigned i = 1; i <= left; i++)
		submit(&meanwhile.readings[i].entry);
	wait_told(7);
	while (left == 0 && meanwhile.change_comes && !atomic_load(&meanwhile.change_told))
		(void)sched_yield();
	const bool met = atomic_load(&rig_calls_left) < 0 || (stays && atomic_load(&rig_calls_left) == 0);
	const bool broken = log_state(s.log) == LOG_BROKEN;

	assert_no_key_stays(&s);
	restart(&s);
	for (unsigned i = 0; i < 7; i++) {
		const unsigned there = found(&s, &meanwhile.readings[i]);

		/* Only a log that broke may hold what nobody was told of. */
		assert_true(there == 1 || (there == 0 && !ok(meanwhile.readings[i].status)));
		assert_true(ok(meanwhile.readings[i].status) || there == 0 || broken);
	}
	if (left == 0 && meanwhile.change_comes && ok(meanwhile.change_status))
		check_change(&s, 1, true);
	check_chains(&s);
	end(&s);
	return met;
}

static void no_fault_loses_or_doubles_a_leaf(void **state)
{
	(void)state;
	for (unsigned way = 0; way < 4; way++) {
		long n = 0;

		while (one_fault(n, way % 2 == 1, way >= 2))
			n++;
		print_message("# %ld fault points\n", n);
		assert_true(n > 5);
	}
}

static void fail_next_call(void)
{
	atomic_store(&rig_calls_left, 0);
}

/* The write fails when they are prepared, and the log is none the worse for it. */
static void begin_with_failing_write(struct site *s)
{
	begin(s);
	meanwhile.before_write = true;
	meanwhile.last = fail_next_call;
	atomic_store(&meanwhile.to_come, 4);
}

static void check_made_anew(struct site *s, uint64_t before)
{
	for (unsigned i = 1; i < 5; i++) {
		while (!atomic_load(&meanwhile.readings[i].told))
			(void)sched_yield();
		assert_ok(meanwhile.readings[i].status);
		assert_true(meanwhile.readings[i].entry.leaf == before + i - 1);
	}
	assert_no_key_stays(s);
	restart(s);
	assert_true(log_size(s->log) == before + 4);
	for (unsigned i = 1; i < 5; i++)
		assert_int_equal(found(s, &meanwhile.readings[i]), 1);
	check_chains(s);
}

static void what_is_behind_a_batch_that_fails_is_made_anew(void **state)
{
	struct site s;

	(void)state;
	begin_with_failing_write(&s);
	submit(&meanwhile.readings[0].entry);
	wait_told(1);
	assert_fails(ST_IO, meanwhile.readings[0].status);
	check_made_anew(&s, 0);
	end(&s);
}

/* The leaves of a change that is committed come first, whatever was behind them. */
static void leaves_that_are_owed_come_before_what_was_prepared(void **state)
{
	(void)state;
	for (unsigned reads = 0; reads < 2; reads++) {
		struct committer_entry *const last =
			reads == 0 ? &meanwhile.change.entry : &meanwhile.readings[0].entry;
		struct site s;

		begin_with_failing_write(&s);
		meanwhile.change.entry.next = last;
		assert_ok(committer_submit(s.committer, &meanwhile.change.entry, last, 1 + reads));
		wait_told(reads);
		while (!atomic_load(&meanwhile.change_told))
			(void)sched_yield();
		assert_fails(ST_IO, meanwhile.change_status);
		check_made_anew(&s, 2);
		check_change(&s, 1, true);
		end(&s);
	}
}

/* No address space has room for such a stack. */
static void allow_threads(bool allowed)
{
	static pthread_attr_t usual;
	pthread_attr_t attributes;

	if (!allowed)
		assert_int_equal(pthread_getattr_default_np(&usual), 0);
	assert_int_equal(pthread_attr_init(&attributes), 0);
	assert_int_equal(pthread_attr_setstacksize(&attributes, (size_t)1 << 50), 0);
	assert_int_equal(pthread_setattr_default_np(allowed ? &usual : &attributes), 0);
	assert_int_equal(pthread_attr_destroy(&attributes), 0);
	if (allowed)
		assert_int_equal(pthread_attr_destroy(&usual), 0);
}

static void without_a_thread_the_committer_writes(void **state)
{
	(void)state;
	for (unsigned threaded = 0; threaded < 2; threaded++) {
		struct site s;

		begin(&s);
		if (threaded == 0)
			allow_threads(false);
		for (unsigned i = 0; i < 4; i++)
			submit(&meanwhile.readings[i].entry);
		submit(&meanwhile.change.entry);
		wait_told(4);
		while (!atomic_load(&meanwhile.change_told))
			(void)sched_yield();
		for (unsigned i = 0; i < 4; i++)
			assert_ok(meanwhile.readings[i].status);
		assert_ok(meanwhile.change_status);
		committer_stop(s.committer);
		s.committer = NULL;
		assert_true(s.log->errand.threaded == (threaded == 1));
		if (threaded == 0)
			allow_threads(true);
		restart(&s);
		assert_true(log_size(s.log) == 6);
		check_change(&s, 1, true);
		check_chains(&s);
		end(&s);
	}
}

int main(void)
{
	if (!rig_setup())
		return 1;
	const struct CMUnitTest tests[] = {
		TEST(no_fault_loses_or_doubles_a_leaf),
		TEST(what_is_behind_a_batch_that_fails_is_made_anew),
		TEST(leaves_that_are_owed_come_before_what_was_prepared),
		TEST(without_a_thread_the_committer_writes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
