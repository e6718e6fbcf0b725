/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox.h"

#include <seccomp.h>

#include "confine.h"

/* Sockets of sixteen threads, eight holders, K, nights, two journals, a file under way. */
#define DESCRIPTORS 64

/* Every system call there is for us.  Anything that is not listed ends the process. */
static const int calls[] = {
	/* messages */
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(recvfrom),
	SCMP_SYS(sendto),
	/* files below the folders that Landlock allows */
	SCMP_SYS(openat),
	SCMP_SYS(read),
	SCMP_SYS(pread64),
	SCMP_SYS(write), /* the log as well */
	SCMP_SYS(pwrite64),
	SCMP_SYS(fsync),
	SCMP_SYS(fdatasync),
	SCMP_SYS(ftruncate),
	SCMP_SYS(fstat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(renameat),
	SCMP_SYS(renameat2),
	SCMP_SYS(unlinkat),
	SCMP_SYS(mkdirat),
	SCMP_SYS(close),
	/* memory */
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	SCMP_SYS(mlock),
	SCMP_SYS(munlock),
	SCMP_SYS(futex),
	/* randomness, time, the end */
	SCMP_SYS(getrandom),
	SCMP_SYS(getpid),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(restart_syscall), /* a wait that SIGSTOP and SIGCONT interrupted */
	SCMP_SYS(sigaltstack),     /* what sanitizers ask before the end */
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
};

/* What the sweep of a night holder needs beside them. */
static const int listing_calls[] = {
	SCMP_SYS(getdents64),
	SCMP_SYS(fcntl),
};

#define USE (CONFINE_READ | CONFINE_WRITE)

static const uint64_t access_rights[] = {
	[SANDBOX_KEEP] =
		USE | CONFINE_LIST | CONFINE_MAKE_FILE | CONFINE_MAKE_FOLDER | CONFINE_REMOVE_FILE | CONFINE_SHORTEN,
	[SANDBOX_ADD] = USE | CONFINE_MAKE_FILE,
	[SANDBOX_SWEEP] = USE | CONFINE_LIST | CONFINE_REMOVE_FILE,
};

static struct status enter_files(const struct sandbox *s, unsigned *landlock)
{
	AUTO(confine_rules) rules = {0};

	TRY(confine_rules_new(CONFINE_APART, &rules));
	for (size_t i = 0; i < s->count; i++)
		TRY(confine_rules_allow(&rules, s->folders[i].dir, access_rights[s->folders[i].access]));
	TRY(confine_rules_enter(&rules));
	*landlock = rules.version;
	return OK;
}

struct status sandbox_enter(const struct sandbox *s, unsigned *landlock)
{
	const struct confine_calls left = {
		.list = calls,
		.count = COUNT(calls),
		.more = listing_calls,
		.more_count = s->lists ? COUNT(listing_calls) : 0,
	};

	TRY(confine_process(DESCRIPTORS));
	TRY(confine_privileges());
	TRY(enter_files(s, landlock));
	return confine_calls(&left);
}
