/* SPDX-License-Identifier: Apache-2.0 */
/* Every system call of every writer of the log fails in turn, once and for good. */
#include "rig.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hash.h"
#include "signing.h"

static struct status try_append(struct rig *r, unsigned count)
{
	uint64_t index, from = log_size(r->log);

	/* What failed before is still in the draft. */
	for (unsigned i = r->draft->count; i < count; i++) {
		struct event e = rig_event(from + i);

		TRY(draft_add(r->draft, &e, &index));
	}
	return log_append(r->log, r->draft);
}

/* Open anew without faults: the log holds what was acknowledged and at most what was being appended. */
static void check_again(struct rig *r, uint64_t acknowledged, uint64_t tried)
{
	rig_no_faults();
	rig_open(r);
	uint64_t size = log_size(r->log);

	assert_true(size == acknowledged || size == acknowledged + tried);
	rig_check(r, size);
	rig_append(r, 3);
	rig_check(r, size + 3);
	rig_close(r);
	assert_int_equal(rig_open_files, 0);
}

static unsigned fault_appends(bool stays)
{
	unsigned n = 0;

	for (bool met = true; met; n++) {
		struct rig r;
		uint64_t acknowledged = 30;

		rig_new(&r);
		/* The second append saves chain ends: more calls to fail. */
		r.options.snapshot_leaves = 10;
		rig_open(&r);
		rig_append(&r, 30);
		rig_calls_left = (long)n;
		rig_fault_stays = stays;
		for (unsigned round = 0; round < 4; round++) {
			if (ok(try_append(&r, 6)))
				acknowledged += 6;
			/* What cannot be appended stays ready: nothing is in the log twice or in part. */
			assert_true(log_size(r.log) <= acknowledged);
		}
		met = rig_calls_left < 0 || (stays && rig_calls_left == 0);
		if (n % 2 == 0)
			rig_drop(&r);
		else
			rig_close(&r);
		check_again(&r, acknowledged, 6);
		rig_remove(&r);
	}
	return n - 1;
}

static void appends_lose_nothing_that_was_acknowledged(void **state)
{
	(void)state;
	unsigned once = fault_appends(false), always = fault_appends(true);

	print_message("# %u and %u fault points\n", once, always);
	assert_true(once > 30 && always > 30);
}

/* A start that has everything to do: a torn tail, chain ends of an earlier day, missing tiles. */
static void prepare_hard_start(struct rig *r)
{
	AUTO(buffer) b = {0};

	rig_new(r);
	r->options.snapshot_leaves = 1000;
	rig_open(r);
	rig_append(r, 30);
	rig_close(r);
	rig_open(r);
	rig_append(r, 30);
	rig_append(r, 30);
	size_t end = rig_end(r);

	rig_append(r, 2);
	rig_drop(r);
	rig_file(r, "batches", &b);
	memset(b.bytes + end + 200, 0, b.len - end - 200);
	rig_save_file(r, "batches", buffer_bytes(&b));
	assert_int_equal(unlinkat(r->dir, "tiles/0", 0), 0);
}

static unsigned fault_starts(bool stays)
{
	unsigned n = 0;

	for (bool failed = true; failed; n++) {
		struct rig r;

		prepare_hard_start(&r);
		rig_calls_left = (long)n;
		rig_fault_stays = stays;
		struct status s = rig_try_open(&r);

		failed = rig_calls_left < 0 || (stays && rig_calls_left == 0);
		if (ok(s)) {
			assert_true(log_size(r.log) == 90);
			rig_close(&r);
		}
		check_again(&r, 90, 0);
		rig_remove(&r);
	}
	return n - 1;
}

static void starts_fail_cleanly_and_work_the_next_time(void **state)
{
	(void)state;
	unsigned once = fault_starts(false), always = fault_starts(true);

	print_message("# %u and %u fault points\n", once, always);
	assert_true(once > 30 && always > 30);
}

/* The first start, which makes the files. */
static void a_log_that_could_not_be_made_is_made_the_next_time(void **state)
{
	unsigned n = 0;

	(void)state;
	for (bool failed = true; failed; n++) {
		struct rig r;

		rig_new(&r);
		rig_calls_left = (long)n;
		struct status s = rig_try_open(&r);

		failed = rig_calls_left < 0;
		if (ok(s))
			rig_close(&r);
		check_again(&r, 0, 0);
		rig_remove(&r);
	}
	assert_true(n > 15);
}

static void checkpoints_are_old_or_new(void **state)
{
	unsigned n = 0;

	(void)state;
	for (bool failed = true; failed; n++) {
		struct signing keyd;
		struct log_signer signer;
		AUTO(buffer) text = {.max = CHECKPOINT_BYTES_MAX};
		struct checkpoint c;
		struct rig r;

		signing_new(&keyd, &signer);
		rig_new(&r);
		rig_open(&r);
		rig_append(&r, 5);
		assert_ok(log_checkpoint(r.log, &signer));
		rig_append(&r, 5);
		rig_calls_left = (long)n;
		struct status s = log_checkpoint(r.log, &signer);

		failed = rig_calls_left < 0;
		rig_no_faults();
		assert_ok(log_signed(r.log, &text));
		assert_ok(checkpoint_open(buffer_bytes(&text), &keyd.key, &c));
		assert_true(c.head.size == (ok(s) ? 10u : 5u));
		rig_drop(&r);
		rig_open(&r);
		text.len = 0;
		assert_ok(log_signed(r.log, &text));
		assert_ok(checkpoint_open(buffer_bytes(&text), &keyd.key, &c));
		assert_true(c.head.size == 10 || (!ok(s) && c.head.size == 5));
		assert_ok(log_checkpoint(r.log, &signer));
		rig_close(&r);
		rig_remove(&r);
		secret_clear(&keyd.seed);
	}
	assert_true(n > 5);
}

static void a_full_disk_uses_the_reserve_and_says_so(void **state)
{
	struct rig r;
	unsigned batches = 0;

	(void)state;
	rig_new(&r);
	rig_open(&r);
	rig_append(&r, 10);
	assert_int_equal(log_state(r.log), LOG_WRITABLE);
	rig_disk_left = 0;
	struct status s = OK;

	while (ok(s)) {
		s = try_append(&r, 10);
		batches += ok(s) ? 1 : 0;
		if (batches > 5000)
			fail_msg("the reserve has no end");
	}
	assert_int_equal(s.code, ST_FULL);
	assert_int_equal(log_state(r.log), LOG_DEGRADED);
	assert_true(log_size(r.log) == 10 + 10 * batches);
	rig_check(&r, log_size(r.log));
	/* Full from the start: what is there can be read, and nothing is lost. */
	rig_drop(&r);
	rig_disk_left = 0;
	rig_open(&r);
	assert_int_equal(log_state(r.log), LOG_DEGRADED);
	rig_check(&r, 10 + 10 * batches);
	assert_fails(ST_FULL, try_append(&r, 10));
	/* Room again. */
	rig_no_faults();
	assert_ok(try_append(&r, 10));
	assert_int_equal(log_state(r.log), LOG_WRITABLE);
	rig_check(&r, 20 + 10 * batches);
	rig_close(&r);
	rig_remove(&r);
}

static void the_reserve_carries_what_it_promises(void **state)
{
	struct rig r;
	size_t before;

	(void)state;
	rig_new(&r);
	rig_open(&r);
	rig_append(&r, 10);
	rig_disk_left = 0;
	while (log_state(r.log) == LOG_WRITABLE)
		assert_ok(try_append(&r, 10));
	before = rig_end(&r);
	struct status s = OK;

	while (ok(s))
		s = try_append(&r, 1);
	assert_true(rig_end(&r) - before > 90000);
	rig_close(&r);
	rig_remove(&r);
}

/* A child appends and tells what was acknowledged; it is killed at any point. */
static void append_until_killed(struct rig *r, int out)
{
	rig_open(r);
	for (unsigned n = 0;; n++) {
		uint64_t size;

		if (!ok(try_append(r, 1 + n % 5)))
			_exit(1);
		size = log_size(r->log);
		if (write(out, &size, sizeof size) != sizeof size)
			_exit(1);
	}
}

static void a_kill_loses_nothing_that_was_acknowledged(void **state)
{
	struct rig r;

	(void)state;
	rig_new(&r);
	r.options.snapshot_leaves = 50;
	r.options.background = true;
	for (unsigned round = 0; round < 25; round++) {
		int ends[2];
		uint64_t acknowledged = 0, told;

		assert_int_equal(pipe(ends), 0);
		pid_t child = fork();

		assert_true(child >= 0);
		if (child == 0) {
			close(ends[0]);
			append_until_killed(&r, ends[1]);
		}
		close(ends[1]);
		/* So many acknowledgements, then no more: where that is differs from round to round. */
		for (unsigned n = 0; n < 20 + round * 3; n++)
			if (read(ends[0], &told, sizeof told) == sizeof told)
				acknowledged = told;
		kill(child, SIGKILL);
		while (read(ends[0], &told, sizeof told) == sizeof told)
			acknowledged = told;
		close(ends[0]);
		waitpid(child, NULL, 0);
		rig_open(&r);
		assert_true(log_size(r.log) >= acknowledged && log_size(r.log) <= acknowledged + 5);
		if (round % 5 == 4)
			rig_check(&r, log_size(r.log));
		rig_drop(&r);
	}
	rig_open(&r);
	rig_check(&r, log_size(r.log));
	rig_close(&r);
	rig_remove(&r);
}

int main(void)
{
	if (!rig_setup())
		return 1;
	const struct CMUnitTest tests[] = {
		TEST(appends_lose_nothing_that_was_acknowledged),
		TEST(starts_fail_cleanly_and_work_the_next_time),
		TEST(a_log_that_could_not_be_made_is_made_the_next_time),
		TEST(checkpoints_are_old_or_new),
		TEST(a_full_disk_uses_the_reserve_and_says_so),
		TEST(the_reserve_carries_what_it_promises),
		TEST(a_kill_loses_nothing_that_was_acknowledged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
