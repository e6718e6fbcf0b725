/* SPDX-License-Identifier: Apache-2.0 */
/**
 * passwordrule: the named policies of passwords: what may be chosen, how long it is
 * good, what may come again (PROMISES#K4, PROMISES#K6, PROMISES#S4).
 *
 * Both refuse what others try first: common passwords, those of the site's list, the
 * login, the site's name, and variants of these.
 */
#ifndef SESSION_PASSWORDRULE_H
#define SESSION_PASSWORDRULE_H

#include "passwordlist.h"

struct passwordrule {
	const char *name;
	size_t least;        /* characters */
	size_t least_beside; /* characters, beside a second factor */
	bool composition;    /* letters, figures and special characters are demanded */
	uint64_t good_ms;    /* after so long it must change; UINT64_MAX: never */
	uint64_t office_ms;  /* the same for administrators and auditors */
	uint64_t warning_ms; /* so long before that, the user is told */
	size_t history;      /* so many of the last ones may not come again, the present one included */
};
enum { PASSWORDRULE_COMPOSITION, PASSWORDRULE_NIST, PASSWORDRULE_COUNT };
extern const struct passwordrule passwordrules[PASSWORDRULE_COUNT];
/** Whose password it is to be. */
struct passwordrule_about {
	struct text login, site;         /* the site's name */
	const struct passwordlist *list; /* of the site; may be empty */
	bool second_factor;              /* one that proves by itself stands beside it */
};
/** passwordrule_check(rule, password, about): ST_INVALID; `what` says what to do. */
MUST_CHECK struct status passwordrule_check(const struct passwordrule *rule, struct text password,
					    const struct passwordrule_about *about);
/**
 * passwordrule_again(rule, password, about):
 * The part of it that is asked again at every sign-in: lists, names, and the length: a list grows, a second
 * factor may be gone.
 */
MUST_CHECK struct status passwordrule_again(const struct passwordrule *rule, struct text password,
					    const struct passwordrule_about *about);
/** passwordrule_ends(rule, office, changed): when it must change; UINT64_MAX: never. */
uint64_t passwordrule_ends(const struct passwordrule *rule, bool office, uint64_t changed);

#endif /* !SESSION_PASSWORDRULE_H */
