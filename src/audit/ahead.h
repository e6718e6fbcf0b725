/* SPDX-License-Identifier: Apache-2.0 */
/**
 * ahead: a file that is allocated ahead of its end with zeros, so that a full disk
 * stops its growth only after the reserve is used up.
 */
#ifndef AUDIT_AHEAD_H
#define AUDIT_AHEAD_H

#include "os.h"

struct ahead {
	const struct os *os;
	int fd;             /* -1: closed */
	uint64_t allocated; /* the file's length */
	uint64_t zeroed;    /* blocks up to here have been written */
};
#define AHEAD_CLOSED ((struct ahead){.fd = -1})

/** ahead_open(os, dir, name, create, out): ST_NOT_FOUND unless it is there or ${create}. */
MUST_CHECK struct status ahead_open(const struct os *os, int dir, const char *name, bool create, struct ahead *out);
void ahead_close(struct ahead *a);
/**
 * ahead_keep(a, used, reserve):
 * Allocate until at least ${reserve} bytes are behind the first ${used}.  ST_FULL:
 * fewer are, and those stay.
 */
MUST_CHECK struct status ahead_keep(struct ahead *a, uint64_t used, uint64_t reserve);
/**
 * ahead_zero(a, used, window):
 * Write zeros over what is allocated behind the first ${used} bytes, up to
 * ${window} of it, and sync.  Blocks that were written once need no bookkeeping of
 * the file system when they are written again: their sync takes half the time.
 */
MUST_CHECK struct status ahead_zero(struct ahead *a, uint64_t used, uint64_t window);
/** ahead_lacks_zeros(a, used, window): ahead_zero() has something to do: half of what it wrote last is used up. */
bool ahead_lacks_zeros(const struct ahead *a, uint64_t used, uint64_t window);
/** ahead_write(a, bytes, at): all of it; not durable yet. */
MUST_CHECK struct status ahead_write(struct ahead *a, struct bytes bytes, uint64_t at);
/** ahead_wipe(a, at, len): zeros there. */
MUST_CHECK struct status ahead_wipe(struct ahead *a, uint64_t at, uint64_t len);
/** ahead_undo(a, at, len): a write there failed; nothing of it remains. */
MUST_CHECK struct status ahead_undo(struct ahead *a, uint64_t at, uint64_t len);
MUST_CHECK struct status ahead_sync(struct ahead *a);

#endif /* !AUDIT_AHEAD_H */
