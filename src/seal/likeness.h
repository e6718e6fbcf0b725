/* SPDX-License-Identifier: Apache-2.0 */
/**
 * likeness: whether two secrets that one person chose are too much alike (docs/AUTHENTICATION.md section 1).
 *
 * The password reaches the server, the passphrase never does: who learns the one must not
 * have the other, nor have it after a few guesses (PROMISES#K7).
 */
#ifndef SEAL_LIKENESS_H
#define SEAL_LIKENESS_H

#include "bytes.h"

/**
 * likeness_near(a, b):
 * True when, whatever the case of ASCII letters, one holds the other, or one becomes the
 * other by two changes or fewer (a character put in, left out or replaced).  Of less than
 * four bytes nothing is like them but themselves.  Keeps nothing of either.
 */
bool likeness_near(struct bytes a, struct bytes b);

#endif /* !SEAL_LIKENESS_H */
