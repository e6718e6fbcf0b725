/* SPDX-License-Identifier: Apache-2.0 */
#include "agentsandbox.h"

#include <linux/capability.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Connections, the socket, its lock, home, terminal, signals, a file under way. */
#define DESCRIPTORS 64

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

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

struct status agentsandbox_harden(void)
{
	const struct rlimit no_core = {0, 0}, few = {DESCRIPTORS, DESCRIPTORS};
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2] = {0};

	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || setrlimit(RLIMIT_CORE, &no_core) != 0)
		return FAIL_AT(ST_DENIED, "core dumps");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || setrlimit(RLIMIT_NOFILE, &few) != 0)
		return FAIL_AT(ST_DENIED, "privileges");
	return syscall(SYS_capset, &head, none) == 0 ? OK : FAIL_AT(ST_DENIED, "capabilities");
}

/* Pages may be readable and writable, never executable: nothing new can run here. */
static int allow_memory(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp no_execute = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
	int failed = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, &no_execute);

	return failed != 0 ? failed
			   : seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, &no_execute);
}

static int load(scmp_filter_ctx filter)
{
	for (size_t i = 0; i < COUNT(calls); i++)
		if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0) != 0)
			return -1;
	return allow_memory(filter) == 0 ? seccomp_load(filter) : -1;
}

bool agentsandbox_is_whole(void)
{
	return !SANITIZED;
}

struct status agentsandbox_enter(void)
{
	if (!agentsandbox_is_whole())
		return OK;
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	if (filter == NULL)
		return FAIL_AT(ST_DENIED, "seccomp");
	int failed = load(filter);
	seccomp_release(filter);
	return failed == 0 ? OK : FAIL_AT(ST_DENIED, "seccomp");
}
