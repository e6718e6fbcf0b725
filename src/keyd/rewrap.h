/* SPDX-License-Identifier: Apache-2.0 */
/**
 * rewrap: one night's end: a new night key, every stored key sealed under it
 * anew, then the old night is removed (PROMISES#S6, PROMISES#B7).
 *
 * Order, which is what makes it resumable after a crash at any point:
 *  1. night file N+1 durable in K/nights
 *  2. all rows sealed anew, in memory, a few at a time; keys made meanwhile
 *     arrive behind them and are reached in turn
 *  3. snapshot and journal of N+1 durable
 *  4. night file N+1 acknowledged by every holder
 *  5. `current` names N+1: the night takes over
 *  6. snapshot, journal and, last, night file of N removed
 * A crash before 5 leaves night N in force and night file N+1, which the next
 * attempt uses again; holders know it already.  A crash after 5 leaves files of N
 * that rewrap_tidy() removes.
 */
#ifndef KEYD_REWRAP_H
#define KEYD_REWRAP_H

#include "clock.h"
#include "holder.h"
#include "keystore.h"

/** What it works on; borrowed. */
struct rewrap_place {
	const struct os *os;
	int dir, nights;
	const struct secret *root;
	struct keystore *store;
	struct holders *holders;
	const struct clock *clock;
};

/** `rewrap_none` is one that is not running. */
struct rewrap {
	bool running;
	struct nightfile file;
	struct keystore_night next;
	size_t cursor; /* in the rows of the old night */
};
extern const struct rewrap rewrap_none;

/** rewrap_pending(p): a night file of N+1 is there: an attempt was interrupted. */
bool rewrap_pending(const struct rewrap_place *p);
/**
 * rewrap_begin(p, w):
 * Step 1, after what an earlier attempt left was tidied.  ST_BUSY
 * (REASON_REWRAPPING) when it runs already.  On failure it is not running.
 */
MUST_CHECK struct status rewrap_begin(const struct rewrap_place *p, struct rewrap *w);
/**
 * rewrap_step(p, w, rows):
 * Seal at most ${rows} keys anew; when none is left, do steps 3 to 6 and stop
 * running.  On failure it is not running and the store serves on (see
 * keystore_switch).  A failure of step 6 alone is not one: see rewrap_tidy().
 */
MUST_CHECK struct status rewrap_step(const struct rewrap_place *p, struct rewrap *w, size_t rows);
/** rewrap_tidy(p): step 6 for the night before the current one; nothing to do mostly. */
MUST_CHECK struct status rewrap_tidy(const struct rewrap_place *p);
/** rewrap_clear(w): stop; the store keeps its night. */
void rewrap_clear(struct rewrap *w);

#endif /* !KEYD_REWRAP_H */
