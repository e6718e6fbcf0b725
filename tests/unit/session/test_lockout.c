/* SPDX-License-Identifier: Apache-2.0 */
/* Failures in a row lock, the lock ends by itself and grows, and nobody can make it longer (PROMISES#K5). */
#include "testing.h"

#include <string.h>

#include "lockout.h"
#include "openstore.h"

#define NOW    1700000000000ull
#define MINUTE 60000ull
#define LIMIT  5

static struct status commit(struct store_txn *txn)
{
	TRY(store_txn_audit(txn, BYTES_LITERAL("a failure was counted"), NULL));
	return store_commit(txn);
}

static struct lockout fail_at(const struct lockout_subject *subject, uint64_t now)
{
	AUTO(store_txn) txn = {0};
	struct lockout l;

	assert_ok(store_begin(&store, &txn));
	assert_ok(lockout_count(&txn, subject, LIMIT, now, &l));
	assert_ok(commit(&txn));
	return l;
}

static void succeed(const struct lockout_subject *subject)
{
	AUTO(store_txn) txn = {0};

	assert_ok(store_begin(&store, &txn));
	assert_ok(lockout_succeed(&txn, subject));
	assert_ok(commit(&txn));
}

static bool holds(const struct lockout_subject *subject, uint64_t now)
{
	AUTO(store_snapshot) snapshot = {0};

	bool locked = false;

	assert_ok(store_snapshot_new(&store, &snapshot));
	assert_ok(lockout_holds(snapshot.view, subject, now, &locked));
	return locked;
}

static struct lockout_subject login(uint8_t n)
{
	const struct user_id user = {rig_patient(n)};

	return lockout_login(&user);
}

static struct lockout_subject address(const char *bytes, size_t len)
{
	struct lockout_subject s;

	assert_true(lockout_address(bytes_of(bytes, len), &s));
	return s;
}

static void the_fifth_failure_in_a_row_locks(void **state)
{
	struct lockout_subject one = login(1), other = login(2);

	(void)state;
	for (uint64_t i = 0; i < LIMIT - 1; i++)
		assert_true(fail_at(&one, NOW + i).until == 0);
	assert_false(holds(&one, NOW + 4));
	assert_true(fail_at(&one, NOW + 4).until == NOW + 4 + 15 * MINUTE);
	assert_true(holds(&one, NOW + 4));
	assert_true(holds(&one, NOW + 3 + 15 * MINUTE));
	assert_false(holds(&one, NOW + 4 + 15 * MINUTE));
	assert_false(holds(&other, NOW + 4));
}

static void a_success_in_between_begins_anew(void **state)
{
	struct lockout_subject one = login(1);

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < LIMIT - 1; i++)
			assert_true(fail_at(&one, NOW).until == 0);
		succeed(&one);
	}
	succeed(&one);
}

static void locks_grow_to_a_day_until_a_success(void **state)
{
	static const uint64_t minutes[] = {15, 60, 24 * 60, 24 * 60};
	struct lockout_subject one = login(1);
	uint64_t now = NOW;

	(void)state;
	for (size_t i = 0; i < COUNT(minutes); i++) {
		struct lockout l = {0};
		for (int k = 0; k < LIMIT; k++)
			l = fail_at(&one, now);
		assert_true(l.until == now + minutes[i] * MINUTE);
		now = l.until;
	}
	succeed(&one);
	for (int k = 0; k < LIMIT - 1; k++)
		(void)fail_at(&one, now);
	assert_true(fail_at(&one, now).until == now + 15 * MINUTE);
}

static void a_login_never_forgets_by_time_and_an_address_does(void **state)
{
	struct lockout_subject one = login(1), from = address("\x7f\0\0\1", 4);
	const uint64_t day = 24 * 60 * MINUTE;
	struct lockout l = {0};

	(void)state;
	for (uint64_t i = 0; i < LIMIT; i++)
		l = fail_at(&one, NOW + i * 30 * day);
	assert_true(l.until > 0);
	for (uint64_t i = 0; i < 20; i++)
		assert_true(fail_at(&from, NOW + i * 15 * MINUTE).until == 0);
	/* Its level is kept for a day after the lock. */
	const uint64_t then = NOW + 100 * day;
	for (int k = 0; k < LIMIT; k++)
		l = fail_at(&from, then);
	assert_true(l.until == then + 15 * MINUTE);
	for (int k = 0; k < LIMIT; k++)
		l = fail_at(&from, then + day);
	assert_true(l.until == then + day + 60 * MINUTE);
	for (int k = 0; k < LIMIT; k++)
		l = fail_at(&from, then + 3 * day);
	assert_true(l.until == then + 3 * day + 15 * MINUTE);
}

static void ipv6_counts_by_network(void **state)
{
	static const char a[16] = "\x20\x01\x0d\xb8\0\1\0\2aaaaaaaa", b[16] = "\x20\x01\x0d\xb8\0\1\0\2bbbbbbbb",
			  c[16] = "\x20\x01\x0d\xb8\0\1\0\3aaaaaaaa";
	struct lockout_subject first = address(a, 16), second = address(b, 16), third = address(c, 16), none;

	(void)state;
	for (int i = 0; i < LIMIT; i++)
		(void)fail_at(i % 2 == 0 ? &first : &second, NOW);
	assert_true(holds(&first, NOW) && holds(&second, NOW));
	assert_false(holds(&third, NOW));
	assert_false(lockout_address((struct bytes){0}, &none));
}

static void a_restart_forgets_nothing(void **state)
{
	struct lockout_subject one = login(1);

	(void)state;
	for (int i = 0; i < LIMIT - 1; i++)
		(void)fail_at(&one, NOW);
	store_clear(&store);
	assert_ok(store_open(&rig.options, &store));
	assert_true(fail_at(&one, NOW).until > NOW);
	store_clear(&store);
	assert_ok(store_open(&rig.options, &store));
	assert_true(holds(&one, NOW));
}

static struct status note(void *context, const struct row *row)
{
	return lockout_read(row, context);
}

static void is_listed_and_lifted_by_its_name(void **state)
{
	struct user_id user = {rig_patient(9)};
	struct lockout_subject one = login(9);
	AUTO(store_txn) txn = {0};
	struct lockout l = {0};

	(void)state;
	for (int i = 0; i < LIMIT; i++)
		(void)fail_at(&one, NOW);
	assert_ok(store_begin(&store, &txn));
	assert_ok(lockout_list(txn.view, note, &l));
	assert_int_equal(l.subject.kind, LOCKOUT_LOGIN);
	assert_memory_equal(l.subject.id, user.uuid.bytes, 16);
	assert_true(l.until == NOW + 15 * MINUTE && l.seen == NOW);
	assert_ok(lockout_forget(&txn, &l.token));
	assert_fails(ST_NOT_FOUND, lockout_forget(&txn, &l.token));
	assert_ok(commit(&txn));
	assert_false(holds(&one, NOW));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define EACH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		EACH(the_fifth_failure_in_a_row_locks),
		EACH(a_success_in_between_begins_anew),
		EACH(locks_grow_to_a_day_until_a_success),
		EACH(a_login_never_forgets_by_time_and_an_address_does),
		EACH(ipv6_counts_by_network),
		EACH(a_restart_forgets_nothing),
		EACH(is_listed_and_lifted_by_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
