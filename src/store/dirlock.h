/* SPDX-License-Identifier: Apache-2.0 */
/**
 * dirlock: keeps a second process away from a data directory.
 *
 * The locks belong to an open file description, not to the process, so a second
 * store within one process is kept away as well, and closing some other
 * descriptor of the same file drops nothing.
 */
#ifndef STORE_DIRLOCK_H
#define STORE_DIRLOCK_H

#include "os.h"

/* Where any SQLite takes its locks (its file format, "the lock-byte page"): held, the database
 * cannot be opened by its own command-line tool while we use it. */
#define DIRLOCK_ENGINE_AT  0x40000000
#define DIRLOCK_ENGINE_LEN 512

/**
 * dirlock_take(os, dir, name, at, len, out):
 * Hold bytes [at, at + len) of a file that is made if missing; ${len} 0: all of
 * it.  ${out}: the descriptor whose closing gives the lock back.  ST_BUSY.
 */
MUST_CHECK struct status dirlock_take(const struct os *os, int dir, const char *name, off_t at, off_t len, int *out);

#endif /* !STORE_DIRLOCK_H */
