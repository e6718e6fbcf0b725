/* SPDX-License-Identifier: Apache-2.0 */
#include "store_fixture.h"

static void reopen(void)
{
	store_clear(&store);
	assert_ok(store_open(&rig.options, &store));
}

static void what_is_committed_is_read_after_reopening(void **state)
{
	(void)state;
	AUTO(store_snapshot) snapshot = {0};
	AUTO(row) row = {0};

	assert_ok(rig_commit_user(&store, 1, "anna"));
	reopen();
	assert_ok(store_snapshot_new(&store, &snapshot));
	assert_ok(get_user(snapshot.view, 1, &row));
	assert_login(&row, "anna");
	assert_int_equal(row_number(&row, COLUMN_USER_SEQ), 1);
	assert_fails(ST_NOT_FOUND, get_user(snapshot.view, 2, &row));
	store_snapshot_clear(&snapshot);
}

static void no_change_without_its_audit_event(void **state)
{
	(void)state;
	struct uuid id = rig_patient(1);
	struct hash token;
	struct row row = rig_user(&id, &token, "anna");
	AUTO(row) got = {0};
	AUTO(store_txn) txn = {0};

	assert_ok(store_begin(&store, &txn));
	assert_ok(store_put(&txn, &row));
	assert_fails(ST_UNAUDITED, store_commit(&txn));
	assert_ok(store_begin(&store, &txn));
	assert_fails(ST_NOT_FOUND, get_user(txn.view, 1, &got));
	const struct row_value key[] = {ROW_UUID(&id)};
	assert_fails(ST_NOT_FOUND, store_remove(&txn, TABLE_USER, key));
	assert_ok(store_commit(&txn));
	assert_ok(rig_commit_user(&store, 1, "anna"));
	assert_ok(store_begin(&store, &txn));
	assert_ok(store_remove(&txn, TABLE_USER, key));
	assert_fails(ST_UNAUDITED, store_commit(&txn));
}

static void bookkeeping_needs_no_event(void **state)
{
	(void)state;
	struct row row = {.table = TABLE_IDEMPOTENCY,
			  .plain = {ROW_HASH(&(struct hash){{1}}), ROW_NUMBER(5)},
			  .secret = {BYTES_LITERAL("answer")}};
	AUTO(store_txn) txn = {0};

	assert_ok(store_begin(&store, &txn));
	assert_ok(store_put(&txn, &row));
	assert_ok(store_commit(&txn));
}

static struct status put_in_savepoint(struct store_txn *txn, uint8_t n, const char *name, bool audited)
{
	struct uuid id = rig_patient(n);
	struct hash token;
	struct row row = rig_user(&id, &token, name);

	TRY(store_savepoint(txn));
	struct status s = store_put(txn, &row);
	if (!ok(s)) {
		TRY(store_savepoint_undo(txn));
		return s;
	}
	if (audited)
		TRY(store_txn_audit(txn, BYTES_LITERAL("event"), NULL));
	return store_savepoint_keep(txn);
}

static void a_savepoint_fails_alone(void **state)
{
	(void)state;
	AUTO(store_txn) txn = {0};
	AUTO(row) row = {0};

	assert_ok(store_begin(&store, &txn));
	assert_ok(put_in_savepoint(&txn, 1, "anna", true));
	assert_fails(ST_UNAUDITED, put_in_savepoint(&txn, 2, "bert", false));
	/* The login is unique. */
	assert_fails(ST_CONFLICT, put_in_savepoint(&txn, 3, "anna", true));
	assert_ok(put_in_savepoint(&txn, 4, "cleo", true));
	assert_fails(ST_INVALID, store_savepoint_keep(&txn));
	assert_ok(store_commit(&txn));
	AUTO(store_snapshot) snapshot = {0};
	assert_ok(store_snapshot_new(&store, &snapshot));
	assert_ok(get_user(snapshot.view, 1, &row));
	assert_fails(ST_NOT_FOUND, get_user(snapshot.view, 2, &row));
	assert_fails(ST_NOT_FOUND, get_user(snapshot.view, 3, &row));
	assert_ok(get_user(snapshot.view, 4, &row));
}

static void an_event_of_another_change_does_not_count(void **state)
{
	(void)state;
	struct uuid id = rig_patient(1);
	struct hash token;
	struct row row = rig_user(&id, &token, "anna");
	AUTO(store_txn) txn = {0};

	assert_ok(store_begin(&store, &txn));
	assert_ok(store_put(&txn, &row));
	assert_ok(put_in_savepoint(&txn, 2, "bert", true));
	assert_fails(ST_UNAUDITED, store_commit(&txn));
}

static void sequence_numbers_only_grow(void **state)
{
	(void)state;
	uint64_t before, after, event;
	AUTO(store_txn) txn = {0};
	AUTO(row) row = {0};

	assert_ok(rig_commit_user(&store, 1, "anna"));
	assert_ok(rig_commit_user(&store, 1, "anna"));
	reopen();
	assert_ok(store_begin(&store, &txn));
	assert_ok(store_sequence(txn.view, &before));
	assert_int_equal(before, 4); /* two users, two events */
	assert_ok(store_txn_audit(&txn, BYTES_LITERAL("event"), &event));
	assert_int_equal(event, 5);
	assert_ok(store_commit(&txn));
	assert_ok(store_begin(&store, &txn));
	assert_ok(store_sequence(txn.view, &after));
	assert_int_equal(after, 5);
	assert_ok(get_user(txn.view, 1, &row));
	assert_int_equal(row_number(&row, COLUMN_USER_SEQ), 3);
}

static void insert_refuses_what_is_there(void **state)
{
	(void)state;
	struct uuid id = rig_patient(1);
	struct hash token;
	struct row row = rig_user(&id, &token, "bert");
	AUTO(store_txn) txn = {0};

	assert_ok(rig_commit_user(&store, 1, "anna"));
	assert_ok(store_begin(&store, &txn));
	struct status s = store_insert(&txn, &row);
	assert_int_equal(s.code, ST_CONFLICT);
	assert_string_equal(s.what, "user");
}

static void values_that_do_not_fit_are_refused(void **state)
{
	(void)state;
	struct uuid id = rig_patient(1);
	struct hash token;
	struct row row = rig_user(&id, &token, "anna");
	struct row number = {.table = TABLE_OUTBOX, .plain = {ROW_NUMBER(1ull << 63)}};
	AUTO(store_txn) txn = {0};

	assert_ok(store_begin(&store, &txn));
	row.plain[COLUMN_USER_LOGIN_TOKEN].bytes.len = 31;
	assert_fails(ST_INVALID, store_put(&txn, &row));
	assert_fails(ST_INVALID, store_put(&txn, &number));
	static uint8_t large[LIMIT_ROW_BYTES + 1];
	number = (struct row){.table = TABLE_OUTBOX, .plain = {ROW_NUMBER(1)}, .secret = {BYTES_OF(large)}};
	assert_fails(ST_TOO_BIG, store_put(&txn, &number));
	number.secret[0].len = LIMIT_ROW_BYTES - 4;
	assert_ok(store_put(&txn, &number));
}

static void one_transaction_at_a_time(void **state)
{
	(void)state;
	AUTO(store_txn) txn = {0};
	AUTO(store_txn) second = {0};

	assert_ok(store_begin(&store, &txn));
	assert_fails(ST_BUSY, store_begin(&store, &second));
	store_txn_clear(&txn);
	assert_ok(store_begin(&store, &second));
}

static void a_second_store_on_the_same_data_is_refused(void **state)
{
	(void)state;
	struct store second = {0};

	assert_fails(ST_BUSY, store_open(&rig.options, &second));
	store_clear(&store);
	assert_ok(store_open(&rig.options, &second));
	store_clear(&second);
	assert_ok(store_open(&rig.options, &store));
}

static void other_keys_are_refused(void **state)
{
	(void)state;
	store_clear(&store);
	rig.options.keys = rig_other_keys;
	assert_fails(ST_CORRUPT, store_open(&rig.options, &store));
	rig.options.keys = rig_keys;
	assert_ok(store_open(&rig.options, &store));
}

static void a_missing_database_is_not_made_unasked(void **state)
{
	(void)state;
	struct rig empty = rig_new();
	struct store none = {0};

	empty.options.create = false;
	assert_fails(ST_NOT_FOUND, store_open(&empty.options, &none));
	empty.options.create = true;
	assert_ok(store_open(&empty.options, &none));
	store_clear(&none);
	rig_end(&empty);
}

int main(void)
{
#define FRESH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		FRESH(what_is_committed_is_read_after_reopening),
		FRESH(no_change_without_its_audit_event),
		FRESH(bookkeeping_needs_no_event),
		FRESH(a_savepoint_fails_alone),
		FRESH(an_event_of_another_change_does_not_count),
		FRESH(sequence_numbers_only_grow),
		FRESH(insert_refuses_what_is_there),
		FRESH(values_that_do_not_fit_are_refused),
		FRESH(one_transaction_at_a_time),
		FRESH(a_second_store_on_the_same_data_is_refused),
		FRESH(other_keys_are_refused),
		FRESH(a_missing_database_is_not_made_unasked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
