/* SPDX-License-Identifier: Apache-2.0 */
/**
 * person: a user of the site as of one position of the log, and whom to ask for
 * one.  The server answers from rows (always: now), a client from the statements
 * it has verified (directory_state.h).
 */
#ifndef PERMIT_PERSON_H
#define PERMIT_PERSON_H

#include "id.h"
#include "p256.h"
#include "vocabulary.h"

/** Position of what is not in the log yet: everything known counts. */
#define POSITION_NOW UINT64_MAX

/** The newest invitation of a user, until he has used it. */
struct person_invitation {
	struct hash name;       /* of the invitation or site statement; zeros: none, or used */
	struct p256_public key; /* the one-time key */
	uint64_t expires;       /* ms since 1970; 0: no end (the site statement) */
};

struct person {
	struct user_id id;
	struct text login; /* view into the answerer's memory */
	enum profile profile;
	uint32_t rights; /* never more than the profile's maximum */
	enum user_state state;
	bool enrolled; /* has keys; the next three are zeros otherwise */
	struct hash key_hash;
	struct p256_public hpke_key, sign_key;
	struct person_invitation invitation;
	struct hash head; /* name of the last statement on the user's chain; zeros none */
};

/** Whom to ask; neither owned nor kept. */
struct people {
	/* find(context, id, position, out): as of the leaves before ${position}; ST_NOT_FOUND. */
	struct status (*find)(void *context, const struct user_id *id, uint64_t position, struct person *out);
	void *context;
};

/** person_works_on_files(p): active, and of a profile that may hold patient data. */
bool person_works_on_files(const struct person *p);

#endif /* !PERMIT_PERSON_H */
