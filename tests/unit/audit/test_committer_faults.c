/* SPDX-License-Identifier: Apache-2.0 */
/* Every call of log and store made to fail, and the process killed: no change that was told is lost. */
#include "committer_fixture.h"
#include "committer_internal.h"
#include "xaes.h"

/* ---- Faults and kills ---- */

/* Nothing acknowledged is lost; what was not may be there, whole, or not. */
static void check_after(struct site *s, const bool *acknowledged, uint32_t count)
{
	rig_no_faults();
	s->store_os = &rig_quiet;
	site_start(s);
	for (uint32_t i = 0; i < count; i++) {
		const struct hash name = name_of(i);
		const struct row_value row_name = ROW_HASH(&name);
		AUTO(store_snapshot) snapshot = {0};
		AUTO(row) row = {0};

		assert_ok(store_snapshot_new(&s->store, &snapshot));
		bool there = ok(store_get(snapshot.view, TABLE_SETTING, &row_name, &row));

		assert_true(there || !acknowledged[i]);
		check_change(s, i, there);
	}
	stop_all(s);
}

/* However a round ended, the key that its leaves were sealed under went with it (PROMISES#S1). */
static void assert_no_key_stays(struct site *s)
{
	AUTO(buffer) sealed = {.max = 256};

	assert_fails(ST_INVALID,
		     xaes_series_seal(s->committer->draft->series, (struct bytes){0}, BYTES_LITERAL("leaf"), &sealed));
}

static unsigned fault_rounds(const struct os *store_os, bool stays)
{
	unsigned n = 0;

	for (bool met = true; met; n += 1 + n / 40) {
		struct site s;
		bool acknowledged[8] = {false};

		site_new(&s);
		s.rig.options.snapshot_leaves = 3;
		s.store_os = store_os;
		site_start(&s);
		rig_calls_left = (long)n;
		rig_fault_stays = stays;
		for (uint32_t i = 0; i < COUNT(acknowledged); i++) {
			struct change c = change_of(i, 1 + i % 2, NO_FAULT);

			acknowledged[i] = ok(committer_run(s.committer, &c.entry));
			assert_no_key_stays(&s);
		}
		met = rig_calls_left < 0 || (stays && rig_calls_left == 0);
		stop_all(&s);
		check_after(&s, acknowledged, COUNT(acknowledged));
		site_remove(&s);
	}
	return n;
}

static void no_fault_of_the_log_loses_a_change(void **state)
{
	(void)state;
	unsigned once = fault_rounds(&rig_quiet, false), always = fault_rounds(&rig_quiet, true);

	print_message("# %u and %u fault points\n", once, always);
	assert_true(once > 40 && always > 40);
}

static void no_fault_of_log_or_store_loses_a_change(void **state)
{
	(void)state;
	unsigned once = fault_rounds(&rig_os, false), always = fault_rounds(&rig_os, true);

	print_message("# %u and %u fault points\n", once, always);
	assert_true(once > 100 && always > 100);
}

#define KILL_CHANGES 4000

static void change_until_killed(struct site *s, uint32_t from, int out)
{
	if (!ok(site_try(s)))
		_exit(1);
	for (uint32_t i = from; i < KILL_CHANGES; i++) {
		struct change c = change_of(i, 1 + i % 3, NO_FAULT);

		if (!ok(committer_run(s->committer, &c.entry)) || write(out, &i, sizeof i) != sizeof i)
			_exit(1);
	}
	_exit(0);
}

static void a_kill_loses_no_change(void **state)
{
	static bool acknowledged[KILL_CHANGES];
	struct site s;
	uint32_t next = 0;

	(void)state;
	site_new(&s);
	for (unsigned round = 0; round < 12; round++) {
		int ends[2];
		uint32_t number = next;

		assert_int_equal(pipe(ends), 0);
		pid_t child = fork();

		assert_true(child >= 0);
		if (child == 0) {
			close(ends[0]);
			change_until_killed(&s, next, ends[1]);
		}
		close(ends[1]);
		for (unsigned n = 0; n < 10 + round * 7; n++)
			if (read(ends[0], &number, sizeof number) == sizeof number)
				acknowledged[number] = true;
		kill(child, SIGKILL);
		while (read(ends[0], &number, sizeof number) == sizeof number)
			acknowledged[number] = true;
		close(ends[0]);
		waitpid(child, NULL, 0);
		next = number + 2;
		check_after(&s, acknowledged, next);
	}
	assert_true(next > 300);
	site_remove(&s);
}

int main(void)
{
	if (!rig_setup())
		return 1;
	const struct CMUnitTest tests[] = {
		TEST(no_fault_of_the_log_loses_a_change),
		TEST(no_fault_of_log_or_store_loses_a_change),
		TEST(a_kill_loses_no_change),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
