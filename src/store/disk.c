/* SPDX-License-Identifier: Apache-2.0 */
/*
 * disk: file methods of the VFS.  Owner: a file belongs to the thread of its
 * connection; struct disk is shared by all of them (see disk_lock.h).
 */
#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "disk_lock.h"
#include "writeahead.h"

#define DATABASE_HEADER 100

struct disk {
	sqlite3_vfs vfs;
	char name[40];
	const struct os *os;
	int dir;
	struct secret page_key;
	struct disk_lock lock;
	struct writeahead log;
	_Atomic bool broken;
};

struct file {
	sqlite3_file base; /* first: the engine sees this */
	struct disk *disk;
	int fd;
	bool database; /* its pages carry a check */
	bool log;
	bool sync_dir; /* made, and its name not yet durable */
	struct disk_holder holder;
};

static struct file *file_of(sqlite3_file *base)
{
	return (struct file *)(void *)base;
}

static int write_error(struct status s)
{
	return s.code == ST_FULL ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

/* The check of page ${number} with ${page}'s reserved bytes taken for scratch. */
static void page_check(const struct disk *d, uint8_t *page, uint64_t number, uint8_t out[DISK_PAGE_CHECK])
{
	uint8_t *reserved = page + DISK_PAGE - DISK_PAGE_CHECK;

	memset(reserved, 0, DISK_PAGE_CHECK);
	for (size_t i = 0; i < 8; i++)
		reserved[i] = (uint8_t)(number >> (56 - 8 * i));
	(void)crypto_shorthash_siphashx24(out, page, DISK_PAGE, d->page_key.bytes);
}

static bool all_zero(const uint8_t *bytes, size_t len)
{
	return sodium_is_zero(bytes, len) == 1;
}

/* A page that the engine set aside and never wrote is a hole of the file. */
static int verify_page(const struct disk *d, uint8_t *page, uint64_t number)
{
	uint8_t stored[DISK_PAGE_CHECK], right[DISK_PAGE_CHECK];
	uint8_t *reserved = page + DISK_PAGE - DISK_PAGE_CHECK;

	memcpy(stored, reserved, sizeof stored);
	page_check(d, page, number, right);
	memset(reserved, 0, DISK_PAGE_CHECK);
	if (secret_equal(bytes_of(stored, sizeof stored), bytes_of(right, sizeof right)))
		return SQLITE_OK;
	if (all_zero(stored, sizeof stored) && all_zero(page, DISK_PAGE))
		return SQLITE_OK;
	return SQLITE_IOERR_DATA;
}

static int read_up_to(const struct file *f, uint8_t *out, size_t len, uint64_t at, size_t *got)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = f->disk->os->read(f->fd, out + done, len - done, (off_t)(at + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return SQLITE_IOERR_READ;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	*got = done;
	return SQLITE_OK;
}

static int file_read(sqlite3_file *base, void *out, int len, sqlite3_int64 at)
{
	struct file *f = file_of(base);
	size_t wanted = (size_t)len, got;
	int failure = read_up_to(f, out, wanted, (uint64_t)at, &got);

	if (failure != SQLITE_OK)
		return failure;
	/* Beyond the end there are no pages yet; half a page is one that was cut. */
	if (f->database && got > 0 && got < wanted && wanted == DISK_PAGE)
		return SQLITE_IOERR_DATA;
	if (got < wanted) {
		memset((uint8_t *)out + got, 0, wanted - got);
		return SQLITE_IOERR_SHORT_READ;
	}
	if (!f->database)
		return SQLITE_OK;
	if (wanted == DISK_PAGE && at % DISK_PAGE == 0)
		return verify_page(f->disk, out, (uint64_t)at / DISK_PAGE);
	/* The header is looked at before its page is read and verified as a whole; a
	 * header that names another page size must not lead round the check. */
	return at + len <= DATABASE_HEADER ? SQLITE_OK : SQLITE_IOERR_DATA;
}

static int file_write(sqlite3_file *base, const void *bytes, int len, sqlite3_int64 at)
{
	struct file *f = file_of(base);
	struct bytes piece = bytes_of(bytes, (size_t)len);
	uint8_t page[DISK_PAGE], check[DISK_PAGE_CHECK];

	if (f->disk->broken)
		return SQLITE_IOERR_WRITE;
	if (f->database) {
		if (len != DISK_PAGE || at % DISK_PAGE != 0)
			return SQLITE_IOERR_WRITE;
		memcpy(page, bytes, sizeof page);
		page_check(f->disk, page, (uint64_t)at / DISK_PAGE, check);
		memcpy(page + DISK_PAGE - sizeof check, check, sizeof check);
		piece = bytes_of(page, sizeof page);
	}
	struct status s = os_write_all(f->disk->os, f->fd, piece, (uint64_t)at);
	if (ok(s) && f->log)
		writeahead_wrote(&f->disk->log, (uint64_t)at, piece.len);
	return ok(s) ? SQLITE_OK : write_error(s);
}

static int file_truncate(sqlite3_file *base, sqlite3_int64 len)
{
	struct file *f = file_of(base);

	if (f->disk->broken || f->disk->os->truncate(f->fd, (off_t)len) != 0)
		return SQLITE_IOERR_TRUNCATE;
	return SQLITE_OK;
}

static int sync_fd(struct disk *d, int fd, int (*sync)(int))
{
	if (ok(os_sync(sync, fd)))
		return SQLITE_OK;
	d->broken = true;
	return SQLITE_IOERR_FSYNC;
}

static int file_sync(sqlite3_file *base, int flags)
{
	struct file *f = file_of(base);

	(void)flags;
	if (f->disk->broken)
		return SQLITE_IOERR_FSYNC;
	int failure = sync_fd(f->disk, f->fd, f->disk->os->sync_data);
	if (failure != SQLITE_OK || !f->sync_dir)
		return failure;
	f->sync_dir = false;
	return sync_fd(f->disk, f->disk->dir, f->disk->os->sync);
}

static int file_size(sqlite3_file *base, sqlite3_int64 *out)
{
	struct file *f = file_of(base);
	struct stat status;

	if (f->disk->os->stat(f->fd, "", &status) != 0)
		return SQLITE_IOERR_FSTAT;
	*out = status.st_size;
	return SQLITE_OK;
}

static int file_control(sqlite3_file *base, int operation, void *argument)
{
	(void)base;
	(void)operation;
	(void)argument;
	return SQLITE_NOTFOUND;
}

static int file_sector(sqlite3_file *base)
{
	(void)base;
	return DISK_PAGE;
}

static int file_traits(sqlite3_file *base)
{
	(void)base;
	return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static int file_lock(sqlite3_file *base, int level)
{
	struct file *f = file_of(base);

	return disk_lock_raise(&f->disk->lock, &f->holder, level) ? SQLITE_OK : SQLITE_BUSY;
}

static int file_unlock(sqlite3_file *base, int level)
{
	struct file *f = file_of(base);

	disk_lock_lower(&f->disk->lock, &f->holder, level);
	return SQLITE_OK;
}

static int file_reserved(sqlite3_file *base, int *out)
{
	*out = disk_lock_reserved(&file_of(base)->disk->lock);
	return SQLITE_OK;
}

static int shared_map(sqlite3_file *base, int number, int size, int extend, void volatile **out)
{
	struct file *f = file_of(base);

	return disk_lock_region(&f->disk->lock, &f->holder, (size_t)number, (size_t)size, extend != 0, out)
		       ? SQLITE_OK
		       : SQLITE_NOMEM;
}

static int shared_lock(sqlite3_file *base, int first, int count, int flags)
{
	struct file *f = file_of(base);
	struct disk_slots slots = {(unsigned)first, (unsigned)count, (flags & SQLITE_SHM_EXCLUSIVE) != 0};

	if (flags & SQLITE_SHM_UNLOCK) {
		disk_lock_leave(&f->disk->lock, &f->holder, slots);
		return SQLITE_OK;
	}
	return disk_lock_enter(&f->disk->lock, &f->holder, slots) ? SQLITE_OK : SQLITE_BUSY;
}

static void shared_barrier(sqlite3_file *base)
{
	(void)base;
	__sync_synchronize();
}

static int shared_unmap(sqlite3_file *base, int remove)
{
	struct file *f = file_of(base);

	(void)remove;
	disk_lock_forget(&f->disk->lock, &f->holder);
	return SQLITE_OK;
}

static int file_close(sqlite3_file *base)
{
	struct file *f = file_of(base);

	if (f->database)
		disk_lock_lower(&f->disk->lock, &f->holder, DISK_UNLOCKED);
	/* What had to be durable was synced; nothing is lost with a failure here. */
	(void)f->disk->os->close(f->fd);
	return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = file_close,
	.xRead = file_read,
	.xWrite = file_write,
	.xTruncate = file_truncate,
	.xSync = file_sync,
	.xFileSize = file_size,
	.xLock = file_lock,
	.xUnlock = file_unlock,
	.xCheckReservedLock = file_reserved,
	.xFileControl = file_control,
	.xSectorSize = file_sector,
	.xDeviceCharacteristics = file_traits,
	.xShmMap = shared_map,
	.xShmLock = shared_lock,
	.xShmBarrier = shared_barrier,
	.xShmUnmap = shared_unmap,
};

static int open_error(int error)
{
	switch (error) {
	case ENOSPC:
	case EDQUOT:
		return SQLITE_FULL;
	case ENOENT:
		return SQLITE_CANTOPEN;
	default:
		return SQLITE_IOERR;
	}
}

static struct disk *disk_of(sqlite3_vfs *vfs)
{
	return vfs->pAppData;
}

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags, int *flags_out)
{
	struct file *f = file_of(base);
	struct disk *d = disk_of(vfs);
	int known = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL;
	int how = (flags & SQLITE_OPEN_READONLY) != 0 ? O_RDONLY : O_RDWR;
	struct stat status;

	*f = (struct file){.disk = d,
			   .fd = -1,
			   .database = (flags & SQLITE_OPEN_MAIN_DB) != 0,
			   .log = (flags & SQLITE_OPEN_WAL) != 0};
	/* Nothing may spill into a temporary file (PROMISES#S1). */
	if (name == NULL || (flags & known) == 0)
		return SQLITE_CANTOPEN;
	if (flags & SQLITE_OPEN_CREATE) {
		how |= O_CREAT;
		/* An empty one may have been made for its lock a moment ago. */
		f->sync_dir = d->os->stat(d->dir, name, &status) != 0 || status.st_size == 0;
	}
	f->fd = d->os->open(d->dir, name, how, 0600);
	if (f->fd < 0)
		return open_error(errno);
	f->base.pMethods = &methods;
	if (flags_out != NULL)
		*flags_out = flags;
	return SQLITE_OK;
}

/* It is emptied: its blocks stay ours, whatever else fills the disk. */
static int delete_log(struct disk *d)
{
	struct status s = writeahead_empty(&d->log);

	return ok(s) ? SQLITE_OK : s.code == ST_NOT_FOUND ? SQLITE_IOERR_DELETE_NOENT : SQLITE_IOERR_DELETE;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync_dir)
{
	struct disk *d = disk_of(vfs);

	if (d->log.reserve > 0 && strcmp(name, DISK_LOG) == 0)
		return delete_log(d);
	if (d->os->unlink(d->dir, name) != 0)
		return errno == ENOENT ? SQLITE_IOERR_DELETE_NOENT : SQLITE_IOERR_DELETE;
	return sync_dir ? sync_fd(d, d->dir, d->os->sync) : SQLITE_OK;
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
	struct disk *d = disk_of(vfs);
	struct stat status;

	if (d->os->stat(d->dir, name, &status) == 0) {
		/* An empty journal is as good as none. */
		*out = flags != SQLITE_ACCESS_EXISTS || status.st_size > 0;
		return SQLITE_OK;
	}
	*out = 0;
	return errno == ENOENT ? SQLITE_OK : SQLITE_IOERR_ACCESS;
}

static int vfs_full_name(sqlite3_vfs *vfs, const char *name, int room, char *out)
{
	(void)vfs;
	return snprintf(out, (size_t)room, "%s", name) < room ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int vfs_random(sqlite3_vfs *vfs, int len, char *out)
{
	(void)vfs;
	secret_random(out, (size_t)len);
	return len;
}

static int vfs_sleep(sqlite3_vfs *vfs, int microseconds)
{
	struct timespec wait = {microseconds / 1000000, microseconds % 1000000 * 1000L};

	(void)vfs;
	(void)nanosleep(&wait, NULL);
	return microseconds;
}

/* Julian day in milliseconds; the engine asks, nothing depends on it. */
static int vfs_time(sqlite3_vfs *vfs, sqlite3_int64 *out)
{
	(void)vfs;
	*out = (sqlite3_int64)clock_wall(&clock_system) + 210866760000000;
	return SQLITE_OK;
}

static int vfs_error(sqlite3_vfs *vfs, int room, char *out)
{
	(void)vfs;
	(void)room;
	(void)out;
	return 0;
}

struct status disk_open(const struct os *os, int dir, struct secret *page_key, struct disk **out)
{
	struct disk *d = calloc(1, sizeof *d);

	if (d == NULL)
		return FAIL_AT(ST_NO_MEMORY, "database");
	d->os = os;
	d->dir = dir;
	d->log = (struct writeahead){.os = os, .dir = dir, .name = DISK_LOG};
	(void)snprintf(d->name, sizeof d->name, "tacenda-%p", (void *)d);
	d->vfs = (sqlite3_vfs){
		.iVersion = 2,
		.szOsFile = (int)sizeof(struct file),
		.mxPathname = 64,
		.zName = d->name,
		.pAppData = d,
		.xOpen = vfs_open,
		.xDelete = vfs_delete,
		.xAccess = vfs_access,
		.xFullPathname = vfs_full_name,
		.xRandomness = vfs_random,
		.xSleep = vfs_sleep,
		.xGetLastError = vfs_error,
		.xCurrentTimeInt64 = vfs_time,
	};
	disk_lock_new(&d->lock);
	if (sqlite3_vfs_register(&d->vfs, 0) != SQLITE_OK) {
		disk_lock_clear(&d->lock);
		free(d);
		return FAIL_AT(ST_NO_MEMORY, "database");
	}
	d->page_key = *page_key;
	*page_key = (struct secret){0};
	*out = d;
	return OK;
}

void disk_close(struct disk *d)
{
	if (d == NULL)
		return;
	(void)sqlite3_vfs_unregister(&d->vfs);
	disk_lock_clear(&d->lock);
	secret_clear(&d->page_key);
	free(d);
}

const char *disk_name(const struct disk *d)
{
	return d->name;
}

struct status disk_keep_reserve(struct disk *d, uint64_t reserve)
{
	d->log.reserve = reserve;
	return writeahead_keep(&d->log);
}

bool disk_scarce(const struct disk *d)
{
	return d->log.reserve > 0 && d->log.allocated < d->log.used + d->log.reserve / 4;
}

bool disk_broken(const struct disk *d)
{
	return d->broken;
}
