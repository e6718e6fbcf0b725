/* SPDX-License-Identifier: Apache-2.0 */
#include "confinement.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

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

/* No socket, connect, bind, execve, ptrace, process_vm: who takes the server over can
 * neither carry anything away but over the connections it serves, nor start anything. */
static const int calls[] = {
	/* events and connections */
	SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_ctl),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(accept4),
	SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg),
	SCMP_SYS(sendto),
	SCMP_SYS(sendmsg),
	SCMP_SYS(readv),
	SCMP_SYS(writev),
	SCMP_SYS(shutdown),
	SCMP_SYS(getsockopt),
	SCMP_SYS(setsockopt),
	SCMP_SYS(getsockname),
	SCMP_SYS(getpeername),
	SCMP_SYS(timerfd_settime),
	SCMP_SYS(waitid),
	SCMP_SYS(wait4),
	SCMP_SYS(pidfd_send_signal),
	SCMP_SYS(kill),
	/* files below the data directory */
	SCMP_SYS(openat),
	SCMP_SYS(read),
	SCMP_SYS(pread64),
	SCMP_SYS(preadv),
	SCMP_SYS(write),
	SCMP_SYS(pwrite64),
	SCMP_SYS(pwritev),
	SCMP_SYS(lseek),
	SCMP_SYS(fsync),
	SCMP_SYS(fdatasync),
	SCMP_SYS(sync_file_range),
	SCMP_SYS(fallocate),
	SCMP_SYS(fadvise64),
	SCMP_SYS(ftruncate),
	SCMP_SYS(fstat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(statx),
	SCMP_SYS(fstatfs),
	SCMP_SYS(renameat),
	SCMP_SYS(renameat2),
	SCMP_SYS(linkat),
	SCMP_SYS(unlink),
	SCMP_SYS(unlinkat),
	SCMP_SYS(mkdirat),
	SCMP_SYS(getdents64),
	SCMP_SYS(fchmod),
	SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2),
	SCMP_SYS(fcntl),
	SCMP_SYS(flock),
	SCMP_SYS(close),
	/* memory, threads (a snapshot of the log is saved by one of its own) */
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	SCMP_SYS(mlock),
	SCMP_SYS(munlock),
	SCMP_SYS(futex),
	SCMP_SYS(set_robust_list),
	SCMP_SYS(rseq),
	SCMP_SYS(sched_yield),
	SCMP_SYS(sched_getaffinity),
	/* randomness, time, who we are, the end */
	SCMP_SYS(getrandom),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(nanosleep),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(geteuid),
	SCMP_SYS(getuid),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(tgkill),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
};

/* What the headers of Debian 12 do not name yet: version 3 of Landlock. */
#define FS_TRUNCATE  (1ull << 14)
#define FS_VERSION_1 (LANDLOCK_ACCESS_FS_MAKE_SYM | (LANDLOCK_ACCESS_FS_MAKE_SYM - 1))
#define FS_DATA \
	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_DIR | \
	 LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_SOCK | \
	 LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REFER | FS_TRUNCATE)

bool confinement_is_whole(void)
{
	return !SANITIZED;
}

struct status confinement_begin(void)
{
	const struct rlimit none = {0, 0};
	struct rlimit files;

	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    setrlimit(RLIMIT_CORE, &none) != 0)
		return FAIL_AT(ST_DENIED, "confinement");
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	return OK;
}

static struct status allow(int ruleset, int folder, uint64_t access)
{
	const struct landlock_path_beneath_attr rule = {.allowed_access = access, .parent_fd = folder};

	return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0
		       ? OK
		       : FAIL_AT(ST_DENIED, "Landlock rule");
}

/** The database seeds its random numbers from there. */
static struct status allow_randomness(int ruleset)
{
	int device = open("/dev/urandom", O_PATH | O_CLOEXEC);

	if (device < 0)
		return OK;
	struct status s = allow(ruleset, device, LANDLOCK_ACCESS_FS_READ_FILE);
	(void)close(device);
	return s;
}

/** The socket of "unix:/path" is removed at the end. */
static struct status allow_socket(int ruleset, const char *address)
{
	char path[4096];

	if (strncmp(address, "unix:", 5) != 0 || strlen(address) >= sizeof path)
		return OK;
	memcpy(path, address + 5, strlen(address + 5) + 1);
	char *end = strrchr(path, '/');
	if (end != NULL)
		end[end == path ? 1 : 0] = '\0';
	int folder = open(end != NULL ? path : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return FAIL_AT(ST_DENIED, "folder of the unix socket");
	struct status s = allow(ruleset, folder, LANDLOCK_ACCESS_FS_REMOVE_FILE);
	(void)close(folder);
	return s;
}

static struct status allow_all(int ruleset, int data, uint64_t handled, const char *const *addresses, size_t count)
{
	TRY(allow(ruleset, data, FS_DATA & handled));
	TRY(allow_randomness(ruleset));
	for (size_t i = 0; i < count; i++)
		TRY(allow_socket(ruleset, addresses[i]));
	return syscall(SYS_landlock_restrict_self, ruleset, 0) == 0 ? OK : FAIL_AT(ST_DENIED, "Landlock");
}

struct status confinement_files(int data, const char *const *addresses, size_t count)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2] = {0};
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	uint64_t handled = FS_VERSION_1;

	/* A sanitizer looks for leaks from another process, through /proc. */
	if (!confinement_is_whole())
		return OK;
	if (syscall(SYS_capset, &head, none) != 0)
		return FAIL_AT(ST_DENIED, "capabilities");
	if (version < 0)
		return errno == ENOSYS || errno == EOPNOTSUPP ? OK : FAIL_AT(ST_DENIED, "Landlock");
	if (version >= 2)
		handled |= LANDLOCK_ACCESS_FS_REFER;
	if (version >= 3)
		handled |= FS_TRUNCATE;
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0);
	if (ruleset < 0)
		return FAIL_AT(ST_DENIED, "Landlock ruleset");
	struct status s = allow_all(ruleset, data, handled, addresses, count);
	(void)close(ruleset);
	return s;
}

/* Threads but no processes; pages that are readable and writable, never executable. */
static bool allow_some(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp thread = SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD),
				  no_execute = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);

	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, &thread) == 0 &&
	       /* Its flags are in memory, where a filter does not look; the C library then takes clone. */
	       seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0 &&
	       seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, &no_execute) == 0 &&
	       seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, &no_execute) == 0;
}

static bool load(scmp_filter_ctx filter)
{
	for (size_t i = 0; i < COUNT(calls); i++)
		if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0) != 0)
			return false;
	return allow_some(filter) && seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1) == 0 &&
	       seccomp_load(filter) == 0;
}

/* What is not listed is denied rather than deadly: no client may end the server for all. */
struct status confinement_calls(void)
{
	if (!confinement_is_whole())
		return OK;
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (filter == NULL)
		return FAIL_AT(ST_DENIED, "seccomp");
	bool loaded = load(filter);
	seccomp_release(filter);
	return loaded ? OK : FAIL_AT(ST_DENIED, "seccomp");
}
