/* SPDX-License-Identifier: Apache-2.0 */
/**
 * tlsfiles: the PEM files in which an operator keeps a certificate of another authority.
 *
 * `init` takes it into the key store, from which the daemon serves, and remembers where
 * the files are (`D/certificate`).  At every start and reload they are read again, so
 * whoever renews them says SIGHUP.  What is not sound is not taken: files that are gone
 * or half renewed leave the certificate that is in use.
 */
#ifndef DAEMON_TLSFILES_H
#define DAEMON_TLSFILES_H

#include "keyring.h"
#include "limits.h"
#include "options.h"

/** Absolute paths, which may be links; empty ones: the site has a CA of its own. */
struct tlsfiles {
	char certificate[PATH_MAX], key[PATH_MAX];
};
bool tlsfiles_any(const struct tlsfiles *f);

/** tlsfiles_named(options, out): --tls-cert and --tls-key; ST_INVALID one alone, ST_NOT_FOUND. */
MUST_CHECK struct status tlsfiles_named(const struct options *options, struct tlsfiles *out);
/** tlsfiles_write(data, f), tlsfiles_read(data, out): as the site remembers them. */
MUST_CHECK struct status tlsfiles_write(int data, const struct tlsfiles *f);
MUST_CHECK struct status tlsfiles_read(int data, struct tlsfiles *out);

/** tlsfiles_check(f): whether they could be served; ST_INVALID, ST_NOT_FOUND, ST_IO say what is wrong. */
MUST_CHECK struct status tlsfiles_check(const struct tlsfiles *f);
/** tlsfiles_import(f, ring): into the key store of a new site, in place of the CA of its own. */
MUST_CHECK struct status tlsfiles_import(const struct tlsfiles *f, struct keyring *ring);
/**
 * tlsfiles_renew(f, ring, changed):
 * Into the key store if they are others than those there.  ST_CONFLICT on a site with a
 * CA of its own: its clients pinned that one.  Failures, as of the check, change nothing.
 */
MUST_CHECK struct status tlsfiles_renew(const struct tlsfiles *f, struct keyring *ring, bool *changed);

#endif /* !DAEMON_TLSFILES_H */
