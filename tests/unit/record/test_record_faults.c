/* SPDX-License-Identifier: Apache-2.0 */
/* A change in which every system call fails in turn: afterwards it is there as a whole or not at all. */
#include <errno.h>

#include "server.h"

#define STATEMENTS_BEFORE 12
#define STATEMENTS_AFTER  16

static uint64_t rows_of(struct server *s, enum table_id table)
{
	AUTO(store_snapshot) snapshot = {0};
	const struct store_range all = {.index = TABLE_NONE};
	uint64_t count = 0;

	assert_ok(store_snapshot_new(&s->store, &snapshot));
	assert_ok(store_count(snapshot.view, table, &all, &count));
	return count;
}

/** Carl is given access, with new keys, and anna writes under them. */
static void build_change(struct server *s)
{
	const struct actor *anna = &s->reader.w.anna;

	assert_ok(server_grant(s, anna, &s->reader.w.carl, 7, 0));
	server_rekey(s, anna);
	assert_ok(server_record(s, anna, COMPARTMENT_BOTH, NULL));
}

static void check_whole(struct server *s, bool answered)
{
	const uint64_t count = rows_of(s, TABLE_STATEMENT);
	const bool there = count == STATEMENTS_AFTER;
	AUTO(store_snapshot) snapshot = {0};
	const struct record_id record = {uuid_of(RECORD)};
	struct record_state found;
	struct permit_room room;

	assert_true(there || count == STATEMENTS_BEFORE);
	assert_true(there || !answered);
	assert_ok(store_snapshot_new(&s->store, &snapshot));
	assert_int_equal(ok(facts_record(snapshot.view, &record, &found)), there);
	assert_int_equal(rows_of(s, TABLE_VERSION), there);
	uint64_t used;
	assert_ok(quota_used(snapshot.view, NULL, &used));
	assert_int_equal(used, there ? quota_of_version(0) : 0);
	assert_int_equal(server_pass(s, snapshot.view, &s->reader.w.carl, PERMIT_READ_IDENTIFYING, &room) != NULL,
			 there);
}

/** run(at, persistent): whether call number ${at} was reached. */
static bool run(long at, bool persistent)
{
	AUTO(server) s = {.rig = rig_new()};

	rig_fault_none();
	s.rig.options.os = &rig_faulty;
	server_begin_in(&s);
	server_file(&s);
	build_change(&s);
	rig_fault_from(at, persistent, EIO);
	const struct status done = server_run(&s, &s.reader.w.anna.id);
	const bool met = rig_fault.calls > at;
	rig_fault_none();
	server_close(&s);
	server_open(&s);
	check_whole(&s, ok(done));
	/* Sent again, it is there, once. */
	assert_ok(server_send(&s, &s.reader.w.anna));
	assert_int_equal(rows_of(&s, TABLE_STATEMENT), STATEMENTS_AFTER);
	return met;
}

static void a_failing_call_leaves_all_or_nothing(void **state)
{
	long at = 0;

	(void)state;
	while (run(at, false))
		at++;
	assert_true(at > 0);
	print_message("# %ld calls failed\n", at);
}

static void calls_that_go_on_failing_leave_all_or_nothing(void **state)
{
	long at = 0;

	(void)state;
	while (run(at, true))
		at++;
	assert_true(at > 0);
}

static int setup(void **state)
{
	(void)state;
	return ok(secret_setup()) && ok(crypto_setup()) ? 0 : 1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_failing_call_leaves_all_or_nothing),
		TEST(calls_that_go_on_failing_leave_all_or_nothing),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}
