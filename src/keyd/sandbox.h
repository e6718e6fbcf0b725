/* SPDX-License-Identifier: Apache-2.0 */
/**
 * sandbox: the whole permission of tacenda-keyd on one screen (sandbox.c).
 *
 * After sandbox_enter() the process reads and writes the key store, adds to the
 * night holders' directories, talks over the sockets it was started with, and
 * does nothing else: no network, no other file, no other process, no core, no
 * debugger (PROMISES#S1).
 */
#ifndef KEYD_SANDBOX_H
#define KEYD_SANDBOX_H

#include "status.h"

enum sandbox_access {
	SANDBOX_KEEP,  /* read, write, make and remove files and folders: the key store */
	SANDBOX_ADD,   /* read, write, make files: a night holder */
	SANDBOX_SWEEP, /* read, write, remove files, list: a night holder's own sweep */
};
struct sandbox_folder {
	int dir; /* a descriptor; -1 is passed over */
	enum sandbox_access access;
};
#define SANDBOX_FOLDERS_MAX 16
struct sandbox {
	struct sandbox_folder folders[SANDBOX_FOLDERS_MAX];
	size_t count;
	bool lists; /* may list folders: the sweep */
};

/**
 * sandbox_enter(s, landlock):
 * For good.  ${landlock} is the version of Landlock in force, 0 on a kernel that
 * has none, which is the one part that may be missing.  ST_DENIED names what
 * could not be had; the caller must then end.
 */
MUST_CHECK struct status sandbox_enter(const struct sandbox *s, unsigned *landlock);

#endif /* !KEYD_SANDBOX_H */
