/* SPDX-License-Identifier: Apache-2.0 */
#include "agentsandbox.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
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

/* What the headers of Debian 12 do not name yet. */
#define FS_TRUNCATE  (1ull << 14) /* version 3 */
#define FS_IOCTL_DEV (1ull << 15) /* version 5 */
#define NET_ALL      (3ull)       /* version 4: bind, connect TCP */
#define FS_VERSION_1 (LANDLOCK_ACCESS_FS_MAKE_SYM | (LANDLOCK_ACCESS_FS_MAKE_SYM - 1))
#define FS_HOME \
	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_DIR | \
	 LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE | FS_TRUNCATE)
struct ruleset_attr {
	uint64_t fs, net;
};

static struct ruleset_attr everything(long version)
{
	struct ruleset_attr all = {.fs = FS_VERSION_1};

	if (version >= 2)
		all.fs |= LANDLOCK_ACCESS_FS_REFER;
	if (version >= 3)
		all.fs |= FS_TRUNCATE;
	if (version >= 4)
		all.net = NET_ALL;
	if (version >= 5)
		all.fs |= FS_IOCTL_DEV;
	return all;
}

static bool allow(int ruleset, int folder, uint64_t access)
{
	const struct landlock_path_beneath_attr rule = {.allowed_access = access, .parent_fd = folder};

	return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
}

struct status agentsandbox_files(int home, int place)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	/* A sanitizer reads /proc. */
	if (!agentsandbox_is_whole())
		return OK;
	if (version < 0)
		return errno == ENOSYS || errno == EOPNOTSUPP ? OK : FAIL_AT(ST_DENIED, "Landlock");
	const struct ruleset_attr all = everything(version);
	size_t len = version >= 4 ? sizeof all : sizeof all.fs;
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, &all, len, 0);
	if (ruleset < 0)
		return FAIL_AT(ST_DENIED, "Landlock ruleset");
	bool confined = allow(ruleset, home, FS_HOME & all.fs) &&
			allow(ruleset, place, LANDLOCK_ACCESS_FS_REMOVE_FILE) &&
			syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
	(void)close(ruleset);
	return confined ? OK : FAIL_AT(ST_DENIED, "Landlock");
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
