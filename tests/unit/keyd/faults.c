/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "faults.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum faults_mode mode;
static long left;
static int error_now, open_files;
static bool met;

void faults_set(enum faults_mode m, long at, int error)
{
	mode = m;
	left = at;
	error_now = error;
	met = false;
}

bool faults_met(void)
{
	return met;
}

int faults_open_files(void)
{
	return open_files;
}

/* Whether this call is to fail; for FAULTS_KILL the caller dies after half its work. */
static bool strikes(void)
{
	if (mode == FAULTS_NONE)
		return false;
	bool now = mode == FAULTS_ALWAYS ? left <= 0 : left == 0;
	left--;
	if (!now)
		return false;
	met = true;
	errno = error_now;
	return true;
}

static bool struck(void)
{
	if (!strikes())
		return false;
	if (mode == FAULTS_KILL)
		(void)raise(SIGKILL);
	return true;
}

static int f_open(int d, const char *n, int fl, mode_t m)
{
	if (struck())
		return -1;
	int fd = os_real.open(d, n, fl, m);
	open_files += fd >= 0;
	return fd;
}
static ssize_t f_read(int fd, void *b, size_t n, off_t at)
{
	return struck() ? -1 : os_real.read(fd, b, n, at);
}
static ssize_t f_write(int fd, const void *b, size_t n, off_t at)
{
	if (!strikes())
		return os_real.write(fd, b, n, at);
	int error = errno;
	assert_true(os_real.write(fd, b, n / 2, at) >= 0);
	if (mode == FAULTS_KILL)
		(void)raise(SIGKILL);
	errno = error;
	return -1;
}
static int f_sync(int fd)
{
	return struck() ? -1 : os_real.sync(fd);
}
static int f_sync_data(int fd)
{
	return struck() ? -1 : os_real.sync_data(fd);
}
static int f_allocate(int fd, off_t at, off_t len)
{
	return struck() ? -1 : os_real.allocate(fd, at, len);
}
static int f_truncate(int fd, off_t len)
{
	return struck() ? -1 : os_real.truncate(fd, len);
}
static int f_stat(int d, const char *n, struct stat *out)
{
	return struck() ? -1 : os_real.stat(d, n, out);
}
static int f_rename(int d, const char *a, const char *b)
{
	return struck() ? -1 : os_real.rename(d, a, b);
}
static int f_unlink(int d, const char *n)
{
	return struck() ? -1 : os_real.unlink(d, n);
}
static int f_mkdir(int d, const char *n, mode_t m)
{
	return struck() ? -1 : os_real.mkdir(d, n, m);
}
static int f_close(int fd)
{
	/* A close that fails has closed all the same (POSIX leaves it open, Linux says so). */
	bool failed = struck();
	int error = errno;

	open_files--;
	(void)os_real.close(fd);
	errno = error;
	return failed ? -1 : 0;
}
const struct os faults_os = {
	.open = f_open,
	.read = f_read,
	.write = f_write,
	.sync = f_sync,
	.sync_data = f_sync_data,
	.allocate = f_allocate,
	.truncate = f_truncate,
	.stat = f_stat,
	.rename = f_rename,
	.unlink = f_unlink,
	.mkdir = f_mkdir,
	.close = f_close,
};

/* Folders. */

void folder_make(struct folder *f)
{
	/* In memory where there is such a place: thousands of folders are synced here. */
	(void)snprintf(f->path, sizeof f->path, "%s/keyd-test-XXXXXX",
		       access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(f->path));
	f->fd = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(f->fd >= 0);
}

/* Names of a folder but "." and "..". */
static size_t list_names(int dir, char names[][64], size_t max)
{
	size_t count = 0;
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fdopendir(fd);

	assert_non_null(d);
	for (struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		assert_true(count < max);
		assert_true(snprintf(names[count++], 64, "%s", e->d_name) < 64);
	}
	(void)closedir(d);
	return count;
}

#define NAMES_MAX 128

static void empty_folder(int dir)
{
	char names[NAMES_MAX][64];
	size_t count = list_names(dir, names, NAMES_MAX);

	for (size_t i = 0; i < count; i++) {
		if (unlinkat(dir, names[i], 0) == 0)
			continue;
		int inner = openat(dir, names[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_true(inner >= 0);
		empty_folder(inner);
		(void)close(inner);
		assert_int_equal(unlinkat(dir, names[i], AT_REMOVEDIR), 0);
	}
}

void folder_remove(struct folder *f)
{
	empty_folder(f->fd);
	(void)close(f->fd);
	(void)rmdir(f->path);
	f->fd = -1;
}

static void write_file(int dir, const char *name, struct bytes bytes)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_ok(os_write_all(&os_real, fd, bytes, 0));
	(void)close(fd);
}

static void copy_all(int from, int to)
{
	char names[NAMES_MAX][64];
	size_t count = list_names(from, names, NAMES_MAX);

	for (size_t i = 0; i < count; i++) {
		AUTO(buffer) bytes = {.max = 64u << 20};
		int inner = openat(from, names[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (inner < 0) {
			assert_ok(os_load(&os_real, from, names[i], bytes.max, &bytes));
			write_file(to, names[i], buffer_bytes(&bytes));
			continue;
		}
		assert_int_equal(mkdirat(to, names[i], 0700), 0);
		int inner_to = openat(to, names[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		copy_all(inner, inner_to);
		(void)close(inner);
		(void)close(inner_to);
	}
}

void folder_copy(const struct folder *from, struct folder *to)
{
	folder_make(to);
	copy_all(from->fd, to->fd);
}

size_t folder_size(const struct folder *f, const char *name)
{
	struct stat about;

	return fstatat(f->fd, name, &about, 0) == 0 ? (size_t)about.st_size : 0;
}

bool folder_flip(const struct folder *f, const char *name, size_t bit)
{
	uint8_t byte;

	if (bit / 8 >= folder_size(f, name))
		return false;
	int fd = openat(f->fd, name, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &byte, 1, (off_t)(bit / 8)), 1);
	byte = (uint8_t)(byte ^ 1u << bit % 8);
	assert_int_equal(pwrite(fd, &byte, 1, (off_t)(bit / 8)), 1);
	(void)close(fd);
	return true;
}
