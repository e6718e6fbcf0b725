/* SPDX-License-Identifier: Apache-2.0 */
/* Each test enters the sandbox of tacenda-keyd in a child and tries one thing there. */
#include "testing.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "faults.h"
#include "sandbox.h"
#include "scene.h"

/* What a child reports when nothing stopped it. */
#define DONE     0
#define REFUSED  1 /* EACCES or EPERM */
#define OTHER    2
#define NO_ENTRY 3
#define NOBODY   65534

static struct folder keys, holder;

static int before_all(void **state)
{
	(void)state;
	folder_make(&keys);
	folder_make(&holder);
	return 0;
}

static int after_all(void **state)
{
	(void)state;
	folder_remove(&keys);
	folder_remove(&holder);
	return 0;
}

static unsigned landlock;

static void enter(bool sweeps)
{
	struct sandbox s = {.count = 2, .lists = sweeps};

	s.folders[0] = (struct sandbox_folder){keys.fd, SANDBOX_KEEP};
	s.folders[1] = (struct sandbox_folder){holder.fd, sweeps ? SANDBOX_SWEEP : SANDBOX_ADD};
	if (!ok(sandbox_enter(&s, &landlock)))
		_exit(NO_ENTRY);
}

static int outcome(bool good)
{
	if (good)
		return DONE;
	return errno == EACCES || errno == EPERM ? REFUSED : OTHER;
}

/* The exit code of a child that did ${act} inside, or minus the signal that ended it. */
static int inside(int (*act)(void), bool sweeps)
{
	int status;

	(void)fflush(NULL);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		enter(sweeps);
		_exit(act());
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

/* What it is for. */

static int keeps_keys(void)
{
	static const char name[] = "made-inside";

	if (!ok(os_save(&os_real, keys.fd, name, BYTES_LITERAL("bytes"))))
		return OTHER;
	int nights;
	if (!ok(os_open_dir(&os_real, keys.fd, "folder", true, &nights)))
		return OTHER;
	if (!ok(os_save(&os_real, nights, name, BYTES_LITERAL("bytes"))) || !ok(os_remove(&os_real, nights, name)))
		return OTHER;
	return ok(os_remove(&os_real, keys.fd, name)) ? DONE : OTHER;
}

static int works_as_keyd(void)
{
	struct keeper k;
	uint8_t values[32];

	/* Made and opened, a key, a signature, a certificate, a night: no call is missing from the list. */
	if (!ok(scene_create(&os_real, &keys, &k)) || !ok(scene_make(&k, 0, 1, values)))
		return OTHER;
	k.holders = (struct holders){.os = &os_real, .count = 1, .list = {{.dir = holder.fd}}};
	const struct tlsidentity_place place = keeper_tls_place(&k);
	const struct keywire_proof present = scene_proof(), words = scene_passphrase("four random words here");
	AUTO(buffer) note = {.max = KEYWIRE_NOTE_MAX};
	const struct tree_head head = {.size = 1};
	if (!ok(tlsidentity_renew(&place, &k.tls, SCENE_NOW)) || !ok(scene_rewrap(&k)) ||
	    !ok(signer_sign(&k.signer, &head, NULL, 0, &note)) || !ok(keeper_add_slot(&k, &present, &words)))
		return OTHER;
	keeper_seal(&k);
	if (!ok(keeper_unseal(&k, &words)) || holder_acknowledged(&k.holders) != 1)
		return OTHER;
	keeper_seal(&k);
	return DONE;
}

/* The generators of OpenSSL seed themselves anew after a while. */
static int reseeds(void)
{
	EVP_RAND_CTX *const generators[] = {RAND_get0_primary(NULL), RAND_get0_public(NULL), RAND_get0_private(NULL)};

	for (size_t i = 0; i < COUNT(generators); i++)
		if (generators[i] == NULL || EVP_RAND_reseed(generators[i], 1, NULL, 0, NULL, 0) != 1)
			return OTHER;
	return DONE;
}

static int adds_to_a_holder(void)
{
	struct nightfile n = {.number = 1, .bytes = {1}};

	return ok(holder_add(&os_real, holder.fd, &n)) ? DONE : OTHER;
}

static int sweeps_a_holder(void)
{
	struct holder_swept swept;

	return ok(holder_sweep(&os_real, holder.fd, UINT64_MAX, &swept)) ? DONE : OTHER;
}

static void does_its_work(void **state)
{
	(void)state;
	assert_int_equal(inside(keeps_keys, false), DONE);
	assert_int_equal(inside(works_as_keyd, false), DONE);
	assert_int_equal(inside(reseeds, false), DONE);
	assert_int_equal(inside(adds_to_a_holder, false), DONE);
	assert_int_equal(inside(sweeps_a_holder, true), DONE);
}

/* Files. */

static int reads_outside(void)
{
	return outcome(open("/etc/passwd", O_RDONLY | O_CLOEXEC) >= 0);
}
static int reads_itself(void)
{
	return outcome(open("/proc/self/mem", O_RDONLY | O_CLOEXEC) >= 0);
}
static int writes_outside(void)
{
	return outcome(open("/dev/shm/keyd-was-here", O_WRONLY | O_CREAT | O_CLOEXEC, 0600) >= 0);
}
static int climbs_out(void)
{
	return outcome(openat(keys.fd, "../", O_RDONLY | O_DIRECTORY | O_CLOEXEC) >= 0);
}
static int removes_a_held_night(void)
{
	return outcome(unlinkat(holder.fd, "00000001.night", 0) == 0);
}
static int renames_a_held_night(void)
{
	return outcome(os_real.rename(holder.fd, "00000001.night", "x") == 0);
}
static int empties_a_held_night(void)
{
	int fd = openat(holder.fd, "00000001.night", O_WRONLY | O_TRUNC | O_CLOEXEC);

	return outcome(fd >= 0);
}
static int links_into_the_store(void)
{
	return outcome(linkat(holder.fd, "00000001.night", keys.fd, "x", 0) == 0);
}
static int sweep_makes_a_file(void)
{
	return outcome(openat(holder.fd, "new", O_WRONLY | O_CREAT | O_CLOEXEC, 0600) >= 0);
}

static void reaches_no_other_file(void **state)
{
	(void)state;
	if (access("/dev/shm", W_OK) != 0)
		skip();
	assert_int_equal(inside(adds_to_a_holder, false), DONE);
	assert_int_equal(inside(reads_outside, false), REFUSED);
	assert_int_equal(inside(reads_itself, false), REFUSED);
	assert_int_equal(inside(writes_outside, false), REFUSED);
	assert_int_equal(inside(climbs_out, false), REFUSED);
}

static void a_holder_can_be_added_to_and_nothing_else(void **state)
{
	(void)state;
	assert_int_equal(inside(adds_to_a_holder, false), DONE);
	assert_int_equal(inside(removes_a_held_night, false), REFUSED);
	assert_int_equal(inside(renames_a_held_night, false), REFUSED);
	/* Truncation is told apart from writing since version 3 of Landlock. */
	int emptied = inside(empties_a_held_night, false);
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, 1);
	assert_int_equal(emptied, version >= 3 ? REFUSED : DONE);
	assert_int_equal(inside(sweep_makes_a_file, true), REFUSED);
	assert_int_equal(inside(links_into_the_store, false), -SIGSYS);
}

/* System calls that are not on the list end the process. */

static int opens_a_socket(void)
{
	return outcome(socket(AF_INET, SOCK_STREAM, 0) >= 0);
}
static int opens_a_local_socket(void)
{
	return outcome(socket(AF_UNIX, SOCK_STREAM, 0) >= 0);
}
static int connects(void)
{
	return outcome(connect(0, NULL, 0) == 0);
}
static int receives_a_descriptor(void)
{
	struct msghdr m = {0};

	return outcome(recvmsg(0, &m, 0) >= 0);
}
static int forks(void)
{
	return outcome(fork() >= 0);
}
static int executes(void)
{
	char *const none[] = {NULL};

	return outcome(execve("/bin/true", none, none) == 0);
}
static int traces(void)
{
	return outcome(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) == 0);
}
static int reads_another_process(void)
{
	char byte;
	struct iovec here = {&byte, 1}, there = {&byte, 1};

	return outcome(process_vm_readv(1, &here, 1, &there, 1, 0) >= 0);
}
static int kills(void)
{
	return outcome(kill(1, 0) == 0);
}
static int maps_code(void)
{
	return outcome(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
}
static int makes_code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return outcome(mprotect(page, 4096, PROT_READ | PROT_WRITE | PROT_EXEC) == 0);
}
static int becomes_dumpable(void)
{
	return outcome(syscall(SYS_prctl, 4, 1, 0, 0, 0) == 0);
}
static int mounts(void)
{
	return outcome(syscall(SYS_mount, "x", "/mnt", "tmpfs", 0, NULL) == 0);
}
static int changes_time_of_arrival(void)
{
	return outcome(utimensat(holder.fd, "00000001.night", NULL, 0) == 0);
}
static int lists(void)
{
	char entries[512];

	return outcome(syscall(SYS_getdents64, keys.fd, entries, sizeof entries) >= 0);
}

static void any_other_system_call_ends_it(void **state)
{
	static int (*const acts[])(void) = {
		opens_a_socket, opens_a_local_socket,
		connects,       receives_a_descriptor,
		forks,          executes,
		traces,         reads_another_process,
		kills,          maps_code,
		makes_code,     becomes_dumpable,
		mounts,         changes_time_of_arrival,
		lists,
	};

	(void)state;
	for (size_t i = 0; i < COUNT(acts); i++) {
		int got = inside(acts[i], false);

		if (got != -SIGSYS)
			fail_msg("act %zu: %d", i, got);
	}
}

/* Seen from outside. */

/* A child that sits in the sandbox (or, to show that the test can fail, outside
 * it) as an ordinary user until its pipe closes. */
static pid_t sitting(bool boxed, int *release)
{
	int ready[2], end[2];
	char byte;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	assert_int_equal(pipe2(end, O_CLOEXEC), 0);
	(void)fflush(NULL);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		(void)close(end[1]);
		if (getuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
			_exit(OTHER);
		/* Changing the user made it undumpable; an ordinary service begins dumpable. */
		(void)syscall(SYS_prctl, 4, 1, 0, 0, 0);
		if (boxed)
			enter(false);
		(void)!write(ready[1], "r", 1);
		(void)!read(end[0], &byte, 1);
		_exit(DONE);
	}
	(void)close(ready[1]);
	(void)close(end[0]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	(void)close(ready[0]);
	*release = end[1];
	return child;
}

static int spied_pid;

static int spy_memory(void)
{
	char path[64];

	(void)snprintf(path, sizeof path, "/proc/%d/mem", spied_pid);
	return outcome(open(path, O_RDONLY | O_CLOEXEC) >= 0);
}
static int spy_trace(void)
{
	if (ptrace(PTRACE_ATTACH, spied_pid, NULL, NULL) != 0)
		return outcome(false);
	(void)waitpid(spied_pid, NULL, 0);
	(void)ptrace(PTRACE_DETACH, spied_pid, NULL, NULL);
	return DONE;
}
static int spy_vm(void)
{
	char byte;
	struct iovec here = {&byte, 1}, there = {&spied_pid, 1};

	return outcome(process_vm_readv(spied_pid, &here, 1, &there, 1, 0) >= 0);
}

/* The same ordinary user, another process. */
static int as_user(int (*act)(void))
{
	int status;

	(void)fflush(NULL);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		if (getuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
			_exit(OTHER);
		_exit(act());
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* PROMISES#S1: keys in memory are for nobody else's eyes. */
static void its_own_user_cannot_look_into_it(void **state)
{
	int release;

	(void)state;
	/* Where the system lets nobody trace anything, only half of this can be shown. */
	spied_pid = sitting(false, &release);
	print_message("# without a sandbox: mem %d, ptrace %d, vm %d\n", as_user(spy_memory), as_user(spy_trace),
		      as_user(spy_vm));
	(void)close(release);
	(void)waitpid(spied_pid, NULL, 0);
	spied_pid = sitting(true, &release);
	assert_int_equal(as_user(spy_memory), REFUSED);
	assert_int_equal(as_user(spy_trace), REFUSED);
	assert_int_equal(as_user(spy_vm), REFUSED);
	(void)close(release);
	(void)waitpid(spied_pid, NULL, 0);
}

static void says_line(pid_t pid, const char *line)
{
	char path[64], text[4096];

	(void)snprintf(path, sizeof path, "/proc/%d/status", pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	ssize_t len = read(fd, text, sizeof text - 1);
	(void)close(fd);
	assert_true(len > 0);
	text[len] = '\0';
	if (strstr(text, line) == NULL)
		fail_msg("no \"%s\" in %s", line, text);
}

static void the_kernel_says_so_too(void **state)
{
	int release;

	(void)state;
	pid_t child = sitting(true, &release);
	says_line(child, "NoNewPrivs:\t1");
	says_line(child, "Seccomp:\t2");
	says_line(child, "CapEff:\t0000000000000000");
	says_line(child, "CapPrm:\t0000000000000000");
	says_line(child, "CapInh:\t0000000000000000");
	(void)close(release);
	(void)waitpid(child, NULL, 0);
}

static int crashes(void)
{
	*(volatile int *)NULL = 1;
	return OTHER;
}

static void leaves_no_core(void **state)
{
	struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
	int status;

	(void)state;
	(void)setrlimit(RLIMIT_CORE, &unlimited);
	(void)fflush(NULL);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		(void)sigaction(SIGSEGV, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
		enter(false);
		_exit(crashes());
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_false(WCOREDUMP(status));
}

int main(void)
{
	const char *preloaded = getenv("LD_PRELOAD");
	const struct CMUnitTest tests[] = {
		TEST(does_its_work),
		TEST(reaches_no_other_file),
		TEST(a_holder_can_be_added_to_and_nothing_else),
		TEST(any_other_system_call_ends_it),
		TEST(its_own_user_cannot_look_into_it),
		TEST(the_kernel_says_so_too),
		TEST(leaves_no_core),
	};

	/* valgrind makes system calls of its own in our name. */
	if (preloaded != NULL && strstr(preloaded, "vgpreload") != NULL) {
		puts("1..0 # SKIP under valgrind");
		return 0;
	}
	return scene_setup() ? cmocka_run_group_tests(tests, before_all, after_all) : 1;
}
