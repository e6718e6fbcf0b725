/* SPDX-License-Identifier: Apache-2.0 */
/**
 * securitystore: a security file in its folder.
 *
 * Whoever changes it holds a lock on `NAME.lock`, reads the file again and changes
 * what is there now; so of two writers, a command that changes the passphrase and an
 * agent that moves the pin, neither undoes the other's work.  The file itself is
 * replaced as a whole, so a reader needs no lock.
 */
#ifndef SEAL_SECURITYSTORE_H
#define SEAL_SECURITYSTORE_H

#include "os.h"
#include "securityfile.h"

/** Its name in the folder of `tacenda --home`. */
#define SECURITYSTORE_NAME "security-file.json"

/** securitystore_load(os, dir, name, out): ST_NOT_FOUND; then as securityfile_parse(). */
MUST_CHECK struct status securitystore_load(const struct os *os, int dir, const char *name, struct securityfile *out);
/** securitystore_create(os, dir, name, file): durable; ST_CONFLICT when there is one. */
MUST_CHECK struct status securitystore_create(const struct os *os, int dir, const char *name,
					      const struct securityfile *file);
/**
 * securitystore_pin(os, dir, name, keys, pin):
 * Move the pin of file and ${keys} forward (see securityfile_pin()); when the file
 * is already further, ${keys} catches up.  ST_CONFLICT when the file is no longer
 * the one that ${keys} came from.
 */
MUST_CHECK struct status securitystore_pin(const struct os *os, int dir, const char *name,
					   struct securityfile_keys *keys, const struct securityfile_pin *pin);
/** A passphrase change, see securityfile_change(). */
struct securitystore_change {
	struct bytes old_passphrase, new_passphrase;
	struct argon2_cost cost;
};
MUST_CHECK struct status securitystore_change(const struct os *os, int dir, const char *name,
					      const struct securitystore_change *change);

#endif /* !SEAL_SECURITYSTORE_H */
