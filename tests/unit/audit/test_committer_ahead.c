/* SPDX-License-Identifier: Apache-2.0 */
/* Leaves that come while a batch is written are sealed behind it, and are the next one. */
#include "ahead_fixture.h"
#include "signing.h"

static void what_came_meanwhile_is_one_batch_behind(void **state)
{
	struct site s;

	(void)state;
	begin(&s);
	atomic_store(&meanwhile.to_come, READS - 1);
	submit(&meanwhile.readings[0].entry);
	wait_told(READS);
	for (unsigned i = 0; i < READS; i++) {
		assert_ok(meanwhile.readings[i].status);
		assert_true(meanwhile.readings[i].entry.leaf == i);
	}
	assert_no_key_stays(&s);
	restart(&s);
	assert_true(log_size(s.log) == READS);
	for (unsigned i = 0; i < READS; i++)
		assert_int_equal(found(&s, &meanwhile.readings[i]), 1);
	check_chains(&s);
	end(&s);
}

static void what_is_no_event_is_refused_there_too(void **state)
{
	struct site s;

	(void)state;
	begin(&s);
	meanwhile.readings[2].event.actor.address.len = 3;
	meanwhile.refused = 1;
	atomic_store(&meanwhile.to_come, 3);
	submit(&meanwhile.readings[0].entry);
	wait_told(4);
	assert_fails(ST_INVALID, meanwhile.readings[2].status);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(found(&s, &meanwhile.readings[i]), i == 2 ? 0 : 1);
	check_chains(&s);
	end(&s);
}

static void a_change_comes_before_what_was_prepared(void **state)
{
	struct site s;

	(void)state;
	begin(&s);
	meanwhile.change_comes = true;
	atomic_store(&meanwhile.to_come, 5);
	submit(&meanwhile.readings[0].entry);
	wait_told(6);
	while (!atomic_load(&meanwhile.change_told))
		(void)sched_yield();
	assert_ok(meanwhile.change_status);
	assert_true(meanwhile.change.first == 1);
	for (unsigned i = 1; i < 6; i++)
		assert_true(ok(meanwhile.readings[i].status) && meanwhile.readings[i].entry.leaf == i + 2);
	restart(&s);
	assert_true(log_size(s.log) == 8);
	check_change(&s, 1, true);
	check_chains(&s);
	end(&s);
}

/* It has its place and a key when it is refused; what was prepared is good then. */
static void a_change_that_is_refused_leaves_no_key(void **state)
{
	struct site s;

	(void)state;
	begin(&s);
	meanwhile.change_comes = true;
	meanwhile.change.fault = REFUSE_LATE;
	atomic_store(&meanwhile.to_come, 3);
	submit(&meanwhile.readings[0].entry);
	wait_told(4);
	while (!atomic_load(&meanwhile.change_told))
		(void)sched_yield();
	assert_fails(ST_DENIED, meanwhile.change_status);
	for (unsigned i = 0; i < 4; i++)
		assert_true(ok(meanwhile.readings[i].status) && meanwhile.readings[i].entry.leaf == i);
	assert_no_key_stays(&s);
	restart(&s);
	assert_true(log_size(s.log) == 4);
	check_chains(&s);
	end(&s);
}

/* A clock that was set back between two batches: no leaf is earlier than the one before it. */
static void time_goes_on_behind_a_batch_that_is_written(void **state)
{
	struct site s;

	(void)state;
	begin(&s);
	meanwhile.readings[0].event.time += 1000000;
	atomic_store(&meanwhile.to_come, 4);
	submit(&meanwhile.readings[0].entry);
	wait_told(5);
	restart(&s);
	assert_true(log_size(s.log) == 5);
	check_chains(&s);
	end(&s);
}

static void submit_signing(void)
{
	submit(&meanwhile.change.entry);
}

/* A signature is of what was prepared before it was asked for, and it is one. */
static void a_signature_comes_behind_what_was_prepared(void **state)
{
	struct log_signer signer;
	struct signing keyd;
	struct site s;

	(void)state;
	begin(&s);
	signing_new(&keyd, &signer);
	stop_all(&s);
	s.signer = &signer;
	site_start(&s);
	meanwhile.change.entry = (struct committer_entry){.sign = true, .done = on_change};
	meanwhile.last = submit_signing;
	atomic_store(&meanwhile.to_come, 3);
	submit(&meanwhile.readings[0].entry);
	while (!atomic_load(&meanwhile.change_told))
		(void)sched_yield();
	assert_ok(meanwhile.change_status);
	wait_told(4);
	assert_true(keyd.last.size == 4);
	stop_all(&s);
	secret_clear(&keyd.seed);
	site_remove(&s);
}

static void wait_until_stopping(void)
{
	struct committer *c = meanwhile.site->committer;

	atomic_store(&meanwhile.last_is_prepared, true);
	for (bool stop = false; !stop;) {
		(void)sched_yield();
		(void)pthread_mutex_lock(&c->lock);
		stop = c->stop;
		(void)pthread_mutex_unlock(&c->lock);
	}
}

static void what_is_prepared_at_the_end_is_told(void **state)
{
	struct site s;

	(void)state;
	begin(&s);
	meanwhile.last = wait_until_stopping;
	atomic_store(&meanwhile.to_come, 5);
	submit(&meanwhile.readings[0].entry);
	while (!atomic_load(&meanwhile.last_is_prepared))
		(void)sched_yield();
	stop_all(&s);
	for (unsigned i = 0; i < 6; i++)
		assert_true(atomic_load(&meanwhile.readings[i].told) && ok(meanwhile.readings[i].status));
	site_start(&s);
	assert_true(log_size(s.log) == 6);
	check_chains(&s);
	end(&s);
}

/* Changes without end come before it in every round, more than a batch of reads waits for: it is not left for ever. */
static void what_was_prepared_does_not_wait_for_all_changes(void **state)
{
	struct site s;

	(void)state;
	begin(&s);
	stop_all(&s);
	s.rig.options.snapshot_leaves = 10000; /* nothing else is synced */
	site_start(&s);
	for (unsigned i = 0; i < 2 * FLOOD; i++) {
		struct change *c = &meanwhile.flood[i / FLOOD][i % FLOOD];

		*c = change_of(i, 1, NO_FAULT);
		c->entry.done = on_flood;
	}
	meanwhile.last = submit_flood;
	atomic_store(&meanwhile.to_come, 1);
	submit(&meanwhile.readings[0].entry);
	while (atomic_load(&meanwhile.flooded) < 2 * FLOOD)
		(void)sched_yield();
	wait_told(2);
	assert_true(atomic_load(&meanwhile.told_between));
	restart(&s);
	assert_true(log_size(s.log) == 2 + 2 * FLOOD);
	check_chains(&s);
	end(&s);
}

static void fill_disk(void)
{
	atomic_store(&rig_disk_left, 0);
}

/* What was prepared while there was room is judged again: reads go on from the reserve, and the log says so. */
static void a_disk_that_fills_up_meanwhile_is_noticed(void **state)
{
	struct site s;

	(void)state;
	begin(&s);
	meanwhile.last = fill_disk;
	atomic_store(&meanwhile.to_come, 5);
	submit(&meanwhile.readings[0].entry);
	wait_told(6);
	for (unsigned i = 0; i < 6; i++)
		assert_ok(meanwhile.readings[i].status);
	rig_no_faults();
	restart(&s);
	assert_true(log_size(s.log) == 6);
	check_chains(&s);
	end(&s);
}

int main(void)
{
	if (!rig_setup())
		return 1;
	const struct CMUnitTest tests[] = {
		TEST(what_came_meanwhile_is_one_batch_behind),
		TEST(what_is_no_event_is_refused_there_too),
		TEST(a_change_comes_before_what_was_prepared),
		TEST(a_change_that_is_refused_leaves_no_key),
		TEST(time_goes_on_behind_a_batch_that_is_written),
		TEST(a_signature_comes_behind_what_was_prepared),
		TEST(what_is_prepared_at_the_end_is_told),
		TEST(what_was_prepared_does_not_wait_for_all_changes),
		TEST(a_disk_that_fills_up_meanwhile_is_noticed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
