/* SPDX-License-Identifier: Apache-2.0 */
/** keyholder_local: a keyholder in this process, for a command that was given the passphrase. */
#ifndef SEAL_KEYHOLDER_LOCAL_H
#define SEAL_KEYHOLDER_LOCAL_H

#include "keyholder.h"
#include "os.h"

/**
 * keyholder_local_open(os, dir, passphrase, out):
 * Open the security file in folder ${dir}, which must stay open until
 * keyholder_clear().  Statuses as unlocked_open().  A session token is kept for this
 * process only.
 */
MUST_CHECK struct status keyholder_local_open(const struct os *os, int dir, struct bytes passphrase,
					      struct keyholder *out);

#endif /* !SEAL_KEYHOLDER_LOCAL_H */
