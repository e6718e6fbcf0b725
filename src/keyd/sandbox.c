/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Sockets of sixteen threads, eight holders, K, nights, two journals, a file under way. */
#define DESCRIPTORS 64

/* Every system call there is for us.  Memory that can be executed cannot be had
 * (may_map() below); anything that is not listed ends the process. */
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

/* What the headers of Debian 12 do not name yet. */
#define FS_TRUNCATE  (1ull << 14) /* version 3 */
#define FS_IOCTL_DEV (1ull << 15) /* version 5 */
#define NET_ALL      (3ull)       /* version 4: bind, connect TCP */
#define SCOPE_ALL    (3ull)       /* version 6: abstract sockets, signals */
struct ruleset_attr {
	uint64_t fs, net, scope;
};

#define FS_VERSION_1 (LANDLOCK_ACCESS_FS_MAKE_SYM | (LANDLOCK_ACCESS_FS_MAKE_SYM - 1))
#define FS_USE       (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE)

static const uint64_t access_rights[] = {
	[SANDBOX_KEEP] = FS_USE | LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
			 LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | FS_TRUNCATE,
	[SANDBOX_ADD] = FS_USE | LANDLOCK_ACCESS_FS_MAKE_REG,
	[SANDBOX_SWEEP] = FS_USE | LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE,
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
	if (version >= 6)
		all.scope = SCOPE_ALL;
	return all;
}

static size_t attr_len(long version)
{
	return version >= 6 ? 3 * sizeof(uint64_t) : version >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
}

static struct status allow_folders(int ruleset, const struct sandbox *s, uint64_t handled)
{
	for (size_t i = 0; i < s->count; i++) {
		struct landlock_path_beneath_attr rule = {
			.allowed_access = access_rights[s->folders[i].access] & handled,
			.parent_fd = s->folders[i].dir,
		};

		if (s->folders[i].dir < 0)
			continue;
		if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
			return FAIL_AT(ST_DENIED, "Landlock rule");
	}
	return syscall(SYS_landlock_restrict_self, ruleset, 0) == 0 ? OK : FAIL_AT(ST_DENIED, "Landlock");
}

static struct status enter_landlock(const struct sandbox *s, unsigned *out)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	if (version < 0) {
		*out = 0;
		return errno == ENOSYS || errno == EOPNOTSUPP ? OK : FAIL_AT(ST_DENIED, "Landlock");
	}
	const struct ruleset_attr all = everything(version);
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, &all, attr_len(version), 0);
	if (ruleset < 0)
		return FAIL_AT(ST_DENIED, "Landlock ruleset");
	struct status r = allow_folders(ruleset, s, all.fs);
	(void)close(ruleset);
	TRY(r);
	*out = (unsigned)version;
	return OK;
}

/* Pages may be readable and writable, never executable: nothing new can run here. */
static int may_map(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp no_execute = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
	int failed = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, &no_execute);

	return failed != 0 ? failed
			   : seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, &no_execute);
}

static int load_filter(scmp_filter_ctx filter, const struct sandbox *s)
{
	for (size_t i = 0; i < COUNT(calls); i++)
		if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0) != 0)
			return -1;
	if (s->lists && (seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(getdents64), 0) != 0 ||
			 seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 0) != 0))
		return -1;
	return may_map(filter) == 0 ? seccomp_load(filter) : -1;
}

static struct status enter_seccomp(const struct sandbox *s)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);

	if (filter == NULL)
		return FAIL_AT(ST_DENIED, "seccomp");
	int failed = load_filter(filter, s);
	seccomp_release(filter);
	return failed == 0 ? OK : FAIL_AT(ST_DENIED, "seccomp");
}

/* Even as root: no capability now, none regained by anything executed. */
static struct status drop_capabilities(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2] = {0};

	return syscall(SYS_capset, &head, none) == 0 ? OK : FAIL_AT(ST_DENIED, "capabilities");
}

static struct status set_limits(void)
{
	const struct rlimit no_core = {0, 0}, few = {DESCRIPTORS, DESCRIPTORS};

	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || setrlimit(RLIMIT_CORE, &no_core) != 0)
		return FAIL_AT(ST_DENIED, "core dumps");
	if (setrlimit(RLIMIT_NOFILE, &few) != 0)
		return FAIL_AT(ST_DENIED, "descriptor limit");
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? OK : FAIL_AT(ST_DENIED, "no new privileges");
}

struct status sandbox_enter(const struct sandbox *s, unsigned *landlock)
{
	TRY(set_limits());
	TRY(drop_capabilities());
	TRY(enter_landlock(s, landlock));
	return enter_seccomp(s);
}
