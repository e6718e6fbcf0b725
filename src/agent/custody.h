/* SPDX-License-Identifier: Apache-2.0 */
/**
 * custody: what the agent holds and for how long (docs/AGENT.md, "States").
 *
 * Invariants
 * 1. Locked means that no key, epoch key or content state is in memory, at any desk.
 * 2. Whoever looks at a message has asked custody_left() first: a limit that passed
 *    while the machine slept is seen before it is overstepped.
 * 3. The session's token survives a lock and nothing else does.
 */
#ifndef AGENT_CUSTODY_H
#define AGENT_CUSTODY_H

#include "agentwire.h"
#include "clock.h"
#include "keydesk.h"

/* Commands at work at the same time; each may hold 128 KiB of keys. */
#define CUSTODY_DESKS 32
/* Without a message for so long, the agent ends (PROMISES#K13). */
#define CUSTODY_IDLE_MS (15ull * 60 * 1000)

struct custody {
	const struct os *os;
	const struct clock *clock;
	int home;                 /* borrowed: the folder of the security file */
	uint64_t idle_ms;         /* CUSTODY_IDLE_MS unless a test owns time */
	uint64_t used_at, end_at; /* monotonic; end_at 0: the idle limit counts */
	struct unlocked unlocked;
	struct secret token;
	struct keydesk desks[CUSTODY_DESKS];
};

/** custody_begin(c): locked, with os, clock, home and idle_ms set by the caller; ${c} must not move afterwards. */
void custody_begin(struct custody *c);
/** custody_clear(c): wipe everything. */
void custody_clear(struct custody *c);

/**
 * custody_unlock(c, passphrase, for_ms):
 * Open the security file.  ${for_ms} 0: until the idle limit; otherwise for exactly
 * so long.  Statuses as unlocked_open(); after a failure everything is as it was.
 */
MUST_CHECK struct status custody_unlock(struct custody *c, struct bytes passphrase, uint64_t for_ms);
void custody_lock(struct custody *c);
/** custody_used(c): something was asked for: the idle limit starts anew. */
void custody_used(struct custody *c);
/** custody_left(c): milliseconds until the agent ends if nothing happens; 0: it is over. */
uint64_t custody_left(const struct custody *c);

#endif /* !AGENT_CUSTODY_H */
