/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "folder.h"
#include "os.h"

static void what_is_saved_is_loaded(void **state)
{
	(void)state;
	struct folder f = folder_new();
	AUTO(buffer) out = {.max = 1 << 20};
	static uint8_t large[200000];

	memset(large, 'x', sizeof large);
	assert_ok(os_save(&os_real, f.dir, "chart", BYTES_LITERAL("first")));
	assert_ok(os_save(&os_real, f.dir, "chart", BYTES_OF(large)));
	assert_ok(buffer_put_u8(&out, 1));
	assert_ok(os_load(&os_real, f.dir, "chart", sizeof large, &out));
	assert_int_equal(out.len, 1 + sizeof large);
	assert_memory_equal(out.bytes + 1, large, sizeof large);
	assert_ok(os_save(&os_real, f.dir, "chart", (struct bytes){0}));
	out.len = 0;
	assert_ok(os_load(&os_real, f.dir, "chart", 0, &out));
	assert_int_equal(out.len, 0);
	assert_ok(os_remove(&os_real, f.dir, "chart"));
	assert_ok(os_remove(&os_real, f.dir, "chart"));
	folder_end(&f);
}

static void a_file_past_the_limit_is_refused(void **state)
{
	(void)state;
	struct folder f = folder_new();
	AUTO(buffer) out = {.max = 100};

	assert_ok(os_save(&os_real, f.dir, "chart", BYTES_LITERAL("123456")));
	assert_ok(buffer_put_u8(&out, 1));
	assert_fails(ST_TOO_BIG, os_load(&os_real, f.dir, "chart", 5, &out));
	assert_int_equal(out.len, 1);
	assert_ok(os_load(&os_real, f.dir, "chart", 6, &out));
	assert_int_equal(out.len, 7);
	assert_fails(ST_NOT_FOUND, os_load(&os_real, f.dir, "nowhere", 6, &out));
	assert_ok(os_remove(&os_real, f.dir, "chart"));
	folder_end(&f);
}

static void files_are_private(void **state)
{
	(void)state;
	struct folder f = folder_new();
	struct stat s;
	int inner;
	mode_t before = umask(0);

	assert_ok(os_save(&os_real, f.dir, "chart", BYTES_LITERAL("x")));
	assert_int_equal(os_real.stat(f.dir, "chart", &s), 0);
	assert_int_equal(s.st_mode & 0777, 0600);
	assert_ok(os_open_dir(&os_real, f.dir, "inner", true, &inner));
	assert_int_equal(os_real.stat(inner, "", &s), 0);
	assert_int_equal(s.st_mode & 0777, 0700);
	close(inner);
	umask(before);
	assert_int_equal(unlinkat(f.dir, "inner", AT_REMOVEDIR), 0);
	assert_ok(os_remove(&os_real, f.dir, "chart"));
	folder_end(&f);
}

static void links_are_not_followed(void **state)
{
	(void)state;
	struct folder f = folder_new();
	AUTO(buffer) out = {.max = 100};
	int dir;

	assert_int_equal(symlinkat("/etc", f.dir, "away"), 0);
	assert_int_equal(symlinkat("/etc/hostname", f.dir, "file"), 0);
	assert_fails(ST_IO, os_open_dir(&os_real, f.dir, "away", false, &dir));
	assert_fails(ST_IO, os_load(&os_real, f.dir, "file", 100, &out));
	assert_int_equal(unlinkat(f.dir, "away", 0), 0);
	assert_int_equal(unlinkat(f.dir, "file", 0), 0);
	folder_end(&f);
}

static void directories_are_made_on_request_only(void **state)
{
	(void)state;
	struct folder f = folder_new();
	int dir = -7;
	char path[64];

	assert_fails(ST_NOT_FOUND, os_open_dir(&os_real, f.dir, "inner", false, &dir));
	assert_int_equal(dir, -7);
	assert_fails(ST_NOT_FOUND, os_open_dir(&os_real, f.dir, "inner/deeper", true, &dir));
	assert_ok(os_open_dir(&os_real, f.dir, "inner/", true, &dir));
	close(dir);
	assert_ok(os_open_dir(&os_real, f.dir, "inner/deeper", true, &dir));
	close(dir);
	snprintf(path, sizeof path, "%s/other", f.path);
	assert_ok(os_open_dir(&os_real, AT_FDCWD, path, true, &dir));
	close(dir);
	assert_int_equal(unlinkat(f.dir, "inner/deeper", AT_REMOVEDIR), 0);
	assert_int_equal(unlinkat(f.dir, "inner", AT_REMOVEDIR), 0);
	assert_int_equal(unlinkat(f.dir, "other", AT_REMOVEDIR), 0);
	folder_end(&f);
}

static void a_short_file_is_damage(void **state)
{
	(void)state;
	struct folder f = folder_new();
	char out[8];

	assert_ok(os_save(&os_real, f.dir, "chart", BYTES_LITERAL("12345678")));
	int fd = os_real.open(f.dir, "chart", O_RDWR, 0);
	assert_true(fd >= 0);
	assert_ok(os_read_all(&os_real, fd, out, 8, 0));
	assert_memory_equal(out, "12345678", 8);
	assert_fails(ST_CORRUPT, os_read_all(&os_real, fd, out, 8, 1));
	assert_fails(ST_TOO_BIG, os_read_all(&os_real, fd, out, 8, UINT64_MAX - 3));
	assert_ok(os_write_all(&os_real, fd, BYTES_LITERAL("ab"), 7));
	assert_ok(os_read_all(&os_real, fd, out, 3, 6));
	assert_memory_equal(out, "7ab", 3);
	assert_fails(ST_TOO_BIG, os_write_all(&os_real, fd, BYTES_LITERAL("ab"), (uint64_t)INT64_MAX));
	assert_int_equal(os_real.allocate(fd, 0, 100), 0);
	assert_int_equal(os_real.truncate(fd, 3), 0);
	assert_int_equal(os_real.sync_data(fd), 0);
	close(fd);
	assert_ok(os_remove(&os_real, f.dir, "chart"));
	folder_end(&f);
}

static void a_name_too_long_is_refused(void **state)
{
	(void)state;
	struct folder f = folder_new();
	char name[255];

	memset(name, 'n', sizeof name - 1);
	name[sizeof name - 1] = 0;
	assert_fails(ST_INVALID, os_save(&os_real, f.dir, name, BYTES_LITERAL("x")));
	folder_end(&f);
}

static void errors_have_a_meaning(void **state)
{
	(void)state;
	assert_fails(ST_FULL, os_status(ENOSPC, "x"));
	assert_fails(ST_FULL, os_status(EDQUOT, "x"));
	assert_fails(ST_NOT_FOUND, os_status(ENOENT, "x"));
	assert_fails(ST_CONFLICT, os_status(EEXIST, "x"));
	assert_fails(ST_IO, os_status(EIO, "x"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_saved_is_loaded),
		TEST(a_file_past_the_limit_is_refused),
		TEST(files_are_private),
		TEST(links_are_not_followed),
		TEST(directories_are_made_on_request_only),
		TEST(a_short_file_is_damage),
		TEST(a_name_too_long_is_refused),
		TEST(errors_have_a_meaning),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
