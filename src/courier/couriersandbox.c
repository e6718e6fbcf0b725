/* SPDX-License-Identifier: Apache-2.0 */
#include "couriersandbox.h"

#include <linux/netlink.h>
#include <seccomp.h>
#include <sys/socket.h>

#include "confine.h"

#define DESCRIPTORS 64

/* What is not listed is refused.  No bind, no execve, no file is written, no process watched. */
static const int calls[] = {
	/* connections outward, and names */
	SCMP_SYS(connect),
	SCMP_SYS(getsockopt),
	SCMP_SYS(setsockopt),
	SCMP_SYS(getsockname),
	SCMP_SYS(getpeername),
	SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg),
	SCMP_SYS(sendto),
	SCMP_SYS(sendmsg),
	SCMP_SYS(sendmmsg),
	SCMP_SYS(shutdown),
	SCMP_SYS(ioctl),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(pipe2),
	SCMP_SYS(eventfd2),
	SCMP_SYS(uname),
	/* files that Landlock allows */
	SCMP_SYS(openat),
	SCMP_SYS(read),
	SCMP_SYS(pread64),
	SCMP_SYS(readv),
	SCMP_SYS(write),
	SCMP_SYS(writev),
	SCMP_SYS(lseek),
	SCMP_SYS(fstat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(fcntl),
	SCMP_SYS(close),
	/* a process for each order */
	SCMP_SYS(clone),
	SCMP_SYS(wait4),
	SCMP_SYS(prctl),
	SCMP_SYS(signalfd4),
	SCMP_SYS(set_robust_list),
	SCMP_SYS(rseq),
	/* memory, time, the end */
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	SCMP_SYS(mlock),
	SCMP_SYS(munlock),
	SCMP_SYS(futex),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(getrandom),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(nanosleep),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(getpid),
	SCMP_SYS(getppid),
	SCMP_SYS(gettid),
	SCMP_SYS(getuid),
	SCMP_SYS(geteuid),
	SCMP_SYS(getgid),
	SCMP_SYS(getegid),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(tgkill),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
};

/*
 * No socket that reaches another process of this host by a path: Landlock does not look
 * at such a connect, and the control socket takes commands from whoever is its owner.
 * libcurl wakes its resolving thread over a pair of streams; a pair of datagram sockets
 * could be connected anew.
 */
#define WHOLE 0xffffffffu
#define TYPE  0xfu /* of a socket, without its flags */
static const struct confine_call_where sockets[] = {
	{SCMP_SYS(socket), {{0, WHOLE, AF_INET}}},
	{SCMP_SYS(socket), {{0, WHOLE, AF_INET6}}},
	{SCMP_SYS(socket), {{0, WHOLE, AF_NETLINK}, {2, WHOLE, NETLINK_ROUTE}}}, /* getaddrinfo: own addresses */
	{SCMP_SYS(socketpair), {{0, WHOLE, AF_UNIX}, {1, TYPE, SOCK_STREAM}}},
};

/* Where names are found, and whom to trust.  What a host does not have is passed over. */
static const char *const readable[] = {
	"/etc/ssl",       "/usr/share/ca-certificates", "/etc/resolv.conf", "/etc/hosts",
	"/etc/host.conf", "/etc/nsswitch.conf",         "/etc/gai.conf",    "/etc/services",
	"/dev/urandom",
};

struct status couriersandbox_enter(void)
{
	const struct confine_calls left = {.list = calls,
					   .count = COUNT(calls),
					   .where = sockets,
					   .where_count = COUNT(sockets),
					   .threads = true,
					   .refuses = true};
	AUTO(confine_rules) rules = {0};

	/* A sanitizer reads /proc and makes calls of its own. */
	if (!confine_is_whole())
		return OK;
	TRY(confine_process(DESCRIPTORS));
	TRY(confine_privileges());
	TRY(confine_rules_new(CONFINE_APART | CONFINE_REACH, &rules));
	for (size_t i = 0; i < COUNT(readable); i++)
		TRY(confine_rules_allow_read(&rules, readable[i]));
	TRY(confine_rules_enter(&rules));
	return confine_calls(&left);
}
