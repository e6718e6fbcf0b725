/* SPDX-License-Identifier: Apache-2.0 */
#include "rig.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bundle.h"
#include "savedlog.h"

static void holds_what_was_appended(void **state)
{
	static const unsigned batches[] = {1, 2, 64, 1, 200, 17, 1, 1};
	struct rig r;
	uint64_t count = 0;

	(void)state;
	rig_new(&r);
	rig_open(&r);
	rig_check(&r, 0);
	for (size_t i = 0; i < COUNT(batches); i++) {
		rig_append(&r, batches[i]);
		count += batches[i];
	}
	rig_check(&r, count);
	assert_int_equal(log_state(r.log), LOG_WRITABLE);
	rig_close(&r);
	assert_int_equal(rig_open_files, 0);
	rig_remove(&r);
}

static void is_the_same_after_it_was_closed_or_killed(void **state)
{
	struct rig r;
	uint64_t count = 0;

	(void)state;
	rig_new(&r);
	for (unsigned round = 0; round < 12; round++) {
		rig_open(&r);
		assert_true(log_size(r.log) == count);
		rig_append(&r, 7);
		rig_append(&r, 1 + round);
		count += 8 + round;
		if (round % 2 == 0)
			rig_close(&r);
		else
			rig_drop(&r);
	}
	r.options.create = false;
	rig_open(&r);
	rig_check(&r, count);
	assert_true(log_cut(r.log) == 0);
	rig_close(&r);
	rig_remove(&r);
}

/* Whatever is derived may be missing, damaged, or of an earlier day. */
static void computes_again_what_is_derived(void **state)
{
	static const char *const names[] = {"offsets", "heads", "heads.before", "tiles/0", "tiles/1", "tiles/2"};
	struct rig r;
	AUTO(buffer) early = {0};

	(void)state;
	rig_new(&r);
	rig_open(&r);
	rig_append(&r, 50);
	rig_close(&r);
	rig_file(&r, "heads", &early);
	rig_open(&r);
	rig_append(&r, 300);
	rig_close(&r);
	for (size_t i = 0; i < COUNT(names); i++) {
		assert_int_equal(unlinkat(r.dir, names[i], 0), 0);
		rig_open(&r);
		rig_check(&r, 350);
		rig_close(&r);
		rig_save_file(&r, names[i], BYTES_LITERAL("short"));
		rig_open(&r);
		rig_check(&r, 350);
		rig_close(&r);
	}
	rig_save_file(&r, "heads", buffer_bytes(&early));
	rig_open(&r);
	rig_check(&r, 350);
	rig_append(&r, 3);
	rig_check(&r, 353);
	rig_close(&r);
	rig_remove(&r);
}

/* The chain ends saved before stand in for damaged ones; only without both the whole log is read. */
static void a_damaged_file_of_chain_ends_costs_one_interval(void **state)
{
	struct rig r;
	AUTO(buffer) batches = {0};
	AUTO(buffer) heads = {0};

	(void)state;
	rig_new(&r);
	rig_open(&r);
	for (unsigned i = 0; i < 10; i++)
		rig_append(&r, 45);
	rig_drop(&r);
	rig_file(&r, "batches", &batches);
	rig_file(&r, "heads", &heads);
	/* Whoever reads from the beginning meets this. */
	batches.bytes[100] ^= 1;
	rig_save_file(&r, "batches", buffer_bytes(&batches));
	heads.bytes[heads.len / 2] ^= 1;
	rig_save_file(&r, "heads", buffer_bytes(&heads));
	rig_open(&r);
	assert_true(log_size(r.log) == 450);
	rig_drop(&r);
	assert_int_equal(unlinkat(r.dir, "heads", 0), 0);
	rig_open(&r);
	assert_true(log_size(r.log) == 450);
	rig_drop(&r);
	assert_int_equal(unlinkat(r.dir, "heads.before", 0), 0);
	assert_fails(ST_CORRUPT, rig_try_open(&r));
	batches.bytes[100] ^= 1;
	rig_save_file(&r, "batches", buffer_bytes(&batches));
	rig_open(&r);
	rig_check(&r, 450);
	rig_close(&r);
	rig_remove(&r);
}

static void refuses_a_directory_without_a_log(void **state)
{
	struct rig r;

	(void)state;
	rig_new(&r);
	r.options.create = false;
	assert_fails(ST_NOT_FOUND, rig_try_open(&r));
	rig_remove(&r);
}

static void time_never_runs_back(void **state)
{
	struct rig r;
	struct event e = rig_event(100), earlier = rig_event(0);
	struct logread_opening o = {0};
	uint64_t index;

	(void)state;
	rig_new(&r);
	rig_open(&r);
	assert_ok(draft_add(r.draft, &e, &index));
	assert_ok(draft_add(r.draft, &earlier, &index));
	assert_ok(log_append(r.log, r.draft));
	assert_ok(draft_add(r.draft, &earlier, &index));
	assert_ok(log_append(r.log, r.draft));
	for (uint64_t i = 0; i < 3; i++) {
		assert_ok(logread_open(r.reader, i, &o));
		assert_true(o.leaf.time == e.time);
	}
	logread_opening_clear(&o);
	rig_close(&r);
	rig_open(&r);
	assert_ok(draft_add(r.draft, &earlier, &index));
	assert_ok(log_append(r.log, r.draft));
	assert_ok(logread_open(r.reader, 3, &o));
	assert_true(o.leaf.time == e.time);
	logread_opening_clear(&o);
	rig_close(&r);
	rig_remove(&r);
}

static void what_is_undone_leaves_no_trace(void **state)
{
	struct rig r;
	uint64_t index;

	(void)state;
	rig_new(&r);
	rig_open(&r);
	rig_append(&r, 11);
	for (unsigned keep = 0; keep < 12; keep++) {
		uint64_t from = log_size(r.log);

		for (unsigned i = 0; i < keep; i++) {
			struct event e = rig_event(from + i);
			assert_ok(draft_add(r.draft, &e, &index));
		}
		for (unsigned i = 0; i < 9; i++) {
			struct event e = rig_event(5 * i + keep);

			e.time += 1000000000;
			assert_ok(draft_add(r.draft, &e, &index));
			assert_true(index == from + keep + i);
		}
		draft_undo(r.draft, keep);
		assert_ok(log_append(r.log, r.draft));
		assert_true(log_size(r.log) == from + keep);
	}
	rig_check(&r, 11 + 66);
	rig_close(&r);
	rig_remove(&r);
}

static void a_full_draft_says_so_and_stays_whole(void **state)
{
	static char detail[PIECE_DETAIL_MAX];
	struct rig r;
	uint64_t index;
	struct status s = OK;
	unsigned count = 0;

	(void)state;
	rig_new(&r);
	rig_open(&r);
	memset(detail, 'x', sizeof detail);
	while (ok(s)) {
		struct event e = rig_event(count);

		e.subject.detail = e.actor.detail = (struct text){detail, sizeof detail};
		s = draft_add(r.draft, &e, &index);
		count += ok(s) ? 1 : 0;
	}
	assert_int_equal(s.code, ST_TOO_MANY);
	assert_int_equal(count, BATCH_LEAVES_MAX);
	assert_ok(log_append(r.log, r.draft));
	assert_true(log_size(r.log) == count);
	rig_close(&r);
	rig_open(&r);
	assert_true(log_size(r.log) == count);
	rig_close(&r);
	rig_remove(&r);
}

static void refuses_an_event_that_no_leaf_can_say(void **state)
{
	struct rig r;
	uint64_t index = 77;
	struct event e = rig_event(0);

	(void)state;
	rig_new(&r);
	rig_open(&r);
	e.actor.address.len = 3;
	assert_fails(ST_INVALID, draft_add(r.draft, &e, &index));
	e = rig_event(0);
	e.subject.id = (struct uuid){{0}};
	assert_fails(ST_INVALID, draft_add(r.draft, &e, &index));
	e = rig_event(0);
	e.kind = LEAF_KINDS;
	assert_fails(ST_INVALID, draft_add(r.draft, &e, &index));
	assert_true(index == 77);
	rig_append(&r, 3);
	rig_check(&r, 3);
	rig_close(&r);
	rig_remove(&r);
}

int main(void)
{
	if (!rig_setup())
		return 1;
	const struct CMUnitTest tests[] = {
		TEST(holds_what_was_appended),
		TEST(is_the_same_after_it_was_closed_or_killed),
		TEST(computes_again_what_is_derived),
		TEST(a_damaged_file_of_chain_ends_costs_one_interval),
		TEST(refuses_a_directory_without_a_log),
		TEST(time_never_runs_back),
		TEST(what_is_undone_leaves_no_trace),
		TEST(a_full_draft_says_so_and_stays_whole),
		TEST(refuses_an_event_that_no_leaf_can_say),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
