/* SPDX-License-Identifier: Apache-2.0 */
#include "seal_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fault_fixture.h"
#include "hash.h"
#include "securitystore.h"

static const struct argon2_cost cheapest = {.memory = LIMIT_ARGON2_MEMORY_MIN, .passes = 1};
#define PASSPHRASE BYTES_LITERAL("correct horse battery staple")
#define ANOTHER    BYTES_LITERAL("nineteen quiet herons")
#define NAME       SECURITYSTORE_NAME

static struct securityfile file;
static struct securityfile_keys keys;

/** A folder that goes with the test. */
struct folder {
	char path[64];
	int fd;
};

static void folder_clear(struct folder *f)
{
	static const char *const names[] = {NAME, NAME ".lock"};

	for (size_t i = 0; i < COUNT(names); i++)
		(void)unlinkat(f->fd, names[i], 0);
	close(f->fd);
	/* Fails, and with it the test, when a draft was left behind. */
	assert_int_equal(rmdir(f->path), 0);
}

static void folder_new(struct folder *f)
{
	memcpy(f->path, "/tmp/securitystore-XXXXXX", 26);
	assert_non_null(mkdtemp(f->path));
	f->fd = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(f->fd >= 0);
}

static int setup(void **state)
{
	struct securityfile_person person = {
		.site = fixture_hash(0x51),
		.origin = TEXT("https://clinic.example"),
		.user = fixture_user(1),
		.login = TEXT("anna"),
	};
	struct securityfile_pin pin = {.size = 10, .root = fixture_hash(10)};

	return fixture_setup(state) == 0 && ok(securityfile_new(&person, &pin, &file, &keys)) &&
			       ok(securityfile_add_slot(&file, &keys, PASSPHRASE, cheapest))
		       ? 0
		       : 1;
}

static int teardown(void **state)
{
	(void)state;
	securityfile_clear(&file);
	securityfile_keys_clear(&keys);
	return 0;
}

static struct securityfile_pin pin_of(uint8_t size)
{
	return (struct securityfile_pin){.size = size, .root = fixture_hash(size)};
}

/* What a client that comes later finds. */
static uint64_t pin_in(const struct folder *f)
{
	AUTO(securityfile) found = {0};
	AUTO(securityfile_keys) opened = {0};

	assert_ok(securitystore_load(&os_real, f->fd, NAME, &found));
	assert_ok(securityfile_open_with(&found, &keys.file_key, &opened));
	return opened.pin.size;
}

static void copy_keys(struct securityfile_keys *out)
{
	assert_ok(securityfile_open_with(&file, &keys.file_key, out));
}

static void is_created_once(void **state)
{
	(void)state;
	AUTO(folder) f;
	AUTO(securityfile) found = {0};

	folder_new(&f);
	assert_fails(ST_NOT_FOUND, securitystore_load(&os_real, f.fd, NAME, &found));
	assert_ok(securitystore_create(&os_real, f.fd, NAME, &file));
	assert_fails(ST_CONFLICT, securitystore_create(&os_real, f.fd, NAME, &file));
	assert_ok(securitystore_load(&os_real, f.fd, NAME, &found));
	assert_true(text_equal(found.person.login, TEXT("anna")));
}

static void is_readable_by_its_owner_alone(void **state)
{
	(void)state;
	AUTO(folder) f;
	struct stat st;

	folder_new(&f);
	assert_ok(securitystore_create(&os_real, f.fd, NAME, &file));
	assert_int_equal(fstatat(f.fd, NAME, &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void refuses_a_file_past_its_ceiling(void **state)
{
	(void)state;
	AUTO(folder) f;
	AUTO(securityfile) found = {0};

	folder_new(&f);
	int fd = openat(f.fd, NAME, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(ftruncate(fd, SECURITYFILE_MAX + 1), 0);
	close(fd);
	assert_fails(ST_CORRUPT, securitystore_load(&os_real, f.fd, NAME, &found));
}

static void a_pin_is_kept_and_never_goes_back(void **state)
{
	(void)state;
	AUTO(folder) f;
	AUTO(securityfile_keys) mine = {0};
	struct securityfile_pin pin = pin_of(20);

	folder_new(&f);
	copy_keys(&mine);
	assert_ok(securitystore_create(&os_real, f.fd, NAME, &file));
	assert_ok(securitystore_pin(&os_real, f.fd, NAME, &mine, &pin));
	assert_int_equal(pin_in(&f), 20);
	pin = pin_of(15);
	assert_ok(securitystore_pin(&os_real, f.fd, NAME, &mine, &pin));
	assert_int_equal(pin_in(&f), 20);
	assert_int_equal(mine.pin.size, 20);
	pin = pin_of(20);
	pin.root.bytes[0] ^= 1;
	assert_fails(ST_CORRUPT, securitystore_pin(&os_real, f.fd, NAME, &mine, &pin));
	assert_int_equal(pin_in(&f), 20);
}

static void an_older_copy_put_back_is_caught_up(void **state)
{
	(void)state;
	AUTO(folder) f;
	AUTO(securityfile_keys) mine = {0};
	struct securityfile_pin pin = pin_of(30);

	folder_new(&f);
	copy_keys(&mine);
	assert_ok(securitystore_create(&os_real, f.fd, NAME, &file));
	assert_ok(securitystore_pin(&os_real, f.fd, NAME, &mine, &pin));
	assert_ok(os_remove(&os_real, f.fd, NAME));
	assert_ok(securitystore_create(&os_real, f.fd, NAME, &file));
	assert_int_equal(pin_in(&f), 10);
	pin = pin_of(20);
	assert_ok(securitystore_pin(&os_real, f.fd, NAME, &mine, &pin));
	assert_int_equal(pin_in(&f), 30);
}

static void refuses_a_file_of_somebody_else(void **state)
{
	(void)state;
	AUTO(folder) f;
	AUTO(securityfile) other = {0};
	AUTO(securityfile_keys) others = {0};
	AUTO(securityfile_keys) mine = {0};
	struct securityfile_pin pin = pin_of(20);
	struct securityfile_person person = file.person;

	folder_new(&f);
	copy_keys(&mine);
	assert_ok(securityfile_new(&person, &pin, &other, &others));
	other.slots[0] = file.slots[0];
	other.slot_count = 1;
	assert_ok(securitystore_create(&os_real, f.fd, NAME, &other));
	assert_fails(ST_CONFLICT, securitystore_pin(&os_real, f.fd, NAME, &mine, &pin));
	assert_int_equal(mine.pin.size, 10);
}

static struct status change_to_another(const struct os *os, int dir)
{
	struct securitystore_change change = {PASSPHRASE, ANOTHER, cheapest};

	return securitystore_change(os, dir, NAME, &change);
}

static void a_passphrase_change_needs_the_old_one(void **state)
{
	(void)state;
	AUTO(folder) f;
	AUTO(securityfile) found = {0};
	AUTO(securityfile_keys) opened = {0};

	folder_new(&f);
	assert_ok(securitystore_create(&os_real, f.fd, NAME, &file));
	assert_ok(change_to_another(&os_real, f.fd));
	assert_fails(ST_UNPROVEN, change_to_another(&os_real, f.fd));
	assert_ok(securitystore_load(&os_real, f.fd, NAME, &found));
	assert_ok(securityfile_open(&found, ANOTHER, &opened));
}

/* Many writers move the pin while one changes the passphrase: the file ends with
 * the highest pin and the new passphrase. */
static void of_many_writers_none_undoes_anothers_work(void **state)
{
	(void)state;
	AUTO(folder) f;
	AUTO(securityfile) found = {0};
	AUTO(securityfile_keys) opened = {0};

	folder_new(&f);
	assert_ok(securitystore_create(&os_real, f.fd, NAME, &file));
	for (uint8_t writer = 0; writer < 4; writer++) {
		if (fork() != 0)
			continue;
		bool fine = true;
		for (uint8_t i = 0; i < 25; i++) {
			struct securityfile_pin pin = pin_of((uint8_t)(11 + 4 * i + writer));

			fine = fine && ok(securitystore_pin(&os_real, f.fd, NAME, &keys, &pin));
		}
		_exit(fine ? 0 : 1);
	}
	assert_ok(change_to_another(&os_real, f.fd));
	for (int i = 0; i < 4; i++) {
		int status;

		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	assert_ok(securitystore_load(&os_real, f.fd, NAME, &found));
	assert_ok(securityfile_open(&found, ANOTHER, &opened));
	assert_int_equal(opened.pin.size, 11 + 4 * 24 + 3);
}

/* --- Faults --- */

/* Fail call 0, then 1, ... until a run meets no fault; after each, the file is old or new, and whole. */
static int pin_faults(void)
{
	AUTO(folder) f;
	struct status s;
	int point = 0;

	folder_new(&f);
	do {
		AUTO(securityfile_keys) mine = {0};
		struct securityfile_pin pin = pin_of(20);

		copy_keys(&mine);
		assert_ok(os_remove(&os_real, f.fd, NAME));
		assert_ok(securitystore_create(&os_real, f.fd, NAME, &file));
		fault_after = point++;
		s = securitystore_pin(&fault_os, f.fd, NAME, &mine, &pin);
		bool met = fault_after < 0;
		uint64_t found = pin_in(&f);
		assert_true(found == 10 || found == 20);
		/* What we say is on the disk is on the disk. */
		if (ok(s))
			assert_int_equal(found, 20);
		else
			assert_int_equal(mine.pin.size, 10);
		assert_int_equal(fault_open_files, 0);
		if (!met)
			break;
	} while (point < 10000);
	assert_ok(s);
	return point - 1;
}

static void every_fault_while_moving_the_pin_leaves_old_or_new(void **state)
{
	(void)state;

	for (int i = 0; i < 2; i++) {
		fault_persistent = i == 1;
		int points = pin_faults();

		print_message("# %d fault points\n", points);
		assert_true(points > 15);
	}
}

static void every_fault_while_creating_leaves_none_or_all(void **state)
{
	(void)state;
	AUTO(folder) f;
	int point = 0;
	bool met = true;

	folder_new(&f);
	for (fault_persistent = false; met; point++) {
		AUTO(securityfile) found = {0};

		assert_ok(os_remove(&os_real, f.fd, NAME));
		fault_after = point;
		struct status s = securitystore_create(&fault_os, f.fd, NAME, &file);
		met = fault_after < 0;
		struct status there = securitystore_load(&os_real, f.fd, NAME, &found);
		assert_true(ok(there) || there.code == ST_NOT_FOUND);
		if (ok(s))
			assert_ok(there);
		assert_int_equal(fault_open_files, 0);
	}
	assert_true(point > 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(is_created_once),
		TEST(is_readable_by_its_owner_alone),
		TEST(refuses_a_file_past_its_ceiling),
		TEST(a_pin_is_kept_and_never_goes_back),
		TEST(an_older_copy_put_back_is_caught_up),
		TEST(refuses_a_file_of_somebody_else),
		TEST(a_passphrase_change_needs_the_old_one),
		TEST(of_many_writers_none_undoes_anothers_work),
		TEST(every_fault_while_moving_the_pin_leaves_old_or_new),
		TEST(every_fault_while_creating_leaves_none_or_all),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
