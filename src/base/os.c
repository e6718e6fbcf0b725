/* SPDX-License-Identifier: Apache-2.0 */
#include "os.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define PIECE 65536

static int real_open(int dir, const char *name, int flags, mode_t mode)
{
	return openat(dir, name, flags | O_CLOEXEC | O_NOFOLLOW, mode);
}

static ssize_t real_read(int fd, void *bytes, size_t len, off_t at)
{
	return pread(fd, bytes, len, at);
}

static ssize_t real_write(int fd, const void *bytes, size_t len, off_t at)
{
	return pwrite(fd, bytes, len, at);
}

static int real_allocate(int fd, off_t at, off_t len)
{
	int failure = posix_fallocate(fd, at, len);

	if (failure == 0)
		return 0;
	errno = failure;
	return -1;
}

static int real_stat(int dir, const char *name, struct stat *out)
{
	return fstatat(dir, name, out, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH);
}

static int real_rename(int dir, const char *from, const char *to)
{
	return renameat(dir, from, dir, to);
}

static int real_unlink(int dir, const char *name)
{
	return unlinkat(dir, name, 0);
}

static int real_room(int dir, uint64_t *bytes)
{
	struct statvfs about;

	if (fstatvfs(dir, &about) != 0)
		return -1;
	*bytes = (uint64_t)about.f_bavail * about.f_frsize;
	return 0;
}

const struct os os_real = {
	.open = real_open,
	.read = real_read,
	.write = real_write,
	.sync = fsync,
	.sync_data = fdatasync,
	.allocate = real_allocate,
	.truncate = ftruncate,
	.stat = real_stat,
	.rename = real_rename,
	.unlink = real_unlink,
	.mkdir = mkdirat,
	.close = close,
	.room = real_room,
};

struct status os_status(int errno_value, const char *what)
{
	switch (errno_value) {
	case ENOSPC:
	case EDQUOT:
		return (struct status){ST_FULL, what};
	case ENOENT:
		return (struct status){ST_NOT_FOUND, what};
	case EEXIST:
		return (struct status){ST_CONFLICT, what};
	default:
		return (struct status){ST_IO, what};
	}
}

static struct status check_range(uint64_t at, size_t len)
{
	if (at > INT64_MAX || len > INT64_MAX - at)
		return FAIL_AT(ST_TOO_BIG, "file offset");
	return OK;
}

struct status os_write_all(const struct os *os, int fd, struct bytes bytes, uint64_t at)
{
	TRY(check_range(at, bytes.len));
	while (bytes.len > 0) {
		ssize_t n = os->write(fd, bytes.at, bytes.len, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return os_status(errno, "write");
		if (n == 0)
			return FAIL_AT(ST_IO, "write");
		bytes = bytes_of(bytes.at + n, bytes.len - (size_t)n);
		at += (uint64_t)n;
	}
	return OK;
}

static ssize_t read_retried(const struct os *os, int fd, void *room, size_t len, uint64_t at)
{
	ssize_t n;

	do {
		n = os->read(fd, room, len, (off_t)at);
	} while (n < 0 && errno == EINTR);
	return n;
}

struct status os_read_all(const struct os *os, int fd, void *out, size_t len, uint64_t at)
{
	size_t done = 0;

	TRY(check_range(at, len));
	while (done < len) {
		ssize_t got = read_retried(os, fd, (uint8_t *)out + done, len - done, at + done);

		if (got < 0)
			return os_status(errno, "read");
		if (got == 0)
			return FAIL_AT(ST_CORRUPT, "file is too short");
		done += (size_t)got;
	}
	return OK;
}

static struct status load_rest(const struct os *os, int fd, size_t max, struct buffer *out)
{
	for (size_t done = 0;;) {
		uint8_t beyond;
		size_t want = max - done < PIECE ? max - done : PIECE;

		/* A full load still has to see the end of the file. */
		TRY(buffer_reserve(out, want));
		uint8_t *room = want > 0 ? out->bytes + out->len : &beyond;
		ssize_t got = read_retried(os, fd, room, want > 0 ? want : 1, done);
		if (got < 0)
			return os_status(errno, "read");
		if (got == 0)
			return OK;
		if (want == 0)
			return FAIL_AT(ST_TOO_BIG, "file");
		out->len += (size_t)got;
		done += (size_t)got;
	}
}

struct status os_load(const struct os *os, int dir, const char *name, size_t max, struct buffer *out)
{
	size_t before = out->len;
	int fd = os->open(dir, name, O_RDONLY, 0);

	if (fd < 0)
		return os_status(errno, "open");
	struct status s = load_rest(os, fd, max, out);
	(void)os->close(fd);
	if (!ok(s))
		out->len = before;
	return s;
}

struct status os_sync(int (*sync)(int fd), int fd)
{
	while (sync(fd) != 0)
		if (errno != EINTR)
			return os_status(errno, "sync");
	return OK;
}

static struct status write_draft(const struct os *os, int dir, const char *draft, struct bytes bytes)
{
	int fd = os->open(dir, draft, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0)
		return os_status(errno, "open");
	struct status s = os_write_all(os, fd, bytes, 0);
	if (ok(s))
		s = os_sync(os->sync, fd);
	/* Network file systems report a full disk here, not in write(2). */
	if (os->close(fd) != 0 && ok(s))
		s = os_status(errno, "close");
	return s;
}

struct status os_save(const struct os *os, int dir, const char *name, struct bytes bytes)
{
	char draft[NAME_MAX + 1];

	if (snprintf(draft, sizeof draft, ".%s.draft", name) >= (int)sizeof draft)
		return FAIL_AT(ST_INVALID, "file name");
	struct status s = write_draft(os, dir, draft, bytes);
	if (ok(s) && os->rename(dir, draft, name) != 0)
		s = os_status(errno, "rename");
	if (!ok(s)) {
		(void)os->unlink(dir, draft);
		return s;
	}
	/* The new name is durable only once its directory is. */
	return os_sync(os->sync, dir);
}

struct status os_remove(const struct os *os, int dir, const char *name)
{
	if (os->unlink(dir, name) != 0 && errno != ENOENT)
		return os_status(errno, "unlink");
	/* Missing or not: an earlier removal may have failed right here. */
	return os_sync(os->sync, dir);
}

/* The directory that holds ${name}: what must be synced after making it. */
static struct status sync_parent(const struct os *os, int dir, const char *name)
{
	char parent[PATH_MAX];
	size_t len = strlen(name);

	while (len > 1 && name[len - 1] == '/')
		len--;
	while (len > 0 && name[len - 1] != '/')
		len--;
	if (len >= sizeof parent - 1)
		return FAIL_AT(ST_INVALID, "path");
	(void)snprintf(parent, sizeof parent, "%.*s.", (int)len, name);

	int fd = os->open(dir, parent, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return os_status(errno, "open");
	struct status s = os_sync(os->sync, fd);
	(void)os->close(fd);
	return s;
}

static struct status make_dir(const struct os *os, int dir, const char *name)
{
	if (os->mkdir(dir, name, 0700) != 0 && errno != EEXIST)
		return os_status(errno, "mkdir");
	return sync_parent(os, dir, name);
}

struct status os_open_dir(const struct os *os, int dir, const char *name, bool create, int *out)
{
	int fd = os->open(dir, name, O_RDONLY | O_DIRECTORY, 0);

	if (fd < 0 && errno == ENOENT && create) {
		TRY(make_dir(os, dir, name));
		fd = os->open(dir, name, O_RDONLY | O_DIRECTORY, 0);
	}
	if (fd < 0)
		return os_status(errno, "open");
	*out = fd;
	return OK;
}
