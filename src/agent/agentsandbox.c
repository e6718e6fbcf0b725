/* SPDX-License-Identifier: Apache-2.0 */
#include "agentsandbox.h"

#include <seccomp.h>

#include "confine.h"

/* Connections, the socket, its lock, home, terminal, signals, a file under way. */
#define DESCRIPTORS 64

/* No socket, connect, clone, execve, ptrace, process_vm: an agent that was taken over
 * can neither carry keys to the network nor start anything. */
static const int calls[] = {
	/* events and packets */
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(accept4),
	SCMP_SYS(getsockopt),
	SCMP_SYS(setsockopt),
	SCMP_SYS(recvfrom),
	SCMP_SYS(sendto),
	/* the security file */
	SCMP_SYS(openat),
	SCMP_SYS(read),
	SCMP_SYS(pread64),
	SCMP_SYS(write),
	SCMP_SYS(pwrite64),
	SCMP_SYS(fsync),
	SCMP_SYS(fdatasync),
	SCMP_SYS(ftruncate),
	SCMP_SYS(fstat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(renameat),
	SCMP_SYS(renameat2),
	SCMP_SYS(unlinkat),
	SCMP_SYS(flock),
	SCMP_SYS(close),
	/* memory */
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	SCMP_SYS(mlock),
	SCMP_SYS(munlock),
	SCMP_SYS(futex),
	/* randomness, time, who we are, the end */
	SCMP_SYS(getrandom),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(geteuid),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(tgkill),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
};

#define HOME (CONFINE_READ | CONFINE_WRITE | CONFINE_LIST | CONFINE_MAKE_FILE | CONFINE_REMOVE_FILE | CONFINE_SHORTEN)

struct status agentsandbox_harden(void)
{
	TRY(confine_process(DESCRIPTORS));
	return confine_privileges();
}

struct status agentsandbox_files(int home, int place)
{
	AUTO(confine_rules) rules = {0};

	/* A sanitizer reads /proc. */
	if (!confine_is_whole())
		return OK;
	TRY(confine_rules_new(CONFINE_APART, &rules));
	TRY(confine_rules_allow(&rules, home, HOME));
	TRY(confine_rules_allow(&rules, place, CONFINE_REMOVE_FILE));
	return confine_rules_enter(&rules);
}

struct status agentsandbox_enter(void)
{
	const struct confine_calls left = {.list = calls, .count = COUNT(calls)};

	return confine_is_whole() ? confine_calls(&left) : OK;
}
