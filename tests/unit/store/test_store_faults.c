/* SPDX-License-Identifier: Apache-2.0 */
/* Every call of the table fails in turn, once and from then on, and after each
 * the store is opened again and looked at. */
#include "testing.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "disk.h"
#include "rig.h"

static struct rig rig;
static struct store store;

static int setup(void **state)
{
	(void)state;
	rig = rig_new();
	rig.options.os = &rig_faulty;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	rig_fault_none();
	store_clear(&store);
	assert_int_equal(rig_fault.open_files, 0);
	rig_end(&rig);
	return 0;
}

static struct status see_login(struct store_view *view, uint8_t n, char out[32])
{
	AUTO(row) row = {0};
	struct uuid id = rig_patient(n);
	const struct row_value key[] = {ROW_UUID(&id)};

	TRY(store_get(view, TABLE_USER, key, &row));
	struct bytes login = row.secret[SECRET_USER_LOGIN];
	memcpy(out, login.at, login.len);
	out[login.len] = '\0';
	return OK;
}

static struct status get_login(struct store *s, uint8_t n, char out[32])
{
	AUTO(store_snapshot) snapshot = {0};

	TRY(store_snapshot_new(s, &snapshot));
	return see_login(snapshot.view, n, out);
}

static uint64_t events(struct store *s)
{
	AUTO(store_snapshot) snapshot = {0};
	struct store_range range = {.index = TABLE_NONE};
	uint64_t count;

	assert_ok(store_snapshot_new(s, &snapshot));
	assert_ok(store_count(snapshot.view, TABLE_OUTBOX, &range, &count));
	return count;
}

static bool is_expected(struct status s)
{
	return ok(s) || s.code == ST_IO || s.code == ST_FULL || s.code == ST_NO_MEMORY;
}

/* One change with a fault at call ${at}; true while there was a call to fail. */
static bool change_with_fault(long at, bool persistent, int error)
{
	char before[32], name[32], login[32];

	assert_ok(store_open(&rig.options, &store));
	(void)snprintf(before, sizeof before, "before-%ld", at);
	(void)snprintf(name, sizeof name, "after-%ld", at);
	assert_ok(rig_commit_user(&store, 1, before));
	uint64_t count = events(&store);

	rig_fault_from(at, persistent, error);
	rig_fault.shorten = true;
	struct status s = rig_commit_user(&store, 1, name);
	bool met = rig_fault.calls > at;
	rig_fault_none();
	assert_true(is_expected(s));
	/* Who goes on reading sees the old or the new state, whole. */
	assert_ok(get_login(&store, 1, login));
	assert_string_equal(login, ok(s) ? name : before);
	assert_int_equal(events(&store), count + ok(s));

	store_clear(&store);
	assert_ok(store_open(&rig.options, &store));
	assert_ok(get_login(&store, 1, login));
	if (ok(s))
		assert_string_equal(login, name);
	else
		assert_true(strcmp(login, name) == 0 || strcmp(login, before) == 0);
	assert_int_equal(events(&store), count + (strcmp(login, name) == 0));
	store_clear(&store);
	return met;
}

static void every_fault_of_a_commit_leaves_old_or_new(void **state)
{
	(void)state;
	const int errors[] = {EIO, ENOSPC};

	for (size_t e = 0; e < COUNT(errors); e++)
		for (int persistent = 0; persistent < 2; persistent++) {
			long at = 0;

			while (change_with_fault(at, persistent, errors[e]))
				at++;
			print_message("# %ld fault points\n", at);
			assert_true(at >= 3);
		}
}

static void every_fault_of_opening_leaves_what_was_there(void **state)
{
	(void)state;
	char login[32];
	bool met = true;

	for (long at = 0; met; at++) {
		rig_fault_from(at, false, EIO);
		struct status s = store_open(&rig.options, &store);
		if (ok(s)) {
			/* The log of the last run is still there for the next one to fail over. */
			s = rig_commit_user(&store, 1, "anna");
		}
		met = rig_fault.calls > at;
		rig_fault_none();
		assert_true(is_expected(s) || s.code == ST_CORRUPT || s.code == ST_NOT_FOUND);
		store_clear(&store);
		assert_int_equal(rig_fault.open_files, 0);
		assert_ok(store_open(&rig.options, &store));
		if (ok(s))
			assert_ok(get_login(&store, 1, login));
		store_clear(&store);
	}
}

static void every_fault_of_a_checkpoint_loses_nothing(void **state)
{
	(void)state;
	char login[32];

	for (int persistent = 0; persistent < 2; persistent++) {
		bool met = true;

		for (long at = 0; met; at++) {
			assert_ok(store_open(&rig.options, &store));
			for (uint8_t n = 1; n < 9; n++) {
				char name[32];
				(void)snprintf(name, sizeof name, "user-%d", n);
				assert_ok(rig_commit_user(&store, n, name));
			}
			rig_fault_from(at, persistent, EIO);
			struct status s = store_checkpoint(&store);
			met = rig_fault.calls > at;
			rig_fault_none();
			assert_true(is_expected(s));
			for (uint8_t n = 1; n < 9; n++)
				assert_ok(get_login(&store, n, login));
			store_clear(&store);
			assert_ok(store_open(&rig.options, &store));
			for (uint8_t n = 1; n < 9; n++)
				assert_ok(get_login(&store, n, login));
			store_clear(&store);
		}
	}
}

static void nothing_is_written_after_a_failed_sync(void **state)
{
	(void)state;
	long at = 0;
	struct status s;

	assert_ok(store_open(&rig.options, &store));
	assert_ok(rig_commit_user(&store, 1, "anna"));
	/* The sync is the last call of a commit. */
	rig_fault_from(-1, false, 0);
	assert_ok(rig_commit_user(&store, 1, "bert"));
	at = rig_fault.calls - 1;
	rig_fault_from(at, false, EIO);
	assert_fails(ST_IO, rig_commit_user(&store, 1, "cleo"));
	rig_fault_none();
	s = rig_commit_user(&store, 1, "dora");
	assert_int_equal(s.code, ST_IO);
	store_clear(&store);
	assert_ok(store_open(&rig.options, &store));
	assert_ok(rig_commit_user(&store, 1, "dora"));
}

/* ---- Full disk ---- */

static void a_full_disk_is_said_and_survived(void **state)
{
	(void)state;
	char login[32];
	struct status s = OK;
	uint8_t n = 1;

	assert_ok(store_open(&rig.options, &store));
	rig_fault_none();
	rig_fault.bytes_left = 100000;
	for (; ok(s) && n < 250; n++) {
		char name[32];
		(void)snprintf(name, sizeof name, "user-%d", n);
		s = rig_commit_user(&store, n, name);
	}
	assert_int_equal(s.code, ST_FULL);
	for (uint8_t i = 1; i + 1 < n; i++)
		assert_ok(get_login(&store, i, login));
	assert_fails(ST_FULL, rig_commit_user(&store, 251, "late"));
	rig_fault_none(); /* somebody made room */
	assert_ok(rig_commit_user(&store, 251, "late"));
	store_clear(&store);
	assert_ok(store_open(&rig.options, &store));
	for (uint8_t i = 1; i + 1 < n; i++)
		assert_ok(get_login(&store, i, login));
}

/* A full disk: commits go on in what was allocated ahead, after a restart too. */
static void the_reserve_carries_commits_on_a_full_disk(void **state)
{
	(void)state;
	struct store_options options = rig.options;
	char login[32], name[32];
	struct status s = OK;
	unsigned n = 0, scarce_at = 0;

	options.reserve = 1 << 20;
	assert_ok(store_open(&options, &store));
	rig_fault_none();
	store_look_for_room(&store);
	assert_false(store_degraded(&store));
	rig_fault.bytes_left = 0;
	store_look_for_room(&store);
	assert_true(store_degraded(&store));
	assert_false(store_scarce(&store));
	while (ok(s) && n < 10000) {
		scarce_at = scarce_at == 0 && store_scarce(&store) ? n : scarce_at;
		(void)snprintf(name, sizeof name, "user-%u", n);
		s = rig_commit_user(&store, (uint8_t)(n % 200), name);
		n += ok(s);
	}
	print_message("# %u commits\n", n);
	assert_int_equal(s.code, ST_FULL);
	assert_true(n > 60);
	/* The last quarter says so before it is begun; room ends it. */
	assert_true(scarce_at > n / 2 && scarce_at < n - n / 32);
	(void)snprintf(name, sizeof name, "user-%u", n - 1);
	assert_ok(get_login(&store, (uint8_t)((n - 1) % 200), login));
	assert_string_equal(login, name);
	store_clear(&store);
	assert_ok(store_open(&options, &store));
	assert_true(store_degraded(&store));
	rig_fault_none(); /* somebody made room */
	store_look_for_room(&store);
	assert_false(store_degraded(&store) || store_scarce(&store));
	assert_ok(rig_commit_user(&store, 251, "late"));
	store_clear(&store);
	assert_ok(store_open(&options, &store));
	assert_ok(get_login(&store, 251, login));
}

static void an_emptied_log_keeps_its_blocks(void **state)
{
	static const uint8_t zeros[32];
	struct store_options options = rig.options;
	struct stat about;
	uint8_t header[32];
	char login[32];

	(void)state;
	options.reserve = 1 << 20;
	for (uint8_t round = 0; round < 3; round++) {
		assert_ok(store_open(&options, &store));
		assert_ok(rig_commit_user(&store, round, round == 0 ? "anna" : round == 1 ? "bert" : "cleo"));
		store_clear(&store);
		assert_int_equal(fstatat(rig.dir, DISK_LOG, &about, 0), 0);
		assert_true(about.st_size == 2 << 20);
		int fd = openat(rig.dir, DISK_LOG, O_RDONLY | O_CLOEXEC);

		assert_true(pread(fd, header, sizeof header, 0) == sizeof header);
		close(fd);
		assert_memory_equal(header, zeros, sizeof header);
	}
	options.reserve = 0;
	assert_ok(store_open(&options, &store));
	for (uint8_t n = 0; n < 3; n++)
		assert_ok(get_login(&store, n, login));
}

static void a_real_full_file_system_is_survived(void **state)
{
	(void)state;
	struct rig small = rig_new();
	char inner[80], login[32];
	struct status s = OK;
	unsigned n = 0;

	(void)snprintf(inner, sizeof inner, "%s/full", small.path);
	if (mkdir(inner, 0700) != 0 || mount("tmpfs", inner, "tmpfs", 0, "size=1m") != 0) {
		rig_end(&small);
		skip();
	}
	struct store full = {0};
	small.options.dir = open(inner, O_RDONLY | O_DIRECTORY);
	assert_ok(store_open(&small.options, &full));
	while (ok(s) && n < 100000) {
		char name[32];
		(void)snprintf(name, sizeof name, "user-%u", n++);
		s = rig_commit_user(&full, (uint8_t)(n % 200), name);
	}
	assert_int_equal(s.code, ST_FULL);
	assert_ok(get_login(&full, (uint8_t)((n - 1) % 200), login));
	store_clear(&full);
	assert_ok(store_open(&small.options, &full));
	assert_ok(get_login(&full, (uint8_t)((n - 1) % 200), login));
	store_clear(&full);
	close(small.options.dir);
	assert_int_equal(umount(inner), 0);
	rig_end(&small);
}

/* ---- Killed processes ---- */

#define KILLS 50

/* Commits users 0 .. 199 over and over under new names, says each number once it is durable. */
static void write_until_killed(int out, uint32_t from)
{
	struct store child = {0};
	struct store_options options = rig.options;

	options.os = &os_real;
	options.background = true;
	if (!ok(store_open(&options, &child)))
		_exit(1);
	for (uint32_t n = from;; n++) {
		char name[32];

		(void)snprintf(name, sizeof name, "user-%u", n);
		if (!ok(rig_commit_user(&child, (uint8_t)(n % 200), name)))
			_exit(2);
		if (write(out, &n, sizeof n) != sizeof n)
			_exit(3);
		/* So that kills fall into checkpoints and a log that begins anew, too. */
		if (n % 13 == 0)
			(void)ok(store_checkpoint(&child));
	}
}

/* Kills it some time after it has made ${commits}; returns the last number it said. */
static uint32_t run_and_kill(uint32_t from, unsigned commits, unsigned microseconds)
{
	int ends[2], status;
	uint32_t last = from, n;

	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	if (child == 0) {
		close(ends[0]);
		write_until_killed(ends[1], from);
	}
	close(ends[1]);
	while (commits-- > 0) {
		assert_int_equal(read(ends[0], &n, sizeof n), sizeof n);
		last = n;
	}
	struct timespec wait = {0, microseconds * 1000L};
	nanosleep(&wait, NULL);
	kill(child, SIGKILL);
	while (read(ends[0], &n, sizeof n) == sizeof n)
		last = n;
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	return last;
}

/* Every user that an acknowledged commit named last is there under that name. */
static void assert_all_there(uint32_t last)
{
	AUTO(store_snapshot) snapshot = {0};
	char login[32], name[32];

	assert_ok(store_snapshot_new(&store, &snapshot));
	for (uint32_t n = last < 199 ? 0 : last - 199; n <= last; n++) {
		assert_ok(see_login(snapshot.view, (uint8_t)(n % 200), login));
		(void)snprintf(name, sizeof name, "user-%u", n);
		if (strcmp(login, name) == 0)
			continue;
		/* One more may be there whose acknowledgement was killed with the child. */
		(void)snprintf(name, sizeof name, "user-%u", last + 1);
		assert_string_equal(login, name);
		assert_int_equal((last + 1) % 200, n % 200);
	}
}

static void no_acknowledged_commit_is_lost_by_a_kill(void **state)
{
	(void)state;
	uint32_t next = 0;
	struct hash digest;

	srand(7);
	rig.options.os = &os_real;
	for (int i = 0; i < KILLS; i++) {
		uint32_t last = run_and_kill(next, 1 + (unsigned)rand() % 40, (unsigned)rand() % 3000);

		assert_ok(store_open(&rig.options, &store));
		assert_all_there(last);
		assert_ok(rig_digest(&store, &digest));
		store_clear(&store);
		next = last + 1;
	}
	print_message("# %u commits, %d kills\n", next, KILLS);
}

int main(void)
{
#define FRESH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		FRESH(every_fault_of_a_commit_leaves_old_or_new), FRESH(every_fault_of_opening_leaves_what_was_there),
		FRESH(every_fault_of_a_checkpoint_loses_nothing), FRESH(nothing_is_written_after_a_failed_sync),
		FRESH(a_full_disk_is_said_and_survived),          FRESH(the_reserve_carries_commits_on_a_full_disk),
		FRESH(an_emptied_log_keeps_its_blocks),           FRESH(a_real_full_file_system_is_survived),
		FRESH(no_acknowledged_commit_is_lost_by_a_kill),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
