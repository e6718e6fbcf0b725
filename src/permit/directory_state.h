/* SPDX-License-Identifier: Apache-2.0 */
/**
 * directory_state: who belongs to the site, at every position of the log, from
 * the site, invitation, key and user statements alone (DESIGN section 4).
 *
 * Every key chains to leaf 0; neither server nor database can enrol one.
 * Pure: no I/O, no clock; bounded memory.
 */
#ifndef PERMIT_DIRECTORY_STATE_H
#define PERMIT_DIRECTORY_STATE_H

#include "arena.h"
#include "authority.h"

/* Users of one site, and statements about them that a client replays: memory, about 400 bytes each. */
#define DIRECTORY_STATEMENTS 200000

struct directory_change;
/** `{ 0 }` is a valid empty one; directory_state_clear() frees it. */
struct directory_state {
	struct hash fingerprint;          /* zeros until the site statement was added */
	struct text name, region, origin; /* of the site */
	struct ed25519_public log_key;
	uint64_t size;                    /* position after the last statement added */
	struct directory_change *changes; /* in log order */
	size_t count, capacity;
	uint32_t *users, *logins; /* hash tables: user -> newest change, login -> first */
	size_t slots;
	struct arena arena;
};

/**
 * directory_state_add(d, statement, position, time):
 * Verify the next statement of the log about the directory and take it.
 * ${position} is its leaf index, ascending; ${time} its leaf's.  Refusals are
 * those of authority_decide() and statement_parse(); ${d} is then unchanged.
 */
MUST_CHECK struct status directory_state_add(struct directory_state *d, struct bytes statement, uint64_t position,
					     uint64_t time);
/** directory_state_find(d, id, position, out): as of the leaves before ${position}; ST_NOT_FOUND. */
MUST_CHECK struct status directory_state_find(const struct directory_state *d, const struct user_id *id,
					      uint64_t position, struct person *out);
/** directory_state_find_login(d, login, out): now, ASCII case ignored; ST_NOT_FOUND. */
MUST_CHECK struct status directory_state_find_login(const struct directory_state *d, struct text login,
						    struct person *out);
/** directory_state_next(d, cursor, out): every user once, as of now; start with *cursor = 0; false at the end. */
bool directory_state_next(const struct directory_state *d, size_t *cursor, struct person *out);
/** directory_state_people(d): ${d} as struct people; valid while ${d} is. */
struct people directory_state_people(struct directory_state *d);
void directory_state_clear(struct directory_state *d);

/**
 * directory_state_after(before, statement, out):
 * The person that a statement, which counts, makes of ${before} (NULL: nobody).
 * For the server, which keeps persons in rows.
 */
MUST_CHECK struct status directory_state_after(const struct person *before, const struct statement *s,
					       struct person *out);

#endif /* !PERMIT_DIRECTORY_STATE_H */
