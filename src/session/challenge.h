/* SPDX-License-Identifier: Apache-2.0 */
/**
 * challenge: nonces for the proof of a user's key at sign-in.
 *
 * A nonce is a time, randomness, and a MAC over both under a key of this process; so
 * asking for one costs no memory, and none outlives a restart.  Each is taken once:
 * the ones taken are remembered until they expire.
 *
 * Owner: making is for any thread, taking for the committer alone.
 */
#ifndef SESSION_CHALLENGE_H
#define SESSION_CHALLENGE_H

#include "secret.h"

#define CHALLENGE_MS 120000
/* Sign-ins within CHALLENGE_MS: more than the hash pool can serve. */
#define CHALLENGE_TAKEN_MAX 65536

struct challenge_taken {
	uint64_t ends;
	struct hash nonce;
};
struct challenges {
	struct secret key;
	struct challenge_taken *taken; /* a ring, by time of taking */
	size_t first, count;
};
MUST_CHECK struct status challenges_new(struct challenges *out);
void challenges_clear(struct challenges *c);

/** challenges_make(c, now, nonce, expires): ${now} is wall time, ms. */
MUST_CHECK struct status challenges_make(const struct challenges *c, uint64_t now, struct hash *nonce,
					 uint64_t *expires);
/** challenges_take(c, now, nonce): ST_UNPROVEN unless ours, in time, and not taken before; ST_TOO_MANY. */
MUST_CHECK struct status challenges_take(struct challenges *c, uint64_t now, const struct hash *nonce);

#endif /* !SESSION_CHALLENGE_H */
