/* SPDX-License-Identifier: Apache-2.0 */
/**
 * holder: a directory as night holder.
 *
 * keyd adds night files and reads back their hash; it can neither remove nor
 * rename one (the sandbox says so).  The holder's own sweep, a process without
 * any key, removes what was superseded more than two weeks ago by its own clock,
 * so that whoever takes over the server destroys nothing for good within that
 * time, and nothing older opens after it (PROMISES#B7).
 */
#ifndef KEYD_HOLDER_H
#define KEYD_HOLDER_H

#include "nightfile.h"

#define HOLDERS_MAX 8
/* How long a superseded night file is kept. */
#define HOLDER_KEEP_MS (14ull * 24 * 3600 * 1000)

struct holder {
	int dir;           /* borrowed; -1: could not be opened */
	bool acknowledged; /* the night file that was offered last */
};
struct holders {
	const struct os *os;
	struct holder list[HOLDERS_MAX];
	size_t count;
};

/**
 * holder_add(os, dir, n):
 * Make a night file durable at the holder and read it back: OK is the holder's
 * acknowledgement.  Adding the same file again is fine.  ST_UNREACHABLE
 * (REASON_HOLDER), ST_CONFLICT (REASON_HOLDER_OTHER: another file of this number is there).
 */
MUST_CHECK struct status holder_add(const struct os *os, int dir, const struct nightfile *n);
/** holder_offer(h, n): add it to every holder, as far as they go; the first failure. */
MUST_CHECK struct status holder_offer(struct holders *h, const struct nightfile *n);
/** holder_acknowledged(h): how many have the night file that was offered last. */
size_t holder_acknowledged(const struct holders *h);

/** What a sweep found. */
struct holder_swept {
	uint64_t kept, removed, newest;
};
/**
 * holder_sweep(os, dir, now_ms, out):
 * Remove each night file for which a higher number arrived at least
 * HOLDER_KEEP_MS ago.  Times of arrival are the file system's, set when the file
 * was written.  The newest one is never removed; other files are not touched.
 */
MUST_CHECK struct status holder_sweep(const struct os *os, int dir, uint64_t now_ms, struct holder_swept *out);

#endif /* !KEYD_HOLDER_H */
