/* SPDX-License-Identifier: Apache-2.0 */
/**
 * passwordrule: whether a password may be chosen (PROMISES#K4): at least 8
 * characters with letters, figures and special characters, and nothing of the login.
 */
#ifndef SESSION_PASSWORDRULE_H
#define SESSION_PASSWORDRULE_H

#include "text.h"

#define PASSWORDRULE_MIN 8

/** passwordrule_check(password, login): ST_INVALID; `what` says what to do. */
MUST_CHECK struct status passwordrule_check(struct text password, struct text login);

#endif /* !SESSION_PASSWORDRULE_H */
