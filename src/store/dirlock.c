/* SPDX-License-Identifier: Apache-2.0 */
#include "dirlock.h"

#include <errno.h>
#include <fcntl.h>

struct status dirlock_take(const struct os *os, int dir, const char *name, off_t at, off_t len, int *out)
{
	struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = at, .l_len = len};
	int fd = os->open(dir, name, O_RDWR | O_CREAT, 0600);

	if (fd < 0)
		return os_status(errno, "lock");
	if (fcntl(fd, F_OFD_SETLK, &all) != 0) {
		bool held = errno == EAGAIN || errno == EACCES;

		(void)os->close(fd);
		return FAIL_AT(held ? ST_BUSY : ST_IO, "data directory is in use by another process");
	}
	*out = fd;
	return OK;
}
