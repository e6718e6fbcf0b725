/* SPDX-License-Identifier: Apache-2.0 */
/* The idle limit (PROMISES#K13). */
#include "testing.h"

#include <pthread.h>
#include <stdatomic.h>

#include "presence.h"
#include "secret.h"

#define IDLE 900000ull

static struct presence *p;

static int setup(void **state)
{
	(void)state;
	return ok(secret_setup()) && ok(presence_new(0, &p)) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	presence_free(p);
	return 0;
}

/** Numbers side by side want slots side by side. */
static struct session_id session_number(uint64_t n)
{
	struct session_id id = {.uuid = {{0x01, 0x93, [8] = 0x80}}};

	for (size_t i = 0; i < 7; i++)
		id.uuid.bytes[9 + i] = (uint8_t)(n >> 8 * i);
	return id;
}

static void each_use_begins_the_idle_time_anew(void **state)
{
	struct session_id id = session_number(1);
	uint64_t now = 1;

	(void)state;
	for (int i = 0; i < 10; i++, now += IDLE)
		assert_ok(presence_touch(p, &id, now, IDLE));
	assert_fails(ST_UNPROVEN, presence_touch(p, &id, now + 1, IDLE));
}

static void once_idle_no_request_revives_it(void **state)
{
	struct session_id id = session_number(1), other = session_number(2);

	(void)state;
	assert_ok(presence_touch(p, &id, 1, IDLE));
	assert_ok(presence_touch(p, &other, IDLE, IDLE));
	assert_fails(ST_UNPROVEN, presence_touch(p, &id, IDLE + 2, IDLE));
	assert_fails(ST_UNPROVEN, presence_touch(p, &id, IDLE + 2, IDLE));
	/* Not even one whose loop read its clock before. */
	assert_fails(ST_UNPROVEN, presence_touch(p, &id, 5, IDLE));
	assert_ok(presence_touch(p, &other, IDLE + 2, IDLE));
}

static void a_loop_whose_clock_is_behind_is_no_idleness(void **state)
{
	struct session_id id = session_number(1);

	(void)state;
	assert_ok(presence_touch(p, &id, IDLE, IDLE));
	assert_ok(presence_touch(p, &id, IDLE - 10, IDLE));
}

static void forgetting_frees_its_place_and_no_other(void **state)
{
	/* Numbers that differ by the table's size want the same slot. */
	(void)state;
	for (uint64_t i = 0; i < 8; i++) {
		struct session_id id = session_number(7 + 1024 * i), near = session_number(8 + i);
		assert_ok(presence_touch(p, &id, 1 + i, IDLE));
		assert_ok(presence_touch(p, &near, 1 + i, IDLE));
	}
	for (uint64_t i = 0; i < 8; i += 2) {
		struct session_id id = session_number(7 + 1024 * i);
		presence_forget(p, &id);
		presence_forget(p, &id);
	}
	/* The rest still knows when it was used. */
	for (uint64_t i = 1; i < 8; i += 2) {
		struct session_id id = session_number(7 + 1024 * i);
		assert_fails(ST_UNPROVEN, presence_touch(p, &id, IDLE + 2 + i, IDLE));
	}
	for (uint64_t i = 0; i < 8; i++) {
		struct session_id near = session_number(8 + i);
		assert_fails(ST_UNPROVEN, presence_touch(p, &near, IDLE + 2 + i, IDLE));
	}
	struct session_id again = session_number(7);
	assert_ok(presence_begin(p, &again, 10 * IDLE));
	assert_ok(presence_touch(p, &again, 11 * IDLE, IDLE));
}

static void what_was_not_used_since_the_start_is_idle_from_then_on(void **state)
{
	struct session_id old = session_number(1), used = session_number(2);

	(void)state;
	assert_int_equal(presence_unused(p, &old, IDLE + 7), IDLE + 7);
	assert_ok(presence_touch(p, &used, IDLE, IDLE));
	assert_fails(ST_UNPROVEN, presence_touch(p, &old, IDLE + 1, IDLE));
	assert_true(presence_unused(p, &old, IDLE + 1) == UINT64_MAX);
	assert_ok(presence_touch(p, &used, 2 * IDLE, IDLE));
	assert_int_equal(presence_unused(p, &used, 2 * IDLE + 9), 9);
}

static void opening_begins_the_idle_time(void **state)
{
	struct session_id id = session_number(1);

	(void)state;
	assert_ok(presence_begin(p, &id, 5 * IDLE));
	assert_int_equal(presence_unused(p, &id, 5 * IDLE - 3), 0);
	assert_ok(presence_touch(p, &id, 6 * IDLE, IDLE));
	assert_fails(ST_UNPROVEN, presence_touch(p, &id, 7 * IDLE + 1, IDLE));
}

static void grows_and_loses_none(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 20000; i++) {
		struct session_id id = session_number(i * 0x9e3779b1);
		assert_ok(presence_touch(p, &id, 1, IDLE));
	}
	for (uint64_t i = 0; i < 20000; i++) {
		struct session_id id = session_number(i * 0x9e3779b1);
		assert_fails(ST_UNPROVEN, presence_touch(p, &id, IDLE + 2, IDLE));
		presence_forget(p, &id);
		assert_ok(presence_begin(p, &id, IDLE + 2));
		assert_int_equal(presence_unused(p, &id, IDLE + 5), 3);
	}
}

static _Atomic unsigned revived;

static void *use_many(void *context)
{
	const uint64_t from = *(const uint64_t *)context;

	for (uint64_t i = 0; i < 4000; i++) {
		struct session_id mine = session_number(from + i), shared = session_number(1);
		if (!ok(presence_touch(p, &mine, 1 + i, IDLE)))
			atomic_fetch_add(&revived, 1);
		/* Idle already: whoever comes first, all are refused. */
		if (ok(presence_touch(p, &shared, 3 * IDLE + i, IDLE)))
			atomic_fetch_add(&revived, 1);
		if (i % 3 == 0)
			presence_forget(p, &mine);
	}
	return NULL;
}

static void loops_share_it(void **state)
{
	pthread_t threads[4];
	uint64_t from[4] = {1u << 20, 2u << 20, 3u << 20, 4u << 20};
	struct session_id shared = session_number(1);

	(void)state;
	assert_ok(presence_touch(p, &shared, 1, IDLE));
	for (size_t i = 0; i < COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, use_many, &from[i]), 0);
	for (size_t i = 0; i < COUNT(threads); i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(atomic_load(&revived), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define EACH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		EACH(each_use_begins_the_idle_time_anew),
		EACH(once_idle_no_request_revives_it),
		EACH(a_loop_whose_clock_is_behind_is_no_idleness),
		EACH(forgetting_frees_its_place_and_no_other),
		EACH(what_was_not_used_since_the_start_is_idle_from_then_on),
		EACH(opening_begins_the_idle_time),
		EACH(grows_and_loses_none),
		EACH(loops_share_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
