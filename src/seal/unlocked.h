/* SPDX-License-Identifier: Apache-2.0 */
/** unlocked: a security file while it is open: its keys, whose they are, and where to keep the pin. */
#ifndef SEAL_UNLOCKED_H
#define SEAL_UNLOCKED_H

#include "keyholder.h"
#include "os.h"

/** `{ 0 }` is empty: locked. */
struct unlocked {
	struct securityfile_keys keys;
	struct keyholder_person person; /* but for the pin, which is that of ${keys} */
	const struct os *os;
	int dir; /* borrowed; the folder of the file */
};

/**
 * unlocked_open(os, dir, passphrase, out):
 * Open SECURITYSTORE_NAME in ${dir}, which must stay open as long as ${out} is used.
 * ST_NOT_FOUND, ST_UNPROVEN, ST_CORRUPT, ST_INVALID as securityfile.h says.
 */
MUST_CHECK struct status unlocked_open(const struct os *os, int dir, struct bytes passphrase, struct unlocked *out);
void unlocked_clear(struct unlocked *u);

static inline bool unlocked_is(const struct unlocked *u)
{
	return u->keys.file_key.bytes != NULL;
}

#endif /* !SEAL_UNLOCKED_H */
