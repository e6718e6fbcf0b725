/* SPDX-License-Identifier: Apache-2.0 */
/**
 * disk: the files below the SQL engine, as a SQLite VFS of our own, so that
 *
 * 1. every read, write and sync of the database goes through struct os;
 * 2. every page of the database file carries a keyed check of its content and its
 *    place (SipHash-2-4, 128 bits, in 16 reserved bytes), compared whenever the page
 *    is read: a flipped bit cannot hide a row or change an index (PROMISES#S2).
 *    Pages in the write-ahead log have the engine's own checksums;
 * 3. locks and the log's index live in this process alone, which owns the files
 *    (see dirlock.h): no lock file traffic in a read, no memory-mapped file;
 * 4. the file of the write-ahead log is allocated ahead and used again (see writeahead.h);
 * 5. after a sync that failed nothing is written any more until the files are opened
 *    anew: what the kernel then holds is not what the disk holds.
 */
#ifndef STORE_DISK_H
#define STORE_DISK_H

#include "os.h"
#include "secret.h"

#define DISK_PAGE       4096
#define DISK_PAGE_CHECK 16
#define DISK_DATABASE   "tacenda.db"
#define DISK_LOG        DISK_DATABASE "-wal"

struct disk;

/**
 * disk_open(os, dir, page_key, out):
 * Register the files of ${dir}.  ${page_key} (16 bytes) is taken over by ${out}
 * on success.  ${os} and ${dir} must outlive it.
 */
MUST_CHECK struct status disk_open(const struct os *os, int dir, struct secret *page_key, struct disk **out);
/** disk_close(d): after the last connection to it was closed.  NULL is fine. */
void disk_close(struct disk *d);
/** disk_name(d): what the engine knows it by. */
const char *disk_name(const struct disk *d);
/**
 * disk_keep_reserve(d, reserve):
 * So many bytes are allocated in the write-ahead log's file behind what is in use;
 * made when missing.  ST_FULL: fewer are.  For the thread that has the transaction.
 */
MUST_CHECK struct status disk_keep_reserve(struct disk *d, uint64_t reserve);
/** disk_scarce(d): less than a quarter of the reserve is left. */
bool disk_scarce(const struct disk *d);
/** disk_broken(d): a sync has failed (invariant 5). */
bool disk_broken(const struct disk *d);

#endif /* !STORE_DISK_H */
