/* SPDX-License-Identifier: Apache-2.0 */
/* Every call of the table fails in turn: once, and from then on. */
#include "testing.h"

#include <errno.h>
#include <string.h>

#include "folder.h"
#include "os.h"

static int calls_left; /* the call that takes this below zero fails */
static bool persistent;
static int fault;
static int open_files;

static bool fails(void)
{
	int left = calls_left--;

	if (left == 0 || (left < 0 && persistent)) {
		errno = fault;
		return true;
	}
	return false;
}

static int faulty_open(int dir, const char *name, int flags, mode_t mode)
{
	if (fails())
		return -1;
	int fd = os_real.open(dir, name, flags, mode);
	open_files += fd >= 0;
	return fd;
}

/* Short on purpose: three bytes a call. */
static ssize_t faulty_read(int fd, void *bytes, size_t len, off_t at)
{
	return fails() ? -1 : os_real.read(fd, bytes, len > 3 ? 3 : len, at);
}

static ssize_t faulty_write(int fd, const void *bytes, size_t len, off_t at)
{
	return fails() ? -1 : os_real.write(fd, bytes, len > 3 ? 3 : len, at);
}

static int faulty_sync(int fd)
{
	return fails() ? -1 : os_real.sync(fd);
}

static int faulty_rename(int dir, const char *from, const char *to)
{
	return fails() ? -1 : os_real.rename(dir, from, to);
}

static int faulty_unlink(int dir, const char *name)
{
	return fails() ? -1 : os_real.unlink(dir, name);
}

static int faulty_mkdir(int dir, const char *name, mode_t mode)
{
	return fails() ? -1 : os_real.mkdir(dir, name, mode);
}

static int faulty_close(int fd)
{
	open_files--;
	os_real.close(fd);
	return fails() ? -1 : 0;
}

static const struct os os_faulty = {
	.open = faulty_open,
	.read = faulty_read,
	.write = faulty_write,
	.sync = faulty_sync,
	.rename = faulty_rename,
	.unlink = faulty_unlink,
	.mkdir = faulty_mkdir,
	.close = faulty_close,
};

static void fail_from(int call, bool always, int with)
{
	calls_left = call;
	persistent = always;
	fault = with;
	open_files = 0;
}

static void assert_holds_old_or_new(const struct folder *f, bool done)
{
	AUTO(buffer) out = {.max = 64};

	assert_ok(os_load(&os_real, f->dir, "chart", 64, &out));
	bool is_new = bytes_equal(buffer_bytes(&out), BYTES_LITERAL("new-data"));
	assert_true(is_new || (!done && bytes_equal(buffer_bytes(&out), BYTES_LITERAL("old-data"))));
	assert_int_equal(open_files, 0);
}

static int save_under_faults(bool always, int with)
{
	struct folder f = folder_new();
	struct status s;
	int n = 0;

	do {
		assert_ok(os_save(&os_real, f.dir, "chart", BYTES_LITERAL("old-data")));
		fail_from(n++, always, with);
		s = os_save(&os_faulty, f.dir, "chart", BYTES_LITERAL("new-data"));
		assert_holds_old_or_new(&f, ok(s));
		if (!ok(s))
			assert_int_equal(s.code, with == ENOSPC ? ST_FULL : ST_IO);
	} while (!ok(s));
	/* A removal of the draft that failed as well leaves the draft. */
	assert_ok(os_remove(&os_real, f.dir, ".chart.draft"));
	assert_ok(os_remove(&os_real, f.dir, "chart"));
	folder_end(&f);
	return n - 1;
}

static void saving_leaves_old_or_new(void **state)
{
	(void)state;
	assert_int_equal(save_under_faults(false, EIO), 8);
	assert_int_equal(save_under_faults(true, EIO), 8);
	assert_int_equal(save_under_faults(false, ENOSPC), 8);
}

static void a_failure_before_the_rename_leaves_no_draft(void **state)
{
	(void)state;
	struct folder f = folder_new();
	struct stat s;

	for (int n = 0; n < 7; n++) {
		fail_from(n, false, EIO);
		assert_fails(ST_IO, os_save(&os_faulty, f.dir, "chart", BYTES_LITERAL("new-data")));
		assert_int_equal(os_real.stat(f.dir, ".chart.draft", &s), -1);
		assert_int_equal(os_real.stat(f.dir, "chart", &s), -1);
	}
	folder_end(&f);
}

/* A signal may interrupt a call; that is no failure. */
static void an_interrupted_call_is_made_again(void **state)
{
	(void)state;
	struct folder f = folder_new();
	AUTO(buffer) out = {.max = 64};

	for (int n = 1; n <= 4; n++) { /* three writes and the sync */
		fail_from(n, false, EINTR);
		assert_ok(os_save(&os_faulty, f.dir, "chart", BYTES_LITERAL("new-data")));
	}
	for (int n = 1; n <= 4; n++) { /* three reads and the one that sees the end */
		out.len = 0;
		fail_from(n, false, EINTR);
		assert_ok(os_load(&os_faulty, f.dir, "chart", 64, &out));
		assert_true(bytes_equal(buffer_bytes(&out), BYTES_LITERAL("new-data")));
	}
	fail_from(1, false, EINTR);
	assert_ok(os_remove(&os_faulty, f.dir, "chart"));
	folder_end(&f);
}

static void loading_gives_all_or_nothing(void **state)
{
	(void)state;
	struct folder f = folder_new();
	AUTO(buffer) out = {.max = 64};
	struct status s;
	int n = 0;

	assert_ok(os_save(&os_real, f.dir, "chart", BYTES_LITERAL("old-data")));
	do {
		out.len = 0;
		fail_from(n++, false, EIO);
		s = os_load(&os_faulty, f.dir, "chart", 64, &out);
		assert_int_equal(out.len, ok(s) ? 8 : 0);
		assert_int_equal(open_files, 0);
		if (n == 100)
			break;
	} while (!ok(s));
	assert_int_equal(n - 1, 5);
	assert_ok(os_remove(&os_real, f.dir, "chart"));
	folder_end(&f);
}

static void a_directory_is_made_or_the_failure_is_told(void **state)
{
	(void)state;
	struct folder f = folder_new();
	int dir, faults = 0;

	/* 0: first open fails with another error; then mkdir, opening, syncing and
	 * (harmless) closing the parent, opening what was made. */
	for (int n = 0; n < 6; n++) {
		fail_from(n, false, EIO);
		struct status s = os_open_dir(&os_faulty, f.dir, "inner", true, &dir);

		faults += !ok(s);
		if (ok(s))
			close(dir);
		assert_int_equal(open_files, ok(s) ? 1 : 0);
		(void)unlinkat(f.dir, "inner", AT_REMOVEDIR);
	}
	assert_int_equal(faults, 5);
	folder_end(&f);
}

static void a_removal_that_is_not_durable_fails(void **state)
{
	(void)state;
	struct folder f = folder_new();

	assert_ok(os_save(&os_real, f.dir, "chart", BYTES_LITERAL("x")));
	fail_from(0, false, EIO);
	assert_fails(ST_IO, os_remove(&os_faulty, f.dir, "chart"));
	fail_from(1, false, EIO);
	assert_fails(ST_IO, os_remove(&os_faulty, f.dir, "chart"));
	/* The name is gone, but only this call makes it so for good. */
	fail_from(9, false, EIO);
	assert_ok(os_remove(&os_faulty, f.dir, "chart"));
	assert_int_equal(calls_left, 7);
	folder_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(saving_leaves_old_or_new),
		TEST(a_failure_before_the_rename_leaves_no_draft),
		TEST(an_interrupted_call_is_made_again),
		TEST(loading_gives_all_or_nothing),
		TEST(a_directory_is_made_or_the_failure_is_told),
		TEST(a_removal_that_is_not_durable_fails),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
