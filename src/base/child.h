/* SPDX-License-Identifier: Apache-2.0 */
/**
 * child: a program of ours that another one of ours starts and talks to over socket pairs (docs/PROTOCOL.md section 1).
 *
 * It inherits its ends of them and our standard error, and nothing else: no other descriptor, no environment, no
 * signal that we block or handle; what it reads and prints otherwise is /dev/null.  It goes when we close our ends.
 */
#ifndef BASE_CHILD_H
#define BASE_CHILD_H

#include <sys/types.h>

#include "status.h"

/* Where it finds its first end; the others follow. */
#define CHILD_FIRST_END 3
#define CHILD_ENDS_MAX  16

/** child_pair(ours, theirs): ends of one pair of packets (SOCK_SEQPACKET), the caller's to close.  ST_IO. */
MUST_CHECK struct status child_pair(int *ours, int *theirs);

struct child_start {
	const char *program;          /* a path; without a slash: beside our own executable */
	const char *const *arguments; /* the program's name first, NULL last */
	const int *ends;              /* `theirs` of child_pair(); the caller still closes them */
	size_t count;                 /* 1 to CHILD_ENDS_MAX */
};
/** child_start(start, pid): ST_NOT_FOUND ("program") when it cannot be started. */
MUST_CHECK struct status child_start(const struct child_start *start, pid_t *pid);
/** child_readable(fd, ms): whether there is something to read, or its end, within ${ms}; interrupted, it begins again.
 */
bool child_readable(int fd, int ms);
/** child_await(pid): until it has ended. */
void child_await(pid_t pid);
/**
 * child_ends(out):
 * A descriptor, the caller's, that gives a signalfd_siginfo when children have ended, without waiting; SIGCHLD is
 * blocked from now on, so the process has one thread.  ST_IO.
 */
MUST_CHECK struct status child_ends(int *out);

/** child_stay(): in the child: a signal to the whole group does not take it from who started it, and is draining. */
void child_stay(void);

#endif /* !BASE_CHILD_H */
