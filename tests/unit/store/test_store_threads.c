/* SPDX-License-Identifier: Apache-2.0 */
/* One committer, its checkpoints, and readers with snapshots of their own. */
#include "testing.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "rig.h"

#define READERS 3
#define COMMITS 1500

static struct rig rig;
static struct store store;
static _Atomic bool stop;
static _Atomic unsigned reads;

/* Users 1 and 2 are always written together; so a consistent state never shows two names. */
static struct status see_names(struct store_view *view, struct row *first, struct row *second)
{
	struct uuid one = rig_patient(1), two = rig_patient(2);
	const struct row_value key_one[] = {ROW_UUID(&one)}, key_two[] = {ROW_UUID(&two)};

	TRY(store_get(view, TABLE_USER, key_one, first));
	return store_get(view, TABLE_USER, key_two, second);
}

static void *read_until_stopped(void *context)
{
	AUTO(store_snapshot) snapshot = {0};
	AUTO(row) first = {0};
	AUTO(row) second = {0};
	struct status *result = context;

	*result = store_snapshot_new(&store, &snapshot);
	while (ok(*result) && !stop) {
		*result = store_snapshot_renew(&snapshot);
		if (ok(*result))
			*result = see_names(snapshot.view, &first, &second);
		if (ok(*result) && !bytes_equal(first.secret[SECRET_USER_NAME], second.secret[SECRET_USER_NAME]))
			*result = FAIL_AT(ST_CORRUPT, "two names");
		reads++;
	}
	return NULL;
}

static struct status write_both(unsigned n)
{
	AUTO(store_txn) txn = {0};
	char name[4000];

	memset(name, 'x', sizeof name);
	(void)snprintf(name, sizeof name, "name %u", n);
	TRY(store_begin(&store, &txn));
	for (uint8_t user = 1; user <= 2; user++) {
		struct uuid id = rig_patient(user);
		struct hash token;
		struct row row = rig_user(&id, &token, user == 1 ? "anna" : "bert");

		row.secret[SECRET_USER_NAME] = BYTES_OF(name);
		TRY(store_put(&txn, &row));
	}
	TRY(store_txn_audit(&txn, BYTES_LITERAL("event"), NULL));
	return store_commit(&txn);
}

static long log_length(void)
{
	struct stat status;

	assert_int_equal(os_real.stat(rig.dir, "tacenda.db-wal", &status), 0);
	return (long)status.st_size;
}

static void readers_see_whole_states_while_checkpoints_run(void **state)
{
	(void)state;
	const unsigned commits = part_of(COMMITS);
	pthread_t threads[READERS];
	struct status results[READERS];

	rig = rig_new();
	rig.options.background = true;
	assert_ok(store_open(&rig.options, &store));
	assert_ok(write_both(0));
	for (size_t i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, read_until_stopped, &results[i]), 0);
	for (unsigned n = 1; n <= commits; n++)
		assert_ok(write_both(n));
	stop = true;
	for (size_t i = 0; i < READERS; i++) {
		pthread_join(threads[i], NULL);
		assert_ok(results[i]);
	}
	long length = log_length();
	print_message("# %u reads, log of %ld KiB\n", (unsigned)reads, length / 1024);
	/* Nobody reads: it is used again from its beginning.  All of these would make 40 MiB. */
	for (unsigned n = 1; n <= commits; n++)
		assert_ok(write_both(n));
	assert_true(log_length() - length < 24l << 20);
	store_clear(&store);
	assert_ok(store_open(&rig.options, &store));
	store_clear(&store);
	rig_end(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(readers_see_whole_states_while_checkpoints_run)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
