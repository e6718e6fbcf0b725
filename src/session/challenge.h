/* SPDX-License-Identifier: Apache-2.0 */
/**
 * challenge: nonces for the proof of a user's key at sign-in, and for passkeys.
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

/**
 * What a nonce is good for; one made for another use is not ours.  Without any
 * (`{0}`) it is a sign-in's, for CHALLENGE_MS.
 */
#define CHALLENGE_BOUND_MAX 32
struct challenge_use {
	struct bytes bound; /* the ceremony and the session; at most CHALLENGE_BOUND_MAX */
	uint64_t good_ms;
};
extern const struct challenge_use challenge_sign_in;

/** challenges_make(c, now, nonce, expires): ${now} is wall time, ms. */
MUST_CHECK struct status challenges_make(const struct challenges *c, uint64_t now, struct hash *nonce,
					 uint64_t *expires);
/** challenges_take(c, now, nonce): ST_UNPROVEN unless ours, in time, and not taken before; ST_TOO_MANY. */
MUST_CHECK struct status challenges_take(struct challenges *c, uint64_t now, const struct hash *nonce);

/** challenges_make_for(c, use, now, nonce, expires): the same, for another use. */
MUST_CHECK struct status challenges_make_for(const struct challenges *c, const struct challenge_use *use, uint64_t now,
					     struct hash *nonce, uint64_t *expires);
/** challenges_check_for(c, use, now, nonce): whether it could be taken, but for having been taken: for any thread. */
MUST_CHECK struct status challenges_check_for(const struct challenges *c, const struct challenge_use *use, uint64_t now,
					      const struct hash *nonce);
/** challenges_take_for(c, use, now, nonce): as challenges_take(). */
MUST_CHECK struct status challenges_take_for(struct challenges *c, const struct challenge_use *use, uint64_t now,
					     const struct hash *nonce);

#endif /* !SESSION_CHALLENGE_H */
