/* SPDX-License-Identifier: Apache-2.0 */
/* faults, the part that loses power: a model of a disk that forgets whatever was
 * not synced, as strictly as POSIX allows. */
#include "testing.h"

#include "faults.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONTENTS_MAX 512
#define ENTRIES_MAX  64
#define FOLDERS_MAX  4

/* Synced bytes of a file, by inode. */
static struct content {
	ino_t inode;
	struct buffer bytes;
} contents[CONTENTS_MAX];
static size_t content_count;

/* Synced names of a directory. */
static struct names {
	ino_t inode;
	char prefix[16]; /* below the folder: "" or "nights/" */
	size_t count;
	struct {
		char name[64];
		ino_t inode;
		bool folder;
	} entries[ENTRIES_MAX];
} folders[FOLDERS_MAX];
static size_t folder_count;
static long calls_left;
static bool cut;

/* What loses its last name keeps its inode until the end, so that no new file
 * is taken for it: a synced name may still lead there. */
static int held[CONTENTS_MAX];
static size_t held_count;

static void hold(int dir, const char *name)
{
	int fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return;
	assert_true(held_count < CONTENTS_MAX);
	held[held_count++] = fd;
}

static struct content *content_of(ino_t inode)
{
	for (size_t i = 0; i < content_count; i++)
		if (contents[i].inode == inode)
			return &contents[i];
	assert_true(content_count < CONTENTS_MAX);
	contents[content_count] = (struct content){.inode = inode, .bytes = {.max = 64u << 20}};
	return &contents[content_count++];
}

static struct names *names_of(ino_t inode)
{
	for (size_t i = 0; i < folder_count; i++)
		if (folders[i].inode == inode)
			return &folders[i];
	assert_true(folder_count < FOLDERS_MAX);
	folders[folder_count] = (struct names){.inode = inode};
	return &folders[folder_count++];
}

static void keep_content(int fd, ino_t inode)
{
	struct content *c = content_of(inode);
	uint8_t piece[4096];
	char path[64];

	/* The caller's descriptor may be for writing only. */
	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	int again = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(again >= 0);
	c->bytes.len = 0;
	for (ssize_t n; (n = read(again, piece, sizeof piece)) > 0;)
		assert_ok(buffer_put(&c->bytes, bytes_of(piece, (size_t)n)));
	(void)close(again);
}

static void keep_names(int fd, ino_t inode)
{
	struct names *n = names_of(inode);
	DIR *d = fdopendir(openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	struct stat about;

	assert_non_null(d);
	n->count = 0;
	for (struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		assert_true(n->count < ENTRIES_MAX);
		assert_int_equal(fstatat(fd, e->d_name, &about, 0), 0);
		assert_true(snprintf(n->entries[n->count].name, 64, "%s", e->d_name) < 64);
		n->entries[n->count].inode = about.st_ino;
		n->entries[n->count].folder = S_ISDIR(about.st_mode);
		if (S_ISDIR(about.st_mode))
			(void)snprintf(names_of(about.st_ino)->prefix, 16, "%.14s/", e->d_name);
		n->count++;
	}
	(void)closedir(d);
}

static void keep(int fd)
{
	struct stat about;

	assert_int_equal(fstat(fd, &about), 0);
	if (S_ISDIR(about.st_mode))
		keep_names(fd, about.st_ino);
	else
		keep_content(fd, about.st_ino);
}

void power_begin(const struct folder *f)
{
	power_end();
	keep(f->fd);
	for (size_t i = 0; i < folders[0].count; i++) {
		int fd = openat(f->fd, folders[0].entries[i].name, O_RDONLY | O_CLOEXEC);

		assert_true(fd >= 0);
		keep(fd);
		(void)close(fd);
	}
	for (size_t d = 1; d < folder_count; d++)
		for (size_t i = 0; i < folders[d].count; i++) {
			char path[96];

			(void)snprintf(path, sizeof path, "%s%s", folders[d].prefix, folders[d].entries[i].name);
			int fd = openat(f->fd, path, O_RDONLY | O_CLOEXEC);
			assert_true(fd >= 0);
			keep(fd);
			(void)close(fd);
		}
	power_cut_after(INT32_MAX);
}

void power_cut_after(long n)
{
	calls_left = n;
	cut = false;
}

bool power_was_cut(void)
{
	return cut;
}

static void restore_folder(const struct names *n, int dir)
{
	for (size_t i = 0; i < n->count; i++) {
		if (n->entries[i].folder) {
			assert_int_equal(mkdirat(dir, n->entries[i].name, 0700), 0);
			int inner = openat(dir, n->entries[i].name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
			restore_folder(names_of(n->entries[i].inode), inner);
			(void)close(inner);
			continue;
		}
		int fd = openat(dir, n->entries[i].name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		assert_true(fd >= 0);
		assert_ok(os_write_all(&os_real, fd, buffer_bytes(&content_of(n->entries[i].inode)->bytes), 0));
		(void)close(fd);
	}
}

void power_restore(struct folder *out)
{
	folder_make(out);
	restore_folder(&folders[0], out->fd);
}

void power_end(void)
{
	for (size_t i = 0; i < content_count; i++)
		buffer_clear(&contents[i].bytes);
	for (size_t i = 0; i < held_count; i++)
		(void)close(held[i]);
	held_count = 0;
	content_count = 0;
	folder_count = 0;
}

static bool off(void)
{
	if (calls_left-- > 0)
		return false;
	cut = true;
	errno = EIO;
	return true;
}

static int p_open(int d, const char *n, int fl, mode_t m)
{
	return off() ? -1 : os_real.open(d, n, fl, m);
}
static ssize_t p_read(int fd, void *b, size_t n, off_t at)
{
	return off() ? -1 : os_real.read(fd, b, n, at);
}
static ssize_t p_write(int fd, const void *b, size_t n, off_t at)
{
	return off() ? -1 : os_real.write(fd, b, n, at);
}
static int p_sync(int fd)
{
	if (off())
		return -1;
	keep(fd);
	return 0;
}
static int p_truncate(int fd, off_t len)
{
	return off() ? -1 : os_real.truncate(fd, len);
}
static int p_stat(int d, const char *n, struct stat *out)
{
	return off() ? -1 : os_real.stat(d, n, out);
}
static int p_rename(int d, const char *a, const char *b)
{
	if (off())
		return -1;
	hold(d, b);
	return os_real.rename(d, a, b);
}
static int p_unlink(int d, const char *n)
{
	if (off())
		return -1;
	hold(d, n);
	return os_real.unlink(d, n);
}
static int p_mkdir(int d, const char *n, mode_t m)
{
	return off() ? -1 : os_real.mkdir(d, n, m);
}
static int p_close(int fd)
{
	return os_real.close(fd);
}
const struct os power_os = {
	.open = p_open,
	.read = p_read,
	.write = p_write,
	.sync = p_sync,
	.sync_data = p_sync,
	.truncate = p_truncate,
	.stat = p_stat,
	.rename = p_rename,
	.unlink = p_unlink,
	.mkdir = p_mkdir,
	.close = p_close,
};
