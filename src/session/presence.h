/* SPDX-License-Identifier: Apache-2.0 */
/**
 * presence: when each session was last used, for the idle limit (PROMISES#K13).
 *
 * In memory only: writing a row at every request would cost more than the request.
 * A restart therefore begins every idle time anew, at its own time; the absolute limit
 * stands.
 *
 * The one table that the loops share, under a lock held for one look-up; a loop
 * comes here at most once in PRESENCE_STEP_MS for a session and counts by itself in
 * between.
 */
#ifndef SESSION_PRESENCE_H
#define SESSION_PRESENCE_H

#include "id.h"

#define PRESENCE_STEP_MS 5000

struct presence;
/** presence_new(now, out): ${now} is monotonic: when the idle time of every session began that was not seen since. */
MUST_CHECK struct status presence_new(uint64_t now, struct presence **out);
void presence_free(struct presence *p);

/**
 * presence_touch(p, session, now, idle_ms):
 * ${now} is monotonic.  ST_UNPROVEN ("idle") when it was last used more than
 * ${idle_ms} ago, and ever after; the caller ends it, and presence_forget() follows.
 */
MUST_CHECK struct status presence_touch(struct presence *p, const struct session_id *session, uint64_t now,
					uint64_t idle_ms);
/** presence_begin(p, session, now): it was opened just now. */
MUST_CHECK struct status presence_begin(struct presence *p, const struct session_id *session, uint64_t now);
/** presence_unused(p, session, now): ms since its last use; UINT64_MAX once presence_touch() has said idle. */
uint64_t presence_unused(struct presence *p, const struct session_id *session, uint64_t now);
/** presence_forget(p, session): it has ended. */
void presence_forget(struct presence *p, const struct session_id *session);

#endif /* !SESSION_PRESENCE_H */
