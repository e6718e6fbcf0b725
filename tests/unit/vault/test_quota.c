/* SPDX-License-Identifier: Apache-2.0 */
/* What is stored is counted in the transaction that stores it, and no limit is passed. */
#include "testing.h"

#include <errno.h>

#include "chest.h"
#include "limits.h"
#include "quota.h"

static const struct user_id anna = {{{1}}}, ben = {{{2}}};
static const struct quota_limits disk = {0, 0};

static uint64_t used(const struct user_id *owner)
{
	uint64_t out = 0;

	assert_ok(store_snapshot_renew(&chest.snapshot));
	assert_ok(quota_used(chest.snapshot.view, owner, &out));
	store_snapshot_rest(&chest.snapshot);
	return out;
}

static struct status charge(const struct quota_limits *limits, const struct user_id *owner, uint64_t more,
			    struct quota_met *met)
{
	AUTO(store_txn) txn = {0};

	TRY(store_begin(&chest.store, &txn));
	TRY(quota_charge(&txn, limits, owner, more, met));
	return store_commit(&txn);
}

static struct status release(const struct user_id *owner, uint64_t less)
{
	AUTO(store_txn) txn = {0};

	TRY(store_begin(&chest.store, &txn));
	TRY(quota_free(&txn, owner, less));
	return store_commit(&txn);
}

static void what_is_stored_counts_for_its_owner_and_the_site(void **state)
{
	struct quota_met met;

	(void)state;
	assert_int_equal(used(NULL), 0);
	assert_ok(charge(&disk, &anna, 100, &met));
	assert_ok(charge(&disk, &ben, 30, &met));
	assert_ok(charge(&disk, &anna, 5, &met));
	assert_int_equal(used(&anna), 105);
	assert_int_equal(used(&ben), 30);
	assert_int_equal(used(NULL), 135);
	assert_ok(release(&anna, 100));
	assert_int_equal(used(&anna), 5);
	assert_int_equal(used(NULL), 35);
	/* More than there was frees what there was. */
	assert_ok(release(&anna, 10));
	assert_int_equal(used(&anna), 0);
	chest_close();
	assert_ok(chest_open());
	assert_int_equal(used(&ben), 30);
}

static void a_limit_is_reached_and_never_passed(void **state)
{
	static const struct quota_limits limits = {.site = 1000, .owner = 600};
	struct quota_met met = {0};

	(void)state;
	assert_ok(charge(&limits, &anna, 600, &met));
	assert_fails(ST_FULL, charge(&limits, &anna, 1, &met));
	assert_string_equal(met.name, "quota.owner");
	assert_int_equal(met.limit, 600);
	assert_int_equal(met.used, 600);
	assert_fails(ST_FULL, charge(&limits, &ben, 401, &met));
	assert_string_equal(met.name, "quota.site");
	assert_int_equal(met.used, 600);
	assert_ok(charge(&limits, &ben, 400, &met));
	assert_int_equal(used(NULL), 1000);
	assert_fails(ST_FULL, charge(&limits, &ben, UINT64_MAX, &met));
	assert_fails(ST_TOO_BIG, charge(&disk, &ben, UINT64_MAX, &met));
	assert_int_equal(used(NULL), 1000);
	/* Only what is freed makes room. */
	assert_ok(release(&anna, 200));
	assert_ok(charge(&limits, &ben, 200, &met));
}

static void a_limit_set_below_what_is_used_takes_no_more(void **state)
{
	static const struct quota_limits lower = {.site = 50, .owner = 0};
	struct quota_met met = {0};

	(void)state;
	assert_ok(charge(&disk, &anna, 100, &met));
	assert_fails(ST_FULL, charge(&lower, &anna, 1, &met));
	assert_int_equal(met.used, 100);
	assert_ok(charge(&lower, &anna, 0, &met));
}

static void room_is_what_the_nearest_limit_leaves(void **state)
{
	static const struct quota_limits limits = {.site = 1000, .owner = 600};
	struct quota_met met = {0};
	uint64_t left;

	(void)state;
	assert_ok(charge(&disk, &ben, 700, &met));
	assert_ok(store_snapshot_renew(&chest.snapshot));
	assert_ok(quota_left(chest.snapshot.view, &limits, &anna, &left, &met));
	assert_int_equal(left, 300);
	assert_string_equal(met.name, "quota.site");
	assert_ok(quota_left(chest.snapshot.view, &limits, &ben, &left, &met));
	assert_int_equal(left, 0);
	assert_string_equal(met.name, "quota.owner");
	assert_ok(quota_left(chest.snapshot.view, &disk, &ben, &left, &met));
	assert_true(left == UINT64_MAX);
	store_snapshot_rest(&chest.snapshot);
}

static void what_was_undone_was_not_stored(void **state)
{
	AUTO(store_txn) txn = {0};
	struct quota_met met;

	(void)state;
	assert_ok(store_begin(&chest.store, &txn));
	assert_ok(store_savepoint(&txn));
	assert_ok(quota_charge(&txn, &disk, &anna, 10, &met));
	assert_ok(store_savepoint_undo(&txn));
	assert_ok(quota_charge(&txn, &disk, &ben, 5, &met));
	assert_ok(store_commit(&txn));
	assert_int_equal(used(&anna), 0);
	assert_int_equal(used(NULL), 5);
}

static void an_upload_counts_what_was_announced_or_what_it_has(void **state)
{
	struct row_big length;
	struct row row = {.table = TABLE_UPLOAD};
	uint64_t counted;

	(void)state;
	assert_ok(quota_of_upload(&row, &counted));
	assert_int_equal(counted, QUOTA_BESIDE);
	row.plain[COLUMN_UPLOAD_SIZE].number = 70;
	assert_ok(quota_of_upload(&row, &counted));
	assert_int_equal(counted, 70 + QUOTA_BESIDE);
	row.secret[SECRET_UPLOAD_LENGTH] = row_number_bytes(&length, 100);
	assert_ok(quota_of_upload(&row, &counted));
	assert_int_equal(counted, 100 + QUOTA_BESIDE);
	row.secret[SECRET_UPLOAD_LENGTH].len = 7;
	assert_fails(ST_CORRUPT, quota_of_upload(&row, &counted));
}

static void an_upload_that_expires_counts_no_more(void **state)
{
	AUTO(vault_writer) w = {0};
	AUTO(store_txn) txn = {0};
	AUTO(row) row = {0};
	const struct uuid id = chest_object(1);
	const struct row_value key[] = {ROW_UUID(&id)};
	struct uuid expired[4];
	struct quota_met met;
	size_t count;

	(void)state;
	assert_ok(vault_write_begin(chest.vault, &id, &w));
	assert_ok(vault_write(&w, bytes_of(chest.content, 1000)));
	assert_ok(chest_keep(&w));
	vault_writer_clear(&w);
	assert_ok(store_begin(&chest.store, &txn));
	assert_ok(store_get(txn.view, TABLE_UPLOAD, key, &row));
	const struct user_id user = {row_uuid(&row, COLUMN_UPLOAD_USER)};
	assert_ok(quota_charge(&txn, &disk, &user, quota_of_version(1000), &met));
	assert_ok(store_commit(&txn));
	assert_int_equal(used(NULL), quota_of_version(1000));
	assert_ok(store_begin(&chest.store, &txn));
	assert_ok(vault_expire(&txn, 1000 + LIMIT_UPLOAD_AGE_MS, expired, COUNT(expired), &count));
	assert_int_equal(count, 1);
	assert_ok(store_commit(&txn));
	assert_int_equal(used(NULL), 0);
	assert_int_equal(used(&user), 0);
}

/** fail_at(at, persistent): whether call ${at} was reached. */
static bool fail_at(long at, bool persistent)
{
	const uint64_t before = used(NULL);
	struct quota_met met;

	rig_fault_from(at, persistent, EIO);
	const struct status s = charge(&disk, &anna, 10, &met);
	const bool reached = rig_fault.calls > at;
	rig_fault_none();
	chest_close();
	assert_ok(chest_open());
	const uint64_t after = used(NULL);
	assert_true(after == before + 10 || (!ok(s) && after == before));
	assert_int_equal(used(&anna), after);
	return reached;
}

static void a_failing_call_counts_all_or_nothing(void **state)
{
	(void)state;
	chest_close();
	chest.rig.options.os = &rig_faulty;
	assert_ok(chest_open());
	for (int persistent = 0; persistent < 2; persistent++) {
		long at = 0;
		while (fail_at(at, persistent != 0))
			at++;
		assert_true(at > 0);
	}
}

int main(void)
{
#define FRESH(f) cmocka_unit_test_setup_teardown(f, chest_setup, chest_teardown)
	const struct CMUnitTest tests[] = {
		FRESH(what_is_stored_counts_for_its_owner_and_the_site),
		FRESH(a_limit_is_reached_and_never_passed),
		FRESH(a_limit_set_below_what_is_used_takes_no_more),
		FRESH(room_is_what_the_nearest_limit_leaves),
		FRESH(what_was_undone_was_not_stored),
		FRESH(an_upload_counts_what_was_announced_or_what_it_has),
		FRESH(an_upload_that_expires_counts_no_more),
		FRESH(a_failing_call_counts_all_or_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
