/* SPDX-License-Identifier: Apache-2.0 */
#include "writeahead.h"

#include <errno.h>
#include <fcntl.h>

#define HEADER 32

static struct status grow(struct writeahead *w, int fd, uint64_t wanted)
{
	struct stat about;

	if (w->os->stat(fd, "", &about) != 0)
		return os_status(errno, "stat");
	const uint64_t there = (uint64_t)about.st_size;

	w->allocated = there;
	if (there >= wanted)
		return OK;
	if (w->os->allocate(fd, (off_t)there, (off_t)(wanted - there)) != 0)
		return os_status(errno, "reserve");
	w->allocated = wanted;
	/* A new file is there after a crash only once its directory is durable. */
	return there > 0 ? OK : os_sync(w->os->sync, w->dir);
}

struct status writeahead_keep(struct writeahead *w)
{
	if (w->reserve == 0 || w->allocated >= w->used + w->reserve)
		return OK;
	int fd = w->os->open(w->dir, w->name, O_RDWR | O_CREAT, 0600);

	if (fd < 0)
		return os_status(errno, "open");
	/* As much again: rounds of ordinary length then need no more. */
	struct status s = grow(w, fd, w->used + 2 * w->reserve);

	(void)w->os->close(fd);
	return w->allocated >= w->used + w->reserve ? OK : s;
}

void writeahead_wrote(struct writeahead *w, uint64_t at, size_t len)
{
	const uint64_t end = at + len;

	if (at == 0 || end > w->used)
		w->used = end;
}

static struct status write_empty(struct writeahead *w, int fd)
{
	static const uint8_t zeros[HEADER];

	TRY(os_write_all(w->os, fd, BYTES_OF(zeros), 0));
	return os_sync(w->os->sync_data, fd);
}

struct status writeahead_empty(struct writeahead *w)
{
	int fd = w->os->open(w->dir, w->name, O_RDWR, 0600);

	if (fd < 0)
		return os_status(errno, "open");
	struct status s = write_empty(w, fd);

	(void)w->os->close(fd);
	TRY(s);
	w->used = 0;
	return OK;
}
