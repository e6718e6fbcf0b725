/* SPDX-License-Identifier: Apache-2.0 */
/**
 * os: every system call that touches a file goes through this table, so that a
 * test can make the N-th one fail.  os_real is the only production instance.
 *
 * Every open adds O_CLOEXEC | O_NOFOLLOW; names are relative to a directory
 * descriptor.  Results and errno are those of the call.
 */
#ifndef BASE_OS_H
#define BASE_OS_H

#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "bytes.h"

struct os {
	int (*open)(int dir, const char *name, int flags, mode_t mode);
	ssize_t (*read)(int fd, void *bytes, size_t len, off_t at);
	ssize_t (*write)(int fd, const void *bytes, size_t len, off_t at);
	int (*sync)(int fd);      /* fsync */
	int (*sync_data)(int fd); /* fdatasync */
	int (*allocate)(int fd, off_t at, off_t len);
	int (*truncate)(int fd, off_t len);
	int (*stat)(int dir, const char *name, struct stat *out); /* "" is ${dir} itself, a file or not */
	int (*rename)(int dir, const char *from, const char *to);
	int (*unlink)(int dir, const char *name);
	int (*mkdir)(int dir, const char *name, mode_t mode);
	int (*close)(int fd);
	int (*room)(int dir, uint64_t *bytes); /* what we may still write to its file system */
};
extern const struct os os_real;

/* What every writer of files does, written once.  ENOSPC and EDQUOT become
 * ST_FULL, ENOENT ST_NOT_FOUND, EEXIST ST_CONFLICT, everything else ST_IO. */

/** os_status(errno_value, what): the mapping above. */
struct status os_status(int errno_value, const char *what);
/** os_write_all(os, fd, bytes, at): every byte at offset ${at}, or a failure. */
MUST_CHECK struct status os_write_all(const struct os *os, int fd, struct bytes bytes, uint64_t at);
/** os_read_all(os, fd, out, len, at): exactly ${len} bytes; ST_CORRUPT when the file is shorter. */
MUST_CHECK struct status os_read_all(const struct os *os, int fd, void *out, size_t len, uint64_t at);
/** os_sync(sync, fd): durable by os->sync or os->sync_data; begun again when a signal came. */
MUST_CHECK struct status os_sync(int (*sync)(int fd), int fd);
/** os_load(os, dir, name, max, out): append a whole file of at most ${max} bytes; ST_NOT_FOUND, ST_TOO_BIG. */
MUST_CHECK struct status os_load(const struct os *os, int dir, const char *name, size_t max, struct buffer *out);
/**
 * os_save(os, dir, name, bytes):
 * Make ${bytes} durable as ${name} in ${dir} (file synced, renamed over, directory
 * synced).  After a failure the previous content, if any, is still there and whole;
 * only when the last step fails, syncing the directory, it may already be the new one, whole.
 */
MUST_CHECK struct status os_save(const struct os *os, int dir, const char *name, struct bytes bytes);
/** os_remove(os, dir, name): unlink and sync the directory; a missing file is fine. */
MUST_CHECK struct status os_remove(const struct os *os, int dir, const char *name);
/** os_open_dir(os, dir, name, create, out): a directory descriptor, made 0700 if ${create}. */
MUST_CHECK struct status os_open_dir(const struct os *os, int dir, const char *name, bool create, int *out);

#endif /* !BASE_OS_H */
