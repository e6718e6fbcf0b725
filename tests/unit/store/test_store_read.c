/* SPDX-License-Identifier: Apache-2.0 */
/* Snapshots, scans, indices, destroyed keys. */
#include "store_fixture.h"

static void a_peek_shows_plain_columns_and_asks_for_no_key(void **state)
{
	(void)state;
	static const struct hash head = {{1}};
	const struct uuid id = rig_patient(201), none = rig_patient(202), owner = rig_patient(3);
	const struct row_value there[] = {ROW_UUID(&id)}, nowhere[] = {ROW_UUID(&none)};
	struct row written = {.table = TABLE_PATIENT,
			      .plain = {ROW_UUID(&id), ROW_UUID(&owner)},
			      .secret = {hash_bytes(&head), BYTES_LITERAL("\1")}};
	AUTO(store_txn) txn = {0};
	AUTO(row) row = {0};

	assert_ok(store_begin(&store, &txn));
	assert_ok(store_put(&txn, &written));
	assert_ok(store_get(txn.view, TABLE_PATIENT, there, &row));
	rig_destroy(&id);
	assert_fails(ST_GONE, store_get(txn.view, TABLE_PATIENT, there, &row));
	assert_ok(store_peek(txn.view, TABLE_PATIENT, there, &row));
	const struct uuid got = row_uuid(&row, COLUMN_PATIENT_OWNER);
	assert_true(uuid_equal(&got, &owner));
	assert_int_equal(row_number(&row, COLUMN_PATIENT_SEQ), 1);
	assert_int_equal(row.state, ROW_CLOSED);
	assert_int_equal(row.secret[SECRET_PATIENT_HEAD].len, 0);
	assert_fails(ST_NOT_FOUND, store_peek(txn.view, TABLE_PATIENT, nowhere, &row));
	store_txn_clear(&txn);
}

static void a_snapshot_does_not_move_by_itself(void **state)
{
	(void)state;
	AUTO(store_snapshot) snapshot = {0};
	AUTO(row) row = {0};

	assert_ok(store_snapshot_new(&store, &snapshot));
	assert_ok(rig_commit_user(&store, 1, "anna"));
	assert_fails(ST_NOT_FOUND, get_user(snapshot.view, 1, &row));
	assert_ok(store_snapshot_renew(&snapshot));
	assert_ok(get_user(snapshot.view, 1, &row));
	assert_ok(store_snapshot_renew(&snapshot));
	assert_ok(get_user(snapshot.view, 1, &row));
}

static void a_resting_snapshot_lets_the_log_go(void **state)
{
	(void)state;
	AUTO(store_snapshot) snapshot = {0};
	AUTO(row) row = {0};

	assert_ok(rig_commit_user(&store, 1, "anna"));
	assert_ok(store_snapshot_new(&store, &snapshot));
	assert_ok(rig_commit_user(&store, 2, "bert"));
	assert_fails(ST_BUSY, store_checkpoint(&store));
	store_snapshot_rest(&snapshot);
	assert_ok(store_checkpoint(&store));
	assert_ok(store_snapshot_renew(&snapshot));
	assert_ok(get_user(snapshot.view, 2, &row));
	store_snapshot_rest(&snapshot);
	store_snapshot_rest(&snapshot);
}

/* ---- Scans ---- */

static struct status commit_notices(unsigned count)
{
	AUTO(store_txn) txn = {0};
	struct uuid user = rig_patient(9);

	TRY(store_begin(&store, &txn));
	for (unsigned i = 0; i < count; i++) {
		struct uuid id = rig_patient((uint8_t)(200 - i));
		struct row row = {
			.table = TABLE_NOTICE,
			.plain = {[COLUMN_NOTICE_ID] = ROW_UUID(&id),
				  [COLUMN_NOTICE_USER] = ROW_UUID(&user),
				  [COLUMN_NOTICE_LAST] = ROW_NUMBER(i)},
			.secret = {[SECRET_NOTICE_DETAIL] = BYTES_LITERAL("text")},
		};
		TRY(store_put(&txn, &row));
	}
	return store_commit(&txn);
}

struct seen {
	uint64_t numbers[64];
	size_t count;
	struct store_range *range;
};

static struct status see(void *context, const struct row *row)
{
	struct seen *seen = context;

	seen->numbers[seen->count++] = row_number(row, COLUMN_NOTICE_LAST);
	if (seen->range != NULL)
		store_after(row, seen->range);
	return OK;
}

static void a_scan_follows_the_index_page_by_page(void **state)
{
	(void)state;
	struct uuid user = rig_patient(9);
	struct store_range range = {
		.index = INDEX_NOTICE_USER, .prefix_count = 1, .prefix = {ROW_UUID(&user)}, .limit = 7};
	struct seen seen = {.range = &range};
	AUTO(store_snapshot) snapshot = {0};

	assert_ok(commit_notices(20));
	assert_ok(store_snapshot_new(&store, &snapshot));
	for (size_t want = 7; want <= 21; want += 7) {
		assert_ok(store_scan(snapshot.view, TABLE_NOTICE, &range, see, &seen));
		assert_int_equal(seen.count, want < 20 ? want : 20);
	}
	for (size_t i = 0; i < 20; i++)
		assert_int_equal(seen.numbers[i], i);

	/* The primary key runs the other way, and so does an index read downwards. */
	struct store_range all = {.index = TABLE_NONE};
	seen = (struct seen){0};
	assert_ok(store_scan(snapshot.view, TABLE_NOTICE, &all, see, &seen));
	assert_int_equal(seen.numbers[0], 19);
	range = (struct store_range){
		.index = INDEX_NOTICE_SEQ, .down = true, .after_count = 1, .after = {ROW_NUMBER(4)}};
	seen = (struct seen){0};
	assert_ok(store_scan(snapshot.view, TABLE_NOTICE, &range, see, &seen));
	assert_int_equal(seen.count, 3);
	assert_int_equal(seen.numbers[0], 2);

	uint64_t count;
	range = (struct store_range){.index = INDEX_NOTICE_USER, .prefix_count = 1, .prefix = {ROW_UUID(&user)}};
	assert_ok(store_count(snapshot.view, TABLE_NOTICE, &range, &count));
	assert_int_equal(count, 20);
	range.limit = 1001;
	assert_fails(ST_TOO_BIG, store_scan(snapshot.view, TABLE_NOTICE, &range, see, &seen));
	range = (struct store_range){.index = INDEX_NOTICE_USER, .prefix_count = 4};
	assert_fails(ST_INVALID, store_scan(snapshot.view, TABLE_NOTICE, &range, see, &seen));
	range = (struct store_range){.index = 3};
	assert_fails(ST_INVALID, store_scan(snapshot.view, TABLE_NOTICE, &range, see, &seen));
}

static void find_uses_a_unique_index(void **state)
{
	(void)state;
	struct uuid id;
	struct hash token;
	AUTO(store_snapshot) snapshot = {0};
	AUTO(row) row = {0};

	assert_ok(rig_commit_user(&store, 1, "anna"));
	assert_ok(rig_commit_user(&store, 2, "bert"));
	assert_ok(store_snapshot_new(&store, &snapshot));
	(void)rig_user(&id, &token, "bert");
	const struct row_value values[] = {ROW_HASH(&token)};
	assert_ok(store_find(snapshot.view, TABLE_USER, INDEX_USER_LOGIN, values, &row));
	assert_login(&row, "bert");
	token.bytes[0] ^= 1;
	assert_fails(ST_NOT_FOUND, store_find(snapshot.view, TABLE_USER, INDEX_USER_LOGIN, values, &row));
}

static struct status put_patient(struct store_txn *txn, uint8_t n)
{
	struct uuid id = rig_patient(n), owner = rig_patient(90);
	struct row row = {
		.table = TABLE_PATIENT,
		.plain = {[COLUMN_PATIENT_ID] = ROW_UUID(&id), [COLUMN_PATIENT_OWNER] = ROW_UUID(&owner)},
		.secret = {[SECRET_PATIENT_STATE] = BYTES_LITERAL("\1")},
	};

	return store_put(txn, &row);
}

static struct status count_rows(void *context, const struct row *row)
{
	unsigned *count = context;

	count[row->state]++;
	return OK;
}

static void rows_of_a_destroyed_key_are_gone(void **state)
{
	(void)state;
	struct uuid id = rig_patient(2);
	const struct row_value key[] = {ROW_UUID(&id)};
	struct store_range range = {.index = TABLE_NONE};
	unsigned count[4] = {0};
	AUTO(store_snapshot) snapshot = {0};
	AUTO(store_txn) txn = {0};
	AUTO(row) row = {0};

	assert_ok(store_begin(&store, &txn));
	for (uint8_t n = 1; n <= 3; n++)
		assert_ok(put_patient(&txn, n));
	assert_ok(store_txn_audit(&txn, BYTES_LITERAL("event"), NULL));
	assert_ok(store_commit(&txn));
	rig_destroy(&id);
	assert_ok(store_snapshot_new(&store, &snapshot));
	assert_fails(ST_GONE, store_get(snapshot.view, TABLE_PATIENT, key, &row));
	assert_ok(store_scan(snapshot.view, TABLE_PATIENT, &range, count_rows, count));
	assert_int_equal(count[ROW_WHOLE], 2);
	range.tolerant = true;
	assert_ok(store_scan(snapshot.view, TABLE_PATIENT, &range, count_rows, count));
	assert_int_equal(count[ROW_ERASED], 1);
	/* Unopened they are all alike. */
	range.closed = true;
	assert_ok(store_scan(snapshot.view, TABLE_PATIENT, &range, count_rows, count));
	assert_int_equal(count[ROW_CLOSED], 3);
	assert_ok(store_begin(&store, &txn));
	assert_fails(ST_GONE, put_patient(&txn, 2));
	rig_destroy(&(struct uuid){0});
}

/* Who is told of patients before their rows are read. */
struct expecting {
	struct uuid patients[3];
	size_t count;
};

static struct status any_key(void *context, enum row_scope scope, const struct uuid *patient, struct key *out)
{
	(void)context;
	return rig_keys.key(rig_keys.context, scope, patient, out);
}

static struct status expect(void *context, const struct uuid *patients, size_t count)
{
	struct expecting *e = context;

	assert_true(e->count + count <= COUNT(e->patients));
	memcpy(e->patients + e->count, patients, count * sizeof *patients);
	e->count += count;
	return e->count == COUNT(e->patients) ? FAIL(ST_UNREACHABLE) : OK;
}

static void keys_are_announced_to_whoever_wants_to_know(void **state)
{
	(void)state;
	const struct uuid patients[] = {rig_patient(1), rig_patient(2)};
	struct expecting told = {.count = 0};
	struct store_options options = rig.options;
	AUTO(store_snapshot) snapshot = {0};

	assert_ok(store_snapshot_new(&store, &snapshot));
	assert_ok(store_expect(snapshot.view, patients, 2)); /* the rig does not */
	store_snapshot_clear(&snapshot);
	store_clear(&store);
	options.keys = (struct row_keys){any_key, &told, expect};
	assert_ok(store_open(&options, &store));
	assert_ok(store_snapshot_new(&store, &snapshot));
	assert_ok(store_expect(snapshot.view, patients, 0));
	assert_ok(store_expect(snapshot.view, patients, 2));
	assert_int_equal(told.count, 2);
	assert_true(uuid_equal(&told.patients[1], &patients[1]));
	assert_fails(ST_UNREACHABLE, store_expect(snapshot.view, patients, 1));
}

static void tokens_depend_on_key_kind_and_value(void **state)
{
	(void)state;
	AUTO(store_snapshot) snapshot = {0};
	struct hash a, b, c, again;

	assert_ok(store_snapshot_new(&store, &snapshot));
	assert_ok(token_of(snapshot.view, TOKEN_LOGIN, BYTES_LITERAL("anna"), &a));
	assert_ok(token_of(snapshot.view, TOKEN_LOGIN, BYTES_LITERAL("anna"), &again));
	assert_ok(token_of(snapshot.view, TOKEN_SESSION, BYTES_LITERAL("anna"), &b));
	assert_ok(token_of(snapshot.view, TOKEN_LOGIN, BYTES_LITERAL("anne"), &c));
	assert_true(hash_equal(&a, &again));
	assert_false(hash_equal(&a, &b));
	assert_false(hash_equal(&a, &c));
}

int main(void)
{
#define FRESH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		FRESH(a_peek_shows_plain_columns_and_asks_for_no_key),
		FRESH(a_snapshot_does_not_move_by_itself),
		FRESH(a_resting_snapshot_lets_the_log_go),
		FRESH(a_scan_follows_the_index_page_by_page),
		FRESH(find_uses_a_unique_index),
		FRESH(rows_of_a_destroyed_key_are_gone),
		FRESH(keys_are_announced_to_whoever_wants_to_know),
		FRESH(tokens_depend_on_key_kind_and_value),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
