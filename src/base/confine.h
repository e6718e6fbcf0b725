/* SPDX-License-Identifier: Apache-2.0 */
/**
 * confine: how a process gives up for good what its work does not need (PROMISES#S1).
 *
 * It knows the kernel's ways (limits, capabilities, Landlock, seccomp); what each process
 * keeps is a list on one screen of its own: keyd/sandbox.c, daemon/confinement.c,
 * agent/agentsandbox.c.  Nothing here can be undone.  In this order, each step before
 * what it is to bind: process, privileges, rules, calls.  Every failure is ST_DENIED,
 * names what could not be had, and the caller must then end.
 */
#ifndef BASE_CONFINE_H
#define BASE_CONFINE_H

#include <linux/landlock.h>

#include "bytes.h"
#include "status.h"

/** confine_is_whole(): whether this build is free of sanitizers, which read /proc and make calls of their own. */
bool confine_is_whole(void);

/**
 * confine_process(descriptors):
 * Undumpable, without a core, no new privileges by executing anything; at most
 * ${descriptors} descriptors, or with 0 as many as the host allows.  Before any secret.
 */
MUST_CHECK struct status confine_process(size_t descriptors);
/** confine_privileges(): even as root, no capability from now on. */
MUST_CHECK struct status confine_privileges(void);

/* What may be done with what lies in a folder. */
#define CONFINE_READ          LANDLOCK_ACCESS_FS_READ_FILE
#define CONFINE_WRITE         LANDLOCK_ACCESS_FS_WRITE_FILE
#define CONFINE_LIST          LANDLOCK_ACCESS_FS_READ_DIR
#define CONFINE_MAKE_FILE     LANDLOCK_ACCESS_FS_MAKE_REG
#define CONFINE_MAKE_FOLDER   LANDLOCK_ACCESS_FS_MAKE_DIR
#define CONFINE_MAKE_SOCKET   LANDLOCK_ACCESS_FS_MAKE_SOCK
#define CONFINE_REMOVE_FILE   LANDLOCK_ACCESS_FS_REMOVE_FILE
#define CONFINE_REMOVE_FOLDER LANDLOCK_ACCESS_FS_REMOVE_DIR
#define CONFINE_MOVE          LANDLOCK_ACCESS_FS_REFER /* from one folder to another */
#define CONFINE_SHORTEN       (1ull << 14)             /* a name the headers of Debian 12 do not have yet */

/** The rules of Landlock being collected.  confine_rules_clear() gives them up if they are not in force. */
struct confine_rules {
	unsigned version; /* 0 on a kernel that has no Landlock, the one part that may be missing */
	int fd;           /* set where the version is not 0 */
	uint64_t handled;
};
/* No signal and no abstract socket of a process outside; but TCP connections to anywhere. */
#define CONFINE_APART 1u
#define CONFINE_REACH 2u
/**
 * confine_rules_new(how, out):
 * Nothing in the file system, no device, no TCP port but for what ${how} says.  Parts
 * that this kernel does not know stay allowed.
 */
MUST_CHECK struct status confine_rules_new(unsigned how, struct confine_rules *out);
/** confine_rules_allow(r, folder, access): CONFINE_* beneath the descriptor ${folder}; -1 is passed over. */
MUST_CHECK struct status confine_rules_allow(struct confine_rules *r, int folder, uint64_t access);
/** confine_rules_allow_read(r, path): CONFINE_READ of a file or beneath a folder; what a host does not have is passed
 * over. */
MUST_CHECK struct status confine_rules_allow_read(struct confine_rules *r, const char *path);
/** confine_rules_enter(r): in force, for this thread and all that it starts; what is open stays open. */
MUST_CHECK struct status confine_rules_enter(struct confine_rules *r);
void confine_rules_clear(struct confine_rules *r);

/** A call that is left only where its arguments are these; of several such rules of a call, one has to hold. */
struct confine_call_where {
	int call;
	struct {
		unsigned argument; /* from 0 */
		uint64_t mask, is; /* what of it is looked at, and is to be; mask 0: not looked at */
	} where[2];
};

/**
 * The system calls that are left, numbers of SCMP_SYS().  mmap and mprotect are
 * added to them, for pages that can never be executed: nothing new can run.
 */
struct confine_calls {
	const int *list;
	size_t count;
	const int *more; /* a second list, or none */
	size_t more_count;
	const struct confine_call_where *where; /* none of them also on a list, which would allow it whole */
	size_t where_count;
	bool threads; /* threads may be started, and those that run are bound as well */
	bool refuses; /* a call off the lists fails with EPERM; otherwise it ends the process */
};
MUST_CHECK struct status confine_calls(const struct confine_calls *calls);

#endif /* !BASE_CONFINE_H */
