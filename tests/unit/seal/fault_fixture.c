/* SPDX-License-Identifier: Apache-2.0 */
#include "fault_fixture.h"

#include <errno.h>

int fault_after, fault_open_files;
bool fault_persistent;

static bool fault(void)
{
	bool fails = fault_after == 0 || (fault_persistent && fault_after < 0);

	fault_after--;
	errno = EIO;
	return fails;
}
static int faulty_open(int dir, const char *name, int flags, mode_t mode)
{
	if (fault())
		return -1;
	int fd = os_real.open(dir, name, flags, mode);
	fault_open_files += fd >= 0;
	return fd;
}
static ssize_t faulty_read(int fd, void *bytes, size_t len, off_t at)
{
	return fault() ? -1 : os_real.read(fd, bytes, len > 100 ? 100 : len, at);
}
static ssize_t faulty_write(int fd, const void *bytes, size_t len, off_t at)
{
	return fault() ? -1 : os_real.write(fd, bytes, len > 100 ? 100 : len, at);
}
static int faulty_sync(int fd)
{
	return fault() ? -1 : os_real.sync(fd);
}
static int faulty_sync_data(int fd)
{
	return fault() ? -1 : os_real.sync_data(fd);
}
static int faulty_allocate(int fd, off_t at, off_t len)
{
	return fault() ? -1 : os_real.allocate(fd, at, len);
}
static int faulty_truncate(int fd, off_t len)
{
	return fault() ? -1 : os_real.truncate(fd, len);
}
static int faulty_stat(int dir, const char *name, struct stat *out)
{
	return fault() ? -1 : os_real.stat(dir, name, out);
}
static int faulty_rename(int dir, const char *from, const char *to)
{
	return fault() ? -1 : os_real.rename(dir, from, to);
}
static int faulty_unlink(int dir, const char *name)
{
	/* Taking a draft away again may fail too, but then the folder keeps it: not what is tested here. */
	return os_real.unlink(dir, name);
}
static int faulty_mkdir(int dir, const char *name, mode_t mode)
{
	return fault() ? -1 : os_real.mkdir(dir, name, mode);
}
static int faulty_close(int fd)
{
	fault_open_files--;
	(void)os_real.close(fd);
	return fault() ? -1 : 0;
}
const struct os fault_os = {
	.open = faulty_open,
	.read = faulty_read,
	.write = faulty_write,
	.sync = faulty_sync,
	.sync_data = faulty_sync_data,
	.allocate = faulty_allocate,
	.truncate = faulty_truncate,
	.stat = faulty_stat,
	.rename = faulty_rename,
	.unlink = faulty_unlink,
	.mkdir = faulty_mkdir,
	.close = faulty_close,
};
