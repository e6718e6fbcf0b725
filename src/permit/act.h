/* SPDX-License-Identifier: Apache-2.0 */
/**
 * act: what takes two persons, one row an act (docs/AUTHENTICATION.md, "Acts of two persons").
 *
 * One asks by a signed `request`, another one answers by a signed `decision`, or the
 * host does where the row says so.  Pure: used by server and clients alike; a further
 * act is a row here, a word in the vocabulary, and what carrying it out means
 * (api/acts.c).
 */
#ifndef PERMIT_ACT_H
#define PERMIT_ACT_H

#include "person.h"

/** A request nobody answered ends so long after its leaf, an approval nobody used so long after its own. */
#define ACT_LIFE_MS (24ull * 3600 * 1000)

enum act_about { ACT_ABOUT_USER, ACT_ABOUT_PATIENT };

/** One of the two, as of the moment that counts. */
struct act_party {
	const struct person *person;
	bool fresh;     /* in his office for a shorter time than the site asks of administrators who agree */
	bool owner;     /* of the patient file that it is about */
	uint32_t power; /* on it: authority_power() */
};

struct act_rule {
	enum act_about about;
	bool host;    /* the host may be the second party */
	bool at_once; /* carried out by the approval itself; otherwise the asker uses it, once */
	/* NULL: yes; otherwise what he lacks: a word, or a word and what to do. */
	const char *(*asks)(const struct act_party *party);
	const char *(*decides)(const struct act_party *party);
};
/** act_rule(act): its row; ${act} is one that vocabulary_knows(). */
const struct act_rule *act_rule(enum act act);

#endif /* !PERMIT_ACT_H */
