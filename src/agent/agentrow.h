/* SPDX-License-Identifier: Apache-2.0 */
/**
 * agentrow: the rows of the agent's table.  Used by agentdispatch.c and the files
 * that implement rows alone.
 *
 * Each row reads its question twice: ${check} to the last byte, before anything is
 * done, so that a malformed question has no effect; ${act} again, doing it.
 */
#ifndef AGENT_AGENTROW_H
#define AGENT_AGENTROW_H

#include "agentdispatch.h"

struct agentrow {
	bool keys;  /* a locked agent refuses it */
	bool rests; /* does not count as use */
	struct status (*check)(struct reader *r);
	/* A failure here is answered, and what was appended to ${out} is taken back. */
	struct status (*act)(struct agentdispatch_seat *seat, struct reader *r, struct buffer *out);
};

/* Rows by subject. */
extern const struct agentrow agentrow_control[]; /* hello to token-get; index: id */
extern const struct agentrow agentrow_epochs[];  /* index: id - AGENTWIRE_SIGN */
extern const struct agentrow agentrow_records[]; /* index: id - AGENTWIRE_RECORD_NEW */
extern const struct agentrow agentrow_others[];  /* index: id - AGENTWIRE_BLOCK_SEAL */

/** Checks that several rows share. */
struct status agentrow_check_nothing(struct reader *r);
struct status agentrow_check_rest(struct reader *r);

#endif /* !AGENT_AGENTROW_H */
