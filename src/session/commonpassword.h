/* SPDX-License-Identifier: Apache-2.0 */
/**
 * commonpassword: what others try first, without any list of the site's: a short one of
 * our own with its usual variants, rows of keys, few different characters, and names.
 */
#ifndef SESSION_COMMONPASSWORD_H
#define SESSION_COMMONPASSWORD_H

#include "text.h"

/** commonpassword_is(password): a common word with figures around it or in place of letters, a row of keys, ... */
bool commonpassword_is(struct text password);
/**
 * commonpassword_names(password, name):
 * Whether a word of ${name} (3 bytes or more; of a name of several words 4) stands in it, forwards or
 * backwards, whatever the case, also with figures and signs in place of letters.
 */
bool commonpassword_names(struct text password, struct text name);

#endif /* !SESSION_COMMONPASSWORD_H */
