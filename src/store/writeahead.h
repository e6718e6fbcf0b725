/* SPDX-License-Identifier: Apache-2.0 */
/**
 * writeahead: the file of the write-ahead log, which is allocated ahead and never removed.
 *
 * 1. Behind what is in use ${reserve} bytes are allocated, so that a full disk stops
 *    commits only after they are used up (PROMISES#S9).
 * 2. The engine reads frames with the salt of the file's header only: what stands
 *    behind them, zeros or frames of an earlier round, is room.  Removing the log is
 *    a header of zeros.
 *
 * Written by the thread that has the transaction, read by any.
 */
#ifndef STORE_WRITEAHEAD_H
#define STORE_WRITEAHEAD_H

#include "os.h"

/** `{0}` keeps no reserve; ${os}, ${dir} and ${name} must outlive it. */
struct writeahead {
	const struct os *os;
	int dir;
	const char *name;
	_Atomic uint64_t reserve, used, allocated;
};

/** writeahead_keep(w): allocate until the reserve is whole; ST_FULL: it is not, and what there is stays. */
MUST_CHECK struct status writeahead_keep(struct writeahead *w);
/** writeahead_wrote(w, at, len): the engine wrote there; its header begins the log anew. */
void writeahead_wrote(struct writeahead *w, uint64_t at, size_t len);
/** writeahead_empty(w): nothing is in it, after a crash either; ST_NOT_FOUND: there is none. */
MUST_CHECK struct status writeahead_empty(struct writeahead *w);

#endif /* !STORE_WRITEAHEAD_H */
