/* SPDX-License-Identifier: Apache-2.0 */
#include "confinement.h"

#include <fcntl.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "confine.h"
#include "limits.h"

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
	/* memory, threads (the log writes, and saves its snapshots, in some of its own) */
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

#define DATA \
	(CONFINE_READ | CONFINE_WRITE | CONFINE_LIST | CONFINE_MAKE_FILE | CONFINE_MAKE_FOLDER | CONFINE_MAKE_SOCKET | \
	 CONFINE_REMOVE_FILE | CONFINE_REMOVE_FOLDER | CONFINE_MOVE | CONFINE_SHORTEN)

struct status confinement_begin(void)
{
	return confine_process(0);
}

/** The folder of ${path}, as it is written; false: it is too long. */
static bool folder_of(const char *path, char folder[PATH_MAX])
{
	const char *end = strrchr(path, '/');
	const size_t len = end == NULL || end == path ? 1 : (size_t)(end - path);

	if (len >= PATH_MAX)
		return false;
	memcpy(folder, end != NULL ? path : ".", len);
	folder[len] = '\0';
	return true;
}

static struct status allow_folder(struct confine_rules *rules, const char *folder, uint64_t access)
{
	int fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return FAIL_AT(ST_DENIED, "folder");
	struct status s = confine_rules_allow(rules, fd, access);
	(void)close(fd);
	return s;
}

/** Whether ${inner} is ${outer}, or in it; both resolved. */
static bool is_within(const char *inner, const char *outer)
{
	const size_t len = strlen(outer);

	return strncmp(inner, outer, len) == 0 && (inner[len] == '\0' || inner[len] == '/' || strcmp(outer, "/") == 0);
}

/** Cut its last name off ${path}; false: there is none, or what is before it does not say where it is. */
static bool cut_name(char path[PATH_MAX])
{
	char *slash = strrchr(path, '/');

	if (strcmp(slash != NULL ? slash + 1 : path, "..") == 0 || strcmp(path, "/") == 0 || strcmp(path, ".") == 0)
		return false;
	if (slash == NULL)
		memcpy(path, ".", sizeof ".");
	else
		slash[slash == path ? 1 : 0] = '\0';
	return true;
}

/**
 * Whether ${path} is in ${folder}, which is resolved and there, or around it.  Of one that is not there (a night holder
 * that is not mounted yet) what is there of it counts, for no folder that is there can be in the rest.  Behind a link
 * that leads nowhere, or upwards from what is not there, it may come to lie anywhere.
 */
static bool is_near(const char *path, const char *folder)
{
	char there[PATH_MAX], found[PATH_MAX];
	struct stat link;
	const size_t len = strlen(path);

	if (realpath(path, found) != NULL)
		return is_within(found, folder) || is_within(folder, found);
	if (len >= sizeof there)
		return true;
	memcpy(there, path, len + 1);
	while (realpath(there, found) == NULL)
		if (lstat(there, &link) == 0 || !cut_name(there))
			return true;
	return is_within(found, folder);
}

static bool is_withheld(const struct confinement_paths *paths, const char *folder)
{
	for (size_t i = 0; i < paths->withheld_count; i++)
		if (paths->withheld[i] != NULL && is_near(paths->withheld[i], folder))
			return true;
	return false;
}

/** What is wanted of the folder of a path, and what the daemon's log says when that is not given. */
struct wish {
	uint64_t access;
	const char *event, *otherwise;
};

/**
 * The paths stand in the data directory: who once took the server over may have put others there, to read or remove
 * at the next start what keyd keeps from it.  ${path} is resolved but for its name.  ST_DENIED: it has no folder.
 */
static struct status allow_beside(struct confine_rules *rules, const struct confinement_paths *paths, const char *path,
				  const struct wish *wish)
{
	char folder[PATH_MAX], resolved[PATH_MAX];

	if (!folder_of(path, folder) || realpath(folder, resolved) == NULL)
		return FAIL_AT(ST_DENIED, "folder");
	if (!is_withheld(paths, resolved))
		return allow_folder(rules, resolved, wish->access);
	(void)fprintf(stderr,
		      "tacendad: event=%s what=\"it is not apart from the key store, a night holder or a file of "
		      "secrets: %s\"\n",
		      wish->event, wish->otherwise);
	return OK;
}

/** The socket of "unix:/path" is removed at the end; one that stays is removed by the next start, before it is
 * confined. */
static struct status allow_socket(struct confine_rules *rules, const struct confinement_paths *paths,
				  const char *address)
{
	static const struct wish removing = {CONFINE_REMOVE_FILE, "socket_folder",
					     "the socket stays until the next start"};

	if (strncmp(address, "unix:", 5) != 0)
		return OK;
	return ok(allow_beside(rules, paths, address + 5, &removing)) ? OK
								      : FAIL_AT(ST_DENIED, "folder of the unix socket");
}

/** A successor has another inode, so the folder is allowed; one that is not there leaves nothing to read. */
static void allow_file(struct confine_rules *rules, const struct confinement_paths *paths, const char *path)
{
	static const struct wish reading = {CONFINE_READ, "certificate_folder",
					    "a successor is read at the next start only"};
	char target[PATH_MAX];

	(void)ok(allow_beside(rules, paths, path, &reading));
	if (realpath(path, target) != NULL)
		(void)ok(allow_beside(rules, paths, target, &reading));
}

struct status confinement_files(int data, const struct confinement_paths *paths)
{
	AUTO(confine_rules) rules = {0};

	/* A sanitizer looks for leaks from another process, through /proc. */
	if (!confine_is_whole())
		return OK;
	TRY(confine_privileges());
	/* Not apart: it tells keyd to end. */
	TRY(confine_rules_new(0, &rules));
	TRY(confine_rules_allow(&rules, data, DATA));
	/* The database seeds its random numbers from there. */
	TRY(confine_rules_allow_read(&rules, "/dev/urandom"));
	for (size_t i = 0; i < paths->address_count; i++)
		TRY(allow_socket(&rules, paths, paths->addresses[i]));
	for (size_t i = 0; i < paths->file_count; i++)
		allow_file(&rules, paths, paths->files[i]);
	return confine_rules_enter(&rules);
}

struct status confinement_calls(void)
{
	/* What is not listed is refused rather than deadly: no client may end the server for all. */
	const struct confine_calls left = {.list = calls, .count = COUNT(calls), .threads = true, .refuses = true};

	return confine_is_whole() ? confine_calls(&left) : OK;
}
