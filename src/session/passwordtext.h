/* SPDX-License-Identifier: Apache-2.0 */
/**
 * passwordtext: a password as it is compared: keyboards and systems write the same
 * characters by different code points (NIST SP 800-63B-4, 3.1.1.2; Unicode Annex 15).
 */
#ifndef SESSION_PASSWORDTEXT_H
#define SESSION_PASSWORDTEXT_H

#include "arena.h"
#include "text.h"

/**
 * passwordtext_normal(arena, typed, out):
 * ${typed} (UTF-8) in Normalisation Form KC, in ${arena}; ASCII is what it was and is not
 * copied.  ST_INVALID when that is longer than LIMIT_PASSWORD.
 */
MUST_CHECK struct status passwordtext_normal(struct arena *arena, struct text typed, struct text *out);

#endif /* !SESSION_PASSWORDTEXT_H */
