/* SPDX-License-Identifier: Apache-2.0 */
/* What was created under an Idempotency-Key is found again under it, by its user, for a bounded time. */
#include "testing.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "limits.h"
#include "repeat.h"
#include "rig.h"

#define FIELD   "\"8e03978e-40d5-43dd-bc93-6894a57f9324\""
#define REQUEST BYTES_LITERAL("POST /v1/uploads of 100")
#define NOW     UINT64_C(1000)

static const struct user_id anna = {{{1}}}, ben = {{{2}}};
static const struct uuid first = {{7}}, second = {{8}};

static struct rig rig;
static struct store store;
static struct store_snapshot snapshot;

static void open_store(void)
{
	assert_ok(store_open(&rig.options, &store));
	assert_ok(store_snapshot_new(&store, &snapshot));
}

static void close_store(void)
{
	store_snapshot_clear(&snapshot);
	store_clear(&store);
}

static int setup(void **state)
{
	(void)state;
	rig = rig_new();
	open_store();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	rig_fault_none();
	close_store();
	rig_end(&rig);
	return 0;
}

static struct repeat asked(const struct user_id *user, const char *field, struct bytes request)
{
	struct repeat out;

	assert_ok(store_snapshot_renew(&snapshot));
	assert_ok(repeat_read(snapshot.view, user, field != NULL ? text_of(field) : (struct text){0}, request, &out));
	return out;
}

static struct status keep(const struct repeat *r, uint64_t now, const struct uuid *made)
{
	AUTO(store_txn) txn = {0};

	TRY(store_begin(&store, &txn));
	TRY(repeat_keep(&txn, r, now, made));
	return store_commit(&txn);
}

static struct status find(const struct repeat *r, uint64_t now, struct uuid *made, bool *found)
{
	TRY(store_snapshot_renew(&snapshot));
	return repeat_find(snapshot.view, r, now, made, found);
}

static bool finds(const struct repeat *r, uint64_t now, const struct uuid *wanted)
{
	struct uuid made = {{0}};
	bool found;

	assert_ok(find(r, now, &made, &found));
	assert_true(!found || uuid_equal(&made, wanted));
	return found;
}

static size_t expire(uint64_t now, uint32_t room)
{
	AUTO(store_txn) txn = {0};
	size_t count;

	assert_ok(store_begin(&store, &txn));
	assert_ok(repeat_expire(&txn, now, room, &count));
	assert_ok(store_commit(&txn));
	return count;
}

static void the_same_request_finds_what_the_first_one_made(void **state)
{
	(void)state;
	const struct repeat r = asked(&anna, FIELD, REQUEST), other = asked(&anna, "\"another\"", REQUEST);

	assert_true(r.keyed);
	assert_false(finds(&r, NOW, &first));
	assert_ok(keep(&r, NOW, &first));
	assert_true(finds(&r, NOW, &first));
	assert_false(finds(&other, NOW, &first));
	close_store();
	open_store();
	const struct repeat again = asked(&anna, FIELD, REQUEST);
	assert_true(finds(&again, NOW, &first));
}

static void another_request_under_the_key_is_refused(void **state)
{
	struct uuid made;
	bool found;

	(void)state;
	const struct repeat r = asked(&anna, FIELD, REQUEST);
	const struct repeat other = asked(&anna, FIELD, BYTES_LITERAL("POST /v1/uploads of 101"));
	assert_ok(keep(&r, NOW, &first));
	assert_fails(ST_MISMATCH, find(&other, NOW, &made, &found));
	assert_false(found);
}

static void a_key_belongs_to_its_user(void **state)
{
	(void)state;
	const struct repeat r = asked(&anna, FIELD, REQUEST), his = asked(&ben, FIELD, REQUEST);

	assert_ok(keep(&r, NOW, &first));
	assert_false(finds(&his, NOW, &first));
	assert_ok(keep(&his, NOW, &second));
	assert_true(finds(&r, NOW, &first));
	assert_true(finds(&his, NOW, &second));
}

static void without_a_key_nothing_is_kept(void **state)
{
	(void)state;
	const struct repeat r = asked(&anna, NULL, REQUEST);

	assert_false(r.keyed);
	assert_ok(keep(&r, NOW, &first));
	assert_false(finds(&r, NOW, &first));
	assert_int_equal(expire(NOW + LIMIT_UPLOAD_AGE_MS, LIMIT_PAGE), 0);
}

static void refuses_a_malformed_key(void **state)
{
	static const char *const bad[] = {"",          "\"\"",     "key",    "\"key", "\"key\";a=1",
					  "\"a\x01\"", "\"a\"b\"", "\"a\\\""};
	char longest[LIMIT_IDEMPOTENCY_KEY + 4] = "\"";
	struct repeat out;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_fails(ST_INVALID, repeat_read(snapshot.view, &anna, text_of(bad[i]), REQUEST, &out));
	memset(longest + 1, 'k', LIMIT_IDEMPOTENCY_KEY);
	longest[LIMIT_IDEMPOTENCY_KEY + 1] = '"';
	assert_ok(repeat_read(snapshot.view, &anna, text_of(longest), REQUEST, &out));
	longest[LIMIT_IDEMPOTENCY_KEY + 1] = 'k';
	longest[LIMIT_IDEMPOTENCY_KEY + 2] = '"';
	assert_fails(ST_INVALID, repeat_read(snapshot.view, &anna, text_of(longest), REQUEST, &out));
	assert_false(out.keyed);
}

static void a_key_ends_with_the_age_of_an_upload(void **state)
{
	const uint64_t end = NOW + LIMIT_UPLOAD_AGE_MS;

	(void)state;
	const struct repeat r = asked(&anna, FIELD, REQUEST), his = asked(&ben, FIELD, REQUEST);
	assert_ok(keep(&r, NOW, &first));
	assert_ok(keep(&his, NOW + 1, &first));
	assert_true(finds(&r, end - 1, &first));
	assert_int_equal(expire(end - 1, LIMIT_PAGE), 0);
	/* It counts no more, whether it was removed yet or not; then it may stand for another request. */
	assert_false(finds(&r, end, &first));
	assert_int_equal(expire(end, LIMIT_PAGE), 1);
	assert_int_equal(expire(end, LIMIT_PAGE), 0);
	assert_true(finds(&his, end, &first));
	const struct repeat other = asked(&ben, FIELD, BYTES_LITERAL("something else"));
	assert_false(finds(&other, end + 1, &first));
	assert_ok(keep(&other, end + 1, &second));
	assert_true(finds(&other, end + 1, &second));
}

static void no_more_are_removed_than_there_is_room_for(void **state)
{
	char field[8] = "\"k0\"";

	(void)state;
	for (size_t i = 0; i < 5; i++, field[2]++) {
		const struct repeat r = asked(&anna, field, REQUEST);
		assert_ok(keep(&r, NOW, &first));
	}
	assert_int_equal(expire(NOW + LIMIT_UPLOAD_AGE_MS, 0), 0);
	assert_int_equal(expire(NOW + LIMIT_UPLOAD_AGE_MS, 3), 3);
	assert_int_equal(expire(NOW + LIMIT_UPLOAD_AGE_MS, 3), 2);
}

/** Whether call ${at} was reached; then the key is there whole or not at all. */
static bool fail_at(long at, bool persistent)
{
	char field[32];
	struct uuid made = {{0}};
	bool found;

	(void)snprintf(field, sizeof field, "\"%ld %d\"", at, persistent);
	const struct repeat r = asked(&anna, field, REQUEST);
	rig_fault_from(at, persistent, EIO);
	const struct status s = keep(&r, NOW, &first);
	const bool reached = rig_fault.calls > at;
	rig_fault_none();
	close_store();
	open_store();
	assert_ok(find(&r, NOW, &made, &found));
	assert_true(!ok(s) || found);
	assert_true(!found || uuid_equal(&made, &first));
	return reached;
}

static void a_failing_call_keeps_all_or_nothing(void **state)
{
	(void)state;
	close_store();
	rig.options.os = &rig_faulty;
	open_store();
	for (int persistent = 0; persistent < 2; persistent++) {
		long at = 0;
		while (fail_at(at, persistent != 0))
			at++;
		assert_true(at > 0);
	}
}

int main(void)
{
#define FRESH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		FRESH(the_same_request_finds_what_the_first_one_made),
		FRESH(another_request_under_the_key_is_refused),
		FRESH(a_key_belongs_to_its_user),
		FRESH(without_a_key_nothing_is_kept),
		FRESH(refuses_a_malformed_key),
		FRESH(a_key_ends_with_the_age_of_an_upload),
		FRESH(no_more_are_removed_than_there_is_room_for),
		FRESH(a_failing_call_keeps_all_or_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
