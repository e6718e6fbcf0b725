/* SPDX-License-Identifier: Apache-2.0 */
/**
 * confinement: the whole permission of tacendad while it serves, on one screen
 * (confinement.c).  It serves from its data directory and its sockets; it opens no other
 * file but a certificate of the operator's, connects to nobody, starts nothing (PROMISES#S1).
 *
 * In this order: begin, before any secret; files, by the only thread there is yet, after
 * keyd was started and the sockets were bound; calls, when everything runs.
 */
#ifndef DAEMON_CONFINEMENT_H
#define DAEMON_CONFINEMENT_H

#include "status.h"

/** What lies outside the data directory: addresses as --listen has them, files by path. */
struct confinement_paths {
	const char *const *addresses;
	size_t address_count;
	const char *const *files;
	size_t file_count;
	/* Folders and files that are not for it, some of them NULL: the key store, night holders, secrets of the
	 * operator's; they need not be there yet.  A folder that one of them is in, or that is in one, is not opened
	 * for the sake of ${addresses} or ${files}. */
	const char *const *withheld;
	size_t withheld_count;
};

/** confinement_begin(): undumpable, no core, no new privileges; all descriptors that the host allows. */
MUST_CHECK struct status confinement_begin(void);
/**
 * confinement_files(data, paths):
 * No capability; Landlock, where the kernel has it: the directory ${data}, the folders
 * of "unix:/path" addresses, in which sockets may be removed, and to read the folders of
 * ${paths}'s files and of what these are links to, where a successor is put; no further
 * port.  Nothing in builds with sanitizers.
 * A folder that is not apart from what is withheld is left out, and the daemon's log says so, without
 * its name; so is one of a file that is not there.  ST_DENIED: one of a socket is not there.
 */
MUST_CHECK struct status confinement_files(int data, const struct confinement_paths *paths);
/** confinement_calls(): the list of system calls, for every thread.  Nothing in builds with sanitizers. */
MUST_CHECK struct status confinement_calls(void);

#endif /* !DAEMON_CONFINEMENT_H */
