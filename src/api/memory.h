/* SPDX-License-Identifier: Apache-2.0 */
/**
 * memory: sessions that a loop has seen lately, so that a request costs no look-up of
 * its session and user.  Everything is dropped when a session or user changes
 * anywhere (service.people_generation); the idle limit is asked of presence.h at most
 * every PRESENCE_STEP_MS.
 */
#ifndef API_MEMORY_H
#define API_MEMORY_H

#include "call.h"

struct api_memory;
MUST_CHECK struct status memory_new(struct api_memory **out);
void memory_free(struct api_memory *m);

/**
 * memory_caller(loop, token, arena, out):
 * Whose token this is, from memory or from the rows.  ST_UNPROVEN: nobody's, or the
 * session is over, idle for too long included (what: "idle").
 */
MUST_CHECK struct status memory_caller(struct api_loop *loop, struct text token, struct arena *arena,
				       struct caller *out);

#endif /* !API_MEMORY_H */
