/* SPDX-License-Identifier: Apache-2.0 */
/* Each test gives something up in a child and tries what must then fail (PROMISES#S1). */
#include "confined_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/tacenda-confine-XXXXXX";
static int dir = -1;

static int before_all(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(folder));
	dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int file = openat(dir, "file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	return dir >= 0 && write(file, "content", 7) == 7 && close(file) == 0 ? 0 : -1;
}

static int after_all(void **state)
{
	(void)state;
	(void)unlinkat(dir, "file", 0);
	(void)unlinkat(dir, "new", 0);
	(void)close(dir);
	return rmdir(folder);
}

/* ---- The process ---- */

static bool limits_are(size_t descriptors)
{
	struct rlimit files, core;

	return getrlimit(RLIMIT_NOFILE, &files) == 0 && getrlimit(RLIMIT_CORE, &core) == 0 &&
	       files.rlim_cur == (descriptors == 0 ? files.rlim_max : descriptors) && core.rlim_max == 0 &&
	       prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
}
static int with_few_descriptors(void)
{
	if (!ok(confine_process(20)))
		return NO_ENTRY;
	for (int i = 0; i < 20; i++)
		(void)!dup(dir);
	return limits_are(20) && dup(dir) < 0 && errno == EMFILE ? DONE : OTHER;
}
static int with_all_descriptors(void)
{
	if (!ok(confine_process(0)))
		return NO_ENTRY;
	return limits_are(0) ? DONE : OTHER;
}
static int without_privileges(void)
{
	/* Only root may: the name stays what it is. */
	char name[64];

	if (geteuid() != 0 || gethostname(name, sizeof name) != 0)
		return REFUSED;
	if (!ok(confine_process(20)) || !ok(confine_privileges()))
		return NO_ENTRY;
	return outcome(sethostname(name, strlen(name)));
}

static void a_process_leaves_no_core_and_gains_nothing(void **state)
{
	(void)state;
	assert_int_equal(in_child(NULL, with_few_descriptors), DONE);
	assert_int_equal(in_child(NULL, with_all_descriptors), DONE);
	assert_int_equal(in_child(NULL, without_privileges), REFUSED);
}

/* ---- Files ---- */

static uint64_t granted;
static bool keep_apart;
static pid_t parent;

/** Confined to ${granted} beneath the folder. */
static bool enter_rules(void)
{
	AUTO(confine_rules) rules = {0};

	return ok(confine_process(64)) && ok(confine_rules_new(keep_apart ? CONFINE_APART : 0, &rules)) &&
	       ok(confine_rules_allow(&rules, dir, granted)) && ok(confine_rules_allow(&rules, -1, CONFINE_WRITE)) &&
	       ok(confine_rules_enter(&rules));
}
static int reads(void)
{
	return enter_rules() ? outcome(openat(dir, "file", O_RDONLY | O_CLOEXEC)) : NO_ENTRY;
}
static int writes(void)
{
	return enter_rules() ? outcome(openat(dir, "file", O_WRONLY | O_CLOEXEC)) : NO_ENTRY;
}
static int makes(void)
{
	return enter_rules() ? outcome(openat(dir, "new", O_WRONLY | O_CREAT | O_CLOEXEC, 0600)) : NO_ENTRY;
}
static int removes(void)
{
	return enter_rules() ? outcome(unlinkat(dir, "new", 0)) : NO_ENTRY;
}
static int lists(void)
{
	return enter_rules() ? outcome(openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) : NO_ENTRY;
}
static int reads_beside(void)
{
	return enter_rules() ? outcome(open("/etc/passwd", O_RDONLY | O_CLOEXEC)) : NO_ENTRY;
}
static int signals_outside(void)
{
	return enter_rules() ? outcome(kill(parent, 0)) : NO_ENTRY;
}
static int binds_a_port(void)
{
	const struct sockaddr any = {.sa_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd >= 0 && enter_rules() ? outcome(bind(fd, &any, sizeof any)) : NO_ENTRY;
}

static int granting(uint64_t access, int (*act)(void))
{
	granted = access;
	return in_child(NULL, act);
}

/** The kernel's version of Landlock; skips the test where there is less than ${least}. */
static void needs_landlock(long least)
{
	if (!confine_is_whole() || syscall(SYS_landlock_create_ruleset, NULL, 0, 1) < least)
		skip();
}

static void a_folder_gives_what_was_granted_and_no_more(void **state)
{
	(void)state;
	needs_landlock(1);
	assert_int_equal(granting(CONFINE_READ, reads), DONE);
	assert_int_equal(granting(CONFINE_READ, writes), REFUSED);
	assert_int_equal(granting(CONFINE_READ, makes), REFUSED);
	assert_int_equal(granting(CONFINE_READ, lists), REFUSED);
	assert_int_equal(granting(CONFINE_LIST, lists), DONE);
	assert_int_equal(granting(CONFINE_WRITE, writes), DONE);
	assert_int_equal(granting(CONFINE_WRITE, reads), REFUSED);
	assert_int_equal(granting(CONFINE_WRITE | CONFINE_MAKE_FILE, makes), DONE);
	assert_int_equal(granting(CONFINE_WRITE | CONFINE_MAKE_FILE, removes), REFUSED);
	assert_int_equal(granting(CONFINE_REMOVE_FILE, removes), DONE);
	assert_int_equal(granting(CONFINE_READ, reads_beside), REFUSED);
}

static void no_port_can_be_taken(void **state)
{
	(void)state;
	needs_landlock(4);
	assert_int_equal(granting(CONFINE_READ, binds_a_port), REFUSED);
}

static void who_is_apart_signals_nobody_outside(void **state)
{
	(void)state;
	needs_landlock(6);
	parent = getpid();
	keep_apart = true;
	assert_int_equal(granting(CONFINE_READ, signals_outside), REFUSED);
	keep_apart = false;
	assert_int_equal(granting(CONFINE_READ, signals_outside), DONE);
}

/* ---- System calls ---- */

static const int few[] = {
	SCMP_SYS(exit_group), SCMP_SYS(exit),           SCMP_SYS(futex),  SCMP_SYS(set_robust_list),
	SCMP_SYS(rseq),       SCMP_SYS(rt_sigprocmask), SCMP_SYS(munmap), SCMP_SYS(madvise),
	SCMP_SYS(brk),        SCMP_SYS(rt_sigaction),
};
static const int identity[] = {SCMP_SYS(getppid)};
static struct confine_calls left;

static bool enter_calls(void)
{
	return ok(confine_process(64)) && ok(confine_calls(&left));
}
static int asks_for_its_parent(void)
{
	return enter_calls() ? outcome(getppid()) : NO_ENTRY;
}
static int forks(void)
{
	return enter_calls() ? outcome(fork()) : NO_ENTRY;
}
static int maps(int protection)
{
	void *at = mmap(NULL, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return outcome(at == MAP_FAILED ? -1 : 0);
}
static int maps_data(void)
{
	return enter_calls() ? maps(PROT_READ | PROT_WRITE) : NO_ENTRY;
}
static int maps_code(void)
{
	return enter_calls() ? maps(PROT_READ | PROT_EXEC) : NO_ENTRY;
}
static int makes_code_of_data(void)
{
	void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return enter_calls() ? outcome(mprotect(at, 4096, PROT_READ | PROT_EXEC)) : NO_ENTRY;
}
static void *idle(void *context)
{
	return context;
}
static int starts_a_thread(void)
{
	pthread_t thread;

	if (!enter_calls())
		return NO_ENTRY;
	return pthread_create(&thread, NULL, idle, NULL) == 0 && pthread_join(thread, NULL) == 0 ? DONE : OTHER;
}

static int leaving(bool threads, bool refuses, bool more, int (*act)(void))
{
	left = (struct confine_calls){
		.list = few,
		.count = COUNT(few),
		.more = more ? identity : NULL,
		.more_count = more ? COUNT(identity) : 0,
		.threads = threads,
		.refuses = refuses,
	};
	return in_child(NULL, act);
}

static void a_call_off_the_lists_ends_the_process_or_is_refused(void **state)
{
	(void)state;
	if (!confine_is_whole())
		skip();
	assert_int_equal(leaving(false, false, false, asks_for_its_parent), -SIGSYS);
	assert_int_equal(leaving(false, false, true, asks_for_its_parent), DONE);
	assert_int_equal(leaving(false, true, true, asks_for_its_parent), DONE);
	assert_int_equal(leaving(false, false, true, forks), -SIGSYS);
	assert_int_equal(leaving(false, true, true, forks), REFUSED);
	assert_int_equal(leaving(true, true, true, forks), REFUSED);
}

static void no_page_becomes_code(void **state)
{
	(void)state;
	if (!confine_is_whole())
		skip();
	assert_int_equal(leaving(false, false, false, maps_data), DONE);
	assert_int_equal(leaving(false, false, false, maps_code), -SIGSYS);
	assert_int_equal(leaving(false, true, false, maps_code), REFUSED);
	assert_int_equal(leaving(false, false, false, makes_code_of_data), -SIGSYS);
}

static void threads_start_where_they_may(void **state)
{
	(void)state;
	if (!confine_is_whole())
		skip();
	assert_int_equal(leaving(true, false, false, starts_a_thread), DONE);
	assert_int_equal(leaving(false, false, false, starts_a_thread), -SIGSYS);
}

int main(void)
{
	const char *preloaded = getenv("LD_PRELOAD");
	const struct CMUnitTest tests[] = {
		TEST(a_process_leaves_no_core_and_gains_nothing),
		TEST(a_folder_gives_what_was_granted_and_no_more),
		TEST(no_port_can_be_taken),
		TEST(who_is_apart_signals_nobody_outside),
		TEST(a_call_off_the_lists_ends_the_process_or_is_refused),
		TEST(no_page_becomes_code),
		TEST(threads_start_where_they_may),
	};

	/* valgrind makes system calls of its own in our name. */
	if (preloaded != NULL && strstr(preloaded, "vgpreload") != NULL) {
		puts("1..0 # SKIP under valgrind");
		return 0;
	}
	return cmocka_run_group_tests(tests, before_all, after_all);
}
