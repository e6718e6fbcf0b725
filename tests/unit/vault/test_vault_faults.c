/* SPDX-License-Identifier: Apache-2.0 */
/* Every call of the table fails in turn; writers are killed; the disk fills up. */
#include "testing.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "chest.h"
#include "limits.h"

static int setup(void **state)
{
	int failed = chest_setup(state);

	chest_close();
	chest.os = &rig_faulty;
	chest.rig.options.os = &rig_faulty;
	return failed != 0 || !ok(chest_open()) ? -1 : 0;
}

static int teardown(void **state)
{
	int failed = chest_teardown(state);

	return failed != 0 || rig_fault.open_files != 0 ? -1 : 0;
}

static bool is_expected(struct status s)
{
	return s.code == ST_IO || s.code == ST_FULL;
}

/* Only the vault's calls are to fail here; the store's have a test of their own. */
static struct status write_with_fault(uint8_t n, size_t len, long at, bool persistent, int error)
{
	AUTO(vault_writer) w = {0};
	struct uuid id = chest_object(n);
	struct hash hash = chest_hash(bytes_of(chest.content, len));

	rig_fault_from(at, persistent, error);
	rig_fault.shorten = len < 10000; /* each short write is a fault point more */
	struct status s = vault_write_begin(chest.vault, &id, &w);
	if (ok(s))
		s = vault_write(&w, bytes_of(chest.content, len));
	if (ok(s))
		s = vault_write_finish(&w, len, &hash);
	long calls = rig_fault.calls;
	rig_fault_none();
	rig_fault.calls = calls;
	return ok(s) ? chest_commit(&w, n) : s;
}

/* What failed writes left is found and removed. */
static void scrub(void)
{
	struct vault_scrub walk = {.remove_orphans = true};

	while (!walk.done)
		assert_ok(vault_scrub_step(chest.vault, &chest.snapshot, &walk, 1000));
	store_snapshot_rest(&chest.snapshot);
}

static void fail_each_call_of_a_write(size_t len, bool persistent, int error)
{
	AUTO(row) row = {0};
	bool met = true;
	uint8_t n = 0;

	for (long at = 0; met; at++, n++) {
		struct status s = write_with_fault(n, len, at, persistent, error);
		met = rig_fault.calls > at;
		rig_fault_none();
		if (!ok(s)) {
			assert_true(is_expected(s));
			assert_fails(ST_NOT_FOUND, chest_version(n, &row));
			scrub();
			assert_ok(chest_write(n, 0, len, len));
		}
		assert_ok(chest_read(n, 0, len));
	}
	assert_true(n > 5);
}

static void every_fault_of_a_write_leaves_it_whole_or_absent(void **state)
{
	const int errors[] = {EIO, ENOSPC};
	const size_t sizes[] = {5000, 200000};

	for (unsigned round = 0; round < 8; round++) {
		assert_int_equal(setup(state), 0);
		fail_each_call_of_a_write(sizes[round & 1], round & 2, errors[round / 4]);
		assert_int_equal(teardown(state), 0);
	}
}

/* The first ${kept} bytes are durable when the fault comes. */
static bool append_with_fault(uint8_t n, long at, bool persistent)
{
	const size_t kept = 50000, len = 180000;
	AUTO(vault_writer) w = {0};
	struct uuid id = chest_object(n);
	struct hash hash = chest_hash(bytes_of(chest.content, len));

	assert_ok(vault_write_begin(chest.vault, &id, &w));
	assert_ok(vault_write(&w, bytes_of(chest.content, kept)));
	assert_ok(chest_keep(&w));
	vault_writer_clear(&w);

	assert_ok(chest_resume(n, &w));
	rig_fault_from(at, persistent, EIO);
	struct status s = vault_write(&w, bytes_of(chest.content + kept, len - kept));
	if (ok(s))
		s = vault_write_finish(&w, len, &hash);
	bool met = rig_fault.calls > at;
	rig_fault_none();
	if (!ok(s)) {
		assert_true(is_expected(s));
		(void)ok(vault_write_undo(&w));
		vault_writer_clear(&w);
		assert_ok(chest_resume(n, &w));
		assert_int_equal(w.size, kept);
		assert_ok(vault_write(&w, bytes_of(chest.content + kept, len - kept)));
		assert_ok(vault_write_finish(&w, len, &hash));
	}
	assert_ok(chest_commit(&w, n));
	vault_writer_clear(&w);
	assert_ok(chest_read(n, 0, len));
	return met;
}

static void every_fault_of_an_upload_leaves_what_was_kept(void **state)
{
	(void)state;
	uint8_t n = 0;

	for (int persistent = 0; persistent < 2; persistent++) {
		long at = 0;

		while (append_with_fault(n++, at, persistent))
			at++;
		assert_true(at > 10);
	}
}

static void every_fault_of_keeping_leaves_what_was_kept_before(void **state)
{
	(void)state;
	bool met = true;
	uint8_t n = 0;

	for (long at = 0; met; at++, n++) {
		AUTO(vault_writer) w = {0};
		struct uuid id = chest_object(n);

		assert_ok(vault_write_begin(chest.vault, &id, &w));
		assert_ok(vault_write(&w, bytes_of(chest.content, 40000)));
		assert_ok(chest_keep(&w));
		assert_ok(vault_write(&w, bytes_of(chest.content + 40000, 40000)));
		rig_fault_from(at, false, EIO);
		struct row row = {.table = TABLE_UPLOAD};
		struct status s = vault_write_keep(&w, &row);
		met = rig_fault.calls > at;
		rig_fault_none();
		vault_writer_clear(&w);
		assert_true(ok(s) || is_expected(s));
		assert_ok(chest_resume(n, &w));
		assert_int_equal(w.size, 40000);
		struct hash hash = chest_hash(bytes_of(chest.content, 40000));
		assert_ok(vault_write_finish(&w, 40000, &hash));
		assert_ok(chest_commit(&w, n));
		vault_writer_clear(&w);
		assert_ok(chest_read(n, 0, 40000));
	}
}

static void a_full_disk_refuses_writes_and_serves_reads(void **state)
{
	(void)state;
	AUTO(vault_writer) w = {0};
	struct uuid id = chest_object(2);

	assert_ok(chest_write(1, 0, 200000, 65536));
	assert_ok(vault_write_begin(chest.vault, &id, &w));
	rig_fault.bytes_left = 100000;
	assert_fails(ST_FULL, vault_write(&w, bytes_of(chest.content, 1 << 20)));
	vault_writer_clear(&w);
	assert_ok(chest_read(1, 0, 200000));
	rig_fault_none();
	assert_ok(chest_write(2, 0, 1 << 20, 65536));
	assert_ok(chest_read(2, 0, 1 << 20));
}

static void a_fault_while_reading_is_no_damage(void **state)
{
	(void)state;
	AUTO(row) row = {0};
	AUTO(vault_reader) reader = {0};
	struct vault_object object;
	bool met = true;

	assert_ok(chest_write(1, 0, 700000, 65536));
	assert_ok(chest_version(1, &row));
	assert_ok(vault_object(&row, &object));
	for (long at = 0; met; at++) {
		rig_fault_from(at, false, EIO);
		struct status s = vault_read_begin(chest.vault, &object, (struct vault_range){0, 9}, NULL, &reader);
		met = rig_fault.calls > at;
		rig_fault_none();
		assert_int_equal(s.code, met ? ST_IO : ST_OK);
	}
}

/* ---- Killed processes ---- */

#define KILLS 25

static size_t len_of(uint8_t n)
{
	static const size_t sizes[] = {1000, 5000, 66000, 300000};

	return sizes[n % COUNT(sizes)];
}

static void write_until_killed(int out, uint8_t from)
{
	chest.rig.options.os = chest.os = &os_real;
	if (!ok(chest_open()))
		_exit(1);
	for (uint8_t n = from; n < 250; n++) {
		if (!ok(chest_write(n, n, len_of(n), 30000)))
			_exit(2);
		if (write(out, &n, sizeof n) != sizeof n)
			_exit(3);
	}
	_exit(0);
}

/* Returns the number after the last one that the child said was durable. */
static uint8_t run_and_kill(uint8_t from, unsigned microseconds)
{
	int ends[2];
	uint8_t next = from, n;

	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	if (child == 0) {
		close(ends[0]);
		write_until_killed(ends[1], from);
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], &n, 1), 1);
	next = (uint8_t)(n + 1);
	struct timespec wait = {0, microseconds * 1000L};
	nanosleep(&wait, NULL);
	kill(child, SIGKILL);
	while (read(ends[0], &n, 1) == 1)
		next = (uint8_t)(n + 1);
	close(ends[0]);
	assert_int_equal(waitpid(child, NULL, 0), child);
	return next;
}

static void no_acknowledged_object_is_lost_by_a_kill(void **state)
{
	(void)state;
	uint8_t next = 0;
	AUTO(row) row = {0};

	srand(11);
	for (int i = 0; i < KILLS && next < 240; i++) {
		uint8_t first = next;

		chest_close();
		next = run_and_kill(first, (unsigned)rand() % 15000);
		assert_ok(chest_open());
		for (uint8_t n = first; n < next; n++)
			assert_ok(chest_read(n, n, len_of(n)));
		scrub();
		for (uint8_t n = 0; n < next; n++)
			assert_ok(chest_read(n, n, len_of(n)));
		if (ok(chest_version(next, &row))) /* durable, and not yet said */
			next++;
	}
	print_message("# %d objects\n", next);
}

int main(void)
{
#define FRESH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(every_fault_of_a_write_leaves_it_whole_or_absent),
		FRESH(every_fault_of_an_upload_leaves_what_was_kept),
		FRESH(every_fault_of_keeping_leaves_what_was_kept_before),
		FRESH(a_full_disk_refuses_writes_and_serves_reads),
		FRESH(a_fault_while_reading_is_no_damage),
		FRESH(no_acknowledged_object_is_lost_by_a_kill),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
