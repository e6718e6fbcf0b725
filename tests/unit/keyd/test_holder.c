/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scene.h"

#define DAY 86400000ull

static int fresh(void **state)
{
	static struct folder f;

	folder_make(&f);
	*state = &f;
	return 0;
}

static int gone(void **state)
{
	folder_remove(*state);
	return 0;
}

static struct nightfile night(uint64_t number)
{
	AUTO(secret) root = {0};
	AUTO(secret) key = {0};
	struct nightfile n;

	assert_ok(secret_new(32, &root));
	assert_ok(secret_new(32, &key));
	assert_ok(nightfile_seal(secret_key(&root), secret_key(&key), number, SCENE_NOW, &n));
	return n;
}

static bool held(const struct folder *f, uint64_t number)
{
	char name[NIGHTFILE_NAME_LEN];

	nightfile_name(number, name);
	return faccessat(f->fd, name, F_OK, 0) == 0;
}

/* Put a night file there that arrived at ${ms}. */
static void arrive(const struct folder *f, uint64_t number, uint64_t ms)
{
	struct nightfile n = night(number);
	char name[NIGHTFILE_NAME_LEN];
	const struct timespec times[2] = {{.tv_sec = (time_t)(ms / 1000)}, {.tv_sec = (time_t)(ms / 1000)}};

	assert_ok(holder_add(&os_real, f->fd, &n));
	nightfile_name(number, name);
	assert_int_equal(utimensat(f->fd, name, times, 0), 0);
}

static void acknowledges_what_it_gives_back(void **state)
{
	struct folder *f = *state;
	struct nightfile n = night(3);
	AUTO(buffer) bytes = {.max = 100};

	assert_ok(holder_add(&os_real, f->fd, &n));
	assert_ok(os_load(&os_real, f->fd, "00000003.night", 100, &bytes));
	assert_true(bytes_equal(buffer_bytes(&bytes), BYTES_OF(n.bytes)));
	assert_ok(holder_add(&os_real, f->fd, &n));
}

static void adding_again_does_not_move_the_time_of_arrival(void **state)
{
	struct folder *f = *state;
	struct nightfile n = night(3);
	const struct timespec long_ago[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
	struct stat about;

	assert_ok(holder_add(&os_real, f->fd, &n));
	assert_int_equal(utimensat(f->fd, "00000003.night", long_ago, 0), 0);
	assert_ok(holder_add(&os_real, f->fd, &n));
	assert_int_equal(fstatat(f->fd, "00000003.night", &about, 0), 0);
	assert_int_equal(about.st_mtim.tv_sec, 1000);
}

static void finishes_what_was_cut_short(void **state)
{
	struct folder *f = *state;
	struct nightfile n = night(3);

	for (size_t len = 0; len < NIGHTFILE_LEN; len++) {
		int fd = openat(f->fd, "00000003.night", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

		assert_ok(os_write_all(&os_real, fd, bytes_of(n.bytes, len), 0));
		(void)close(fd);
		assert_ok(holder_add(&os_real, f->fd, &n));
		assert_int_equal(folder_size(f, "00000003.night"), NIGHTFILE_LEN);
	}
}

static void never_replaces_another_file_of_this_number(void **state)
{
	struct folder *f = *state;
	struct nightfile n = night(3), other = night(3);

	assert_ok(holder_add(&os_real, f->fd, &n));
	struct status s = holder_add(&os_real, f->fd, &other);
	assert_int_equal(s.code, ST_CONFLICT);
	assert_string_equal(s.what, REASON_HOLDER_OTHER);
	assert_ok(holder_add(&os_real, f->fd, &n));
	/* Ours with something behind it is another one too. */
	int fd = openat(f->fd, "00000003.night", O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_int_equal(write(fd, "x", 1), 1);
	(void)close(fd);
	assert_fails(ST_CONFLICT, holder_add(&os_real, f->fd, &n));
}

static void every_fault_is_no_acknowledgement(void **state)
{
	struct folder *f = *state;
	struct nightfile n = night(3);
	size_t unseen = 0;

	for (long at = 0;; at++) {
		faults_set(FAULTS_ONCE, at, EIO);
		struct status s = holder_add(&faults_os, f->fd, &n);
		bool met = faults_met();
		faults_set(FAULTS_NONE, 0, 0);
		assert_int_equal(faults_open_files(), 0);
		if (!met) {
			assert_ok(s);
			break;
		}
		/* Closing what was read back is the only call that may fail unseen: the last one. */
		unseen += ok(s);
		if (!ok(s))
			assert_int_equal(s.code, ST_UNREACHABLE);
		assert_ok(holder_add(&os_real, f->fd, &n));
		assert_int_equal(unlinkat(f->fd, "00000003.night", 0), 0);
	}
	assert_int_equal(unseen, 1);
}

static void an_absent_holder_is_told(void **state)
{
	struct folder *f = *state;
	struct holders h = {.os = &os_real, .count = 2, .list = {{.dir = -1}, {.dir = f->fd}}};
	struct nightfile n = night(3);

	struct status s = holder_offer(&h, &n);
	assert_int_equal(s.code, ST_UNREACHABLE);
	assert_string_equal(s.what, REASON_HOLDER);
	/* The others got it all the same. */
	assert_int_equal(holder_acknowledged(&h), 1);
	assert_true(held(f, 3));
}

static void a_night_waits_for_every_holder(void **state)
{
	struct folder *f = *state;
	struct folder keys;
	struct keeper k;
	uint8_t values[32 * 4];

	folder_make(&keys);
	assert_ok(scene_create(&os_real, &keys, &k));
	assert_ok(scene_make(&k, 0, 4, values));
	k.holders = (struct holders){.os = &os_real, .count = 2, .list = {{.dir = f->fd}, {.dir = -1}}};
	struct status s = scene_rewrap(&k);
	assert_int_equal(s.code, ST_UNREACHABLE);
	/* The old night is in force, its night file there, in memory and after a start. */
	assert_int_equal(k.store.now.number, 1);
	assert_true(scene_holds(&k, 0, 4, values));
	assert_int_equal(faccessat(k.nights, "00000001.night", F_OK, 0), 0);
	keeper_seal(&k);
	assert_ok(scene_open(&os_real, &keys, &k));
	assert_true(k.rewrap.running);
	k.holders.count = 0;
	while (k.rewrap.running)
		keeper_step(&k);
	assert_ok(k.rewrap_failure);
	assert_int_equal(k.store.now.number, 2);
	assert_true(scene_holds(&k, 0, 4, values));
	/* The night file that the holder already had is the one that was used. */
	k.holders = (struct holders){.os = &os_real, .count = 1, .list = {{.dir = f->fd}}};
	keeper_seal(&k);
	keeper_begin(&os_real, &scene_clock, keys.fd, &k);
	k.holders = (struct holders){.os = &os_real, .count = 1, .list = {{.dir = f->fd}}};
	const struct keywire_proof proof = scene_proof();
	assert_ok(keeper_unseal(&k, &proof));
	assert_int_equal(holder_acknowledged(&k.holders), 1);
	keeper_seal(&k);
	folder_remove(&keys);
}

/* Its directory is there and takes no file, as one that is full or mounted for reading; later it does. */
static void a_holder_that_took_nothing_at_the_start_is_offered_the_night_again(void **state)
{
	struct folder *f = *state;
	const struct keywire_proof proof = scene_proof();
	struct folder keys;
	struct keeper k;

	folder_make(&keys);
	assert_ok(scene_create(&os_real, &keys, &k));
	keeper_seal(&k);
	assert_false(keeper_waits(&k));
	assert_int_equal(mkdirat(f->fd, "00000001.night", 0700), 0);
	keeper_begin(&os_real, &scene_clock, keys.fd, &k);
	k.holders = (struct holders){.os = &os_real, .count = 2, .list = {{.dir = f->fd}, {.dir = -1}}};
	assert_ok(keeper_unseal(&k, &proof));
	assert_true(keeper_waits(&k));
	keeper_offer_again(&k);
	assert_true(keeper_waits(&k) && holder_acknowledged(&k.holders) == 0);
	assert_int_equal(unlinkat(f->fd, "00000001.night", AT_REMOVEDIR), 0);
	keeper_offer_again(&k);
	assert_int_equal(holder_acknowledged(&k.holders), 1);
	assert_true(held(f, 1));
	/* The one whose directory could not be opened is for the next start. */
	assert_false(keeper_waits(&k));
	keeper_seal(&k);
	folder_remove(&keys);
}

/* PROMISES#B7: superseded for two weeks by the holder's own clock, not a moment less. */
static void sweeps_what_was_superseded_two_weeks_ago(void **state)
{
	struct folder *f = *state;
	struct holder_swept swept;

	arrive(f, 1, SCENE_NOW);
	arrive(f, 2, SCENE_NOW + 1 * DAY);
	arrive(f, 3, SCENE_NOW + 2 * DAY);
	/* Number 1 was superseded when number 2 arrived. */
	assert_ok(holder_sweep(&os_real, f->fd, SCENE_NOW + 15 * DAY - 1000, &swept));
	assert_int_equal(swept.removed, 0);
	assert_ok(holder_sweep(&os_real, f->fd, SCENE_NOW + 15 * DAY, &swept));
	assert_int_equal(swept.removed, 1);
	assert_int_equal(swept.kept, 2);
	assert_int_equal(swept.newest, 3);
	assert_false(held(f, 1));
	assert_ok(holder_sweep(&os_real, f->fd, SCENE_NOW + 16 * DAY, &swept));
	assert_int_equal(swept.removed, 1);
	/* The newest is kept without limit. */
	assert_ok(holder_sweep(&os_real, f->fd, SCENE_NOW + 10000 * DAY, &swept));
	assert_int_equal(swept.removed, 0);
	assert_true(held(f, 3));
}

static void a_clock_set_back_removes_nothing(void **state)
{
	struct folder *f = *state;
	struct holder_swept swept;

	arrive(f, 1, SCENE_NOW);
	arrive(f, 2, SCENE_NOW + 1 * DAY);
	assert_ok(holder_sweep(&os_real, f->fd, SCENE_NOW - 100 * DAY, &swept));
	assert_int_equal(swept.removed, 0);
	/* A newest one that arrived while the clock was behind is not taken for old. */
	arrive(f, 3, SCENE_NOW - 50 * DAY);
	assert_ok(holder_sweep(&os_real, f->fd, SCENE_NOW + 15 * DAY, &swept));
	assert_true(held(f, 3));
	assert_true(held(f, 2));
}

/* Whoever takes over the server may add; what comes after his file is not older for it. */
static void a_forged_high_number_supersedes_nothing_that_comes_later(void **state)
{
	struct folder *f = *state;
	struct holder_swept swept;

	arrive(f, 1, SCENE_NOW);
	arrive(f, 99999999, SCENE_NOW + 1 * DAY);
	arrive(f, 2, SCENE_NOW + 2 * DAY);
	assert_ok(holder_sweep(&os_real, f->fd, SCENE_NOW + 1000 * DAY, &swept));
	assert_true(held(f, 2));
	assert_false(held(f, 1));
}

static void leaves_other_files_alone(void **state)
{
	struct folder *f = *state;
	static const char *const others[] = {"notes.txt", "0000001.night", "000000001.night", "0000000x.night",
					     "00000001.night.bak"};
	struct holder_swept swept;

	for (size_t i = 0; i < COUNT(others); i++)
		(void)close(openat(f->fd, others[i], O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	assert_int_equal(mkdirat(f->fd, "00000001.night", 0700), 0);
	arrive(f, 5, SCENE_NOW);
	assert_ok(holder_sweep(&os_real, f->fd, SCENE_NOW + 1000 * DAY, &swept));
	assert_int_equal(swept.removed, 0);
	assert_int_equal(swept.kept, 1);
	for (size_t i = 0; i < COUNT(others); i++)
		assert_int_equal(faccessat(f->fd, others[i], F_OK, 0), 0);
}

static void a_sweep_that_fails_removes_no_newest(void **state)
{
	struct folder *f = *state;
	struct holder_swept swept;

	for (long at = 0;; at++) {
		for (uint64_t n = 1; n <= 3; n++)
			if (!held(f, n))
				arrive(f, n, SCENE_NOW + n * DAY);
		faults_set(FAULTS_ONCE, at, EIO);
		struct status s = holder_sweep(&faults_os, f->fd, SCENE_NOW + 100 * DAY, &swept);
		bool met = faults_met();
		faults_set(FAULTS_NONE, 0, 0);
		assert_int_equal(faults_open_files(), 0);
		assert_true(held(f, 3));
		if (!met) {
			assert_ok(s);
			break;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(acknowledges_what_it_gives_back, fresh, gone),
		cmocka_unit_test_setup_teardown(adding_again_does_not_move_the_time_of_arrival, fresh, gone),
		cmocka_unit_test_setup_teardown(finishes_what_was_cut_short, fresh, gone),
		cmocka_unit_test_setup_teardown(never_replaces_another_file_of_this_number, fresh, gone),
		cmocka_unit_test_setup_teardown(every_fault_is_no_acknowledgement, fresh, gone),
		cmocka_unit_test_setup_teardown(an_absent_holder_is_told, fresh, gone),
		cmocka_unit_test_setup_teardown(a_night_waits_for_every_holder, fresh, gone),
		cmocka_unit_test_setup_teardown(a_holder_that_took_nothing_at_the_start_is_offered_the_night_again,
						fresh, gone),
		cmocka_unit_test_setup_teardown(sweeps_what_was_superseded_two_weeks_ago, fresh, gone),
		cmocka_unit_test_setup_teardown(a_clock_set_back_removes_nothing, fresh, gone),
		cmocka_unit_test_setup_teardown(a_forged_high_number_supersedes_nothing_that_comes_later, fresh, gone),
		cmocka_unit_test_setup_teardown(leaves_other_files_alone, fresh, gone),
		cmocka_unit_test_setup_teardown(a_sweep_that_fails_removes_no_newest, fresh, gone),
	};

	return scene_setup() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
