/* SPDX-License-Identifier: Apache-2.0 */
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <seccomp.h>
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

bool confine_is_whole(void)
{
	return !SANITIZED;
}

/* ---- The process ---- */

static struct status limit_descriptors(size_t wanted)
{
	struct rlimit files = {wanted, wanted};

	if (wanted == 0) {
		if (getrlimit(RLIMIT_NOFILE, &files) != 0)
			return FAIL_AT(ST_DENIED, "descriptor limit");
		files.rlim_cur = files.rlim_max;
	}
	return setrlimit(RLIMIT_NOFILE, &files) == 0 ? OK : FAIL_AT(ST_DENIED, "descriptor limit");
}

struct status confine_process(size_t descriptors)
{
	const struct rlimit no_core = {0, 0};

	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || setrlimit(RLIMIT_CORE, &no_core) != 0)
		return FAIL_AT(ST_DENIED, "core dumps");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return FAIL_AT(ST_DENIED, "no new privileges");
	return limit_descriptors(descriptors);
}

struct status confine_privileges(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2] = {0};

	return syscall(SYS_capset, &head, none) == 0 ? OK : FAIL_AT(ST_DENIED, "capabilities");
}

/* ---- Files: Landlock ---- */

/* What the headers of Debian 12 do not name yet. */
#define FS_IOCTL_DEV (1ull << 15) /* version 5 */
#define NET_BIND     (1ull)       /* version 4 */
#define NET_CONNECT  (2ull)
#define SCOPE_ALL    (3ull) /* version 6: abstract sockets, signals */
#define FS_VERSION_1 (LANDLOCK_ACCESS_FS_MAKE_SYM | (LANDLOCK_ACCESS_FS_MAKE_SYM - 1))
struct ruleset_attr {
	uint64_t fs, net, scope;
};

static struct ruleset_attr everything(long version, unsigned how)
{
	struct ruleset_attr all = {.fs = FS_VERSION_1};

	if (version >= 2)
		all.fs |= CONFINE_MOVE;
	if (version >= 3)
		all.fs |= CONFINE_SHORTEN;
	if (version >= 4)
		all.net = (how & CONFINE_REACH) != 0 ? NET_BIND : NET_BIND | NET_CONNECT;
	if (version >= 5)
		all.fs |= FS_IOCTL_DEV;
	if (version >= 6 && (how & CONFINE_APART) != 0)
		all.scope = SCOPE_ALL;
	return all;
}

static size_t attr_len(long version)
{
	return version >= 6 ? 3 * sizeof(uint64_t) : version >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
}

struct status confine_rules_new(unsigned how, struct confine_rules *out)
{
	const long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	if (version < 0) {
		if (errno != ENOSYS && errno != EOPNOTSUPP)
			return FAIL_AT(ST_DENIED, "Landlock");
		*out = (struct confine_rules){0};
		return OK;
	}
	const struct ruleset_attr all = everything(version, how);
	const int fd = (int)syscall(SYS_landlock_create_ruleset, &all, attr_len(version), 0);
	if (fd < 0)
		return FAIL_AT(ST_DENIED, "Landlock ruleset");
	*out = (struct confine_rules){.fd = fd, .version = (unsigned)version, .handled = all.fs};
	return OK;
}

struct status confine_rules_allow(struct confine_rules *r, int folder, uint64_t access)
{
	const struct landlock_path_beneath_attr rule = {.allowed_access = access & r->handled, .parent_fd = folder};

	if (r->version == 0 || folder < 0)
		return OK;
	return syscall(SYS_landlock_add_rule, r->fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0
		       ? OK
		       : FAIL_AT(ST_DENIED, "Landlock rule");
}

struct status confine_rules_allow_read(struct confine_rules *r, const char *path)
{
	const int at = open(path, O_PATH | O_CLOEXEC);
	const struct status s = confine_rules_allow(r, at, CONFINE_READ);

	if (at >= 0)
		(void)close(at);
	return s;
}

struct status confine_rules_enter(struct confine_rules *r)
{
	if (r->version == 0)
		return OK;
	return syscall(SYS_landlock_restrict_self, r->fd, 0) == 0 ? OK : FAIL_AT(ST_DENIED, "Landlock");
}

void confine_rules_clear(struct confine_rules *r)
{
	if (r->version > 0)
		(void)close(r->fd);
	*r = (struct confine_rules){0};
}

/* ---- System calls: seccomp ---- */

static bool allow_list(scmp_filter_ctx filter, const int *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, list[i], 0) != 0)
			return false;
	return true;
}

static bool allow_where(scmp_filter_ctx filter, const struct confine_call_where *rules, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct scmp_arg_cmp compare[COUNT(rules->where)];
		unsigned used = 0;
		for (size_t k = 0; k < COUNT(rules->where); k++)
			if (rules[i].where[k].mask != 0)
				compare[used++] = SCMP_CMP64(rules[i].where[k].argument, SCMP_CMP_MASKED_EQ,
							     rules[i].where[k].mask, rules[i].where[k].is);
		if (seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, rules[i].call, used, compare) != 0)
			return false;
	}
	return true;
}

/* Pages may be readable and writable, never executable. */
static bool allow_memory(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp no_execute = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);

	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, &no_execute) == 0 &&
	       seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, &no_execute) == 0;
}

/* Threads but no processes. */
static bool allow_threads(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp thread = SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD);

	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, &thread) == 0 &&
	       /* Its flags are in memory, where a filter does not look; the C library then takes clone. */
	       seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0 &&
	       seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1) == 0;
}

static bool load(scmp_filter_ctx filter, const struct confine_calls *calls)
{
	return allow_list(filter, calls->list, calls->count) && allow_list(filter, calls->more, calls->more_count) &&
	       allow_where(filter, calls->where, calls->where_count) && allow_memory(filter) &&
	       (!calls->threads || allow_threads(filter)) && seccomp_load(filter) == 0;
}

struct status confine_calls(const struct confine_calls *calls)
{
	scmp_filter_ctx filter = seccomp_init(calls->refuses ? SCMP_ACT_ERRNO(EPERM) : SCMP_ACT_KILL_PROCESS);

	if (filter == NULL)
		return FAIL_AT(ST_DENIED, "seccomp");
	const bool loaded = load(filter, calls);
	seccomp_release(filter);
	return loaded ? OK : FAIL_AT(ST_DENIED, "seccomp");
}
