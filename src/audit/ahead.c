/* SPDX-License-Identifier: Apache-2.0 */
#include "ahead.h"

#include <errno.h>
#include <fcntl.h>

/* More than is needed at once, so that it is not asked for at every append. */
#define SPARE(reserve) ((reserve) / 16)

struct status ahead_open(const struct os *os, int dir, const char *name, bool create, struct ahead *out)
{
	struct ahead a = {.os = os, .fd = os->open(dir, name, O_RDWR | (create ? O_CREAT : 0), 0600)};
	struct stat status;

	if (a.fd < 0)
		return os_status(errno, "open");
	if (os->stat(a.fd, "", &status) != 0) {
		struct status s = os_status(errno, "stat");

		ahead_close(&a);
		return s;
	}
	a.allocated = (uint64_t)status.st_size;
	*out = a;
	return OK;
}

void ahead_close(struct ahead *a)
{
	if (a->fd >= 0)
		(void)a->os->close(a->fd);
	a->fd = -1;
}

struct status ahead_keep(struct ahead *a, uint64_t used, uint64_t reserve)
{
	uint64_t wanted = used + reserve;

	if (a->allocated >= wanted || reserve == 0)
		return OK;
	if (a->os->allocate(a->fd, (off_t)a->allocated, (off_t)(wanted - a->allocated + SPARE(reserve))) == 0) {
		a->allocated = wanted + SPARE(reserve);
		return OK;
	}
	return os_status(errno, "reserve");
}

struct status ahead_write(struct ahead *a, struct bytes bytes, uint64_t at)
{
	TRY(os_write_all(a->os, a->fd, bytes, at));
	if (a->allocated < at + bytes.len)
		a->allocated = at + bytes.len;
	return OK;
}

struct status ahead_wipe(struct ahead *a, uint64_t at, uint64_t len)
{
	static const uint8_t zeros[65536];

	while (len > 0) {
		size_t piece = len < sizeof zeros ? (size_t)len : sizeof zeros;

		TRY(ahead_write(a, bytes_of(zeros, piece), at));
		at += piece;
		len -= piece;
	}
	return OK;
}

/* The failed write may have made the file longer. */
struct status ahead_undo(struct ahead *a, uint64_t at, uint64_t len)
{
	uint64_t behind = a->allocated > at ? a->allocated - at : 0;

	if (a->os->truncate(a->fd, (off_t)a->allocated) != 0)
		return os_status(errno, "truncate");
	return ahead_wipe(a, at, behind < len ? behind : len);
}

struct status ahead_sync(struct ahead *a)
{
	return os_sync(a->os->sync_data, a->fd);
}

static uint64_t zeros_from(const struct ahead *a, uint64_t used)
{
	return a->zeroed > used ? a->zeroed : used;
}

static uint64_t zeros_to(const struct ahead *a, uint64_t used, uint64_t window)
{
	return a->allocated < used + window ? a->allocated : used + window;
}

bool ahead_lacks_zeros(const struct ahead *a, uint64_t used, uint64_t window)
{
	const uint64_t from = zeros_from(a, used);

	return from < zeros_to(a, used, window) && from - used <= window / 2;
}

struct status ahead_zero(struct ahead *a, uint64_t used, uint64_t window)
{
	const uint64_t from = zeros_from(a, used), to = zeros_to(a, used, window);

	if (!ahead_lacks_zeros(a, used, window))
		return OK;
	TRY(ahead_wipe(a, from, to - from));
	TRY(ahead_sync(a));
	a->zeroed = to;
	return OK;
}
