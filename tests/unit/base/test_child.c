/* SPDX-License-Identifier: Apache-2.0 */
/* What a program that we start inherits: its ends of the pairs, and nothing else. */
#include "testing.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "child.h"
#include "text.h"

/** What the shell's ${command} says to its first end, all of it; two ends are handed over. */
static struct text said(const char *command, char out[512])
{
	const char *const arguments[] = {"sh", "-c", command, NULL};
	size_t len = 0;
	int ours[2], theirs[2];
	pid_t pid;

	for (size_t i = 0; i < COUNT(ours); i++)
		assert_ok(child_pair(&ours[i], &theirs[i]));
	assert_ok(child_start(&(struct child_start){"/bin/sh", arguments, theirs, COUNT(theirs)}, &pid));
	for (size_t i = 0; i < COUNT(theirs); i++)
		close(theirs[i]);
	for (ssize_t n = 1; n > 0; len += (size_t)n) {
		n = recv(ours[0], out + len, 512 - len, 0);
		assert_true(n >= 0);
	}
	child_await(pid);
	for (size_t i = 0; i < COUNT(ours); i++)
		close(ours[i]);
	return (struct text){out, len};
}

static void it_finds_its_ends_and_no_other_descriptor(void **state)
{
	char out[512];
	int other = open("/dev/null", O_RDONLY); /* not close-on-exec */

	(void)state;
	assert_true(other >= 0);
	/* 5 is the folder that is being listed. */
	assert_true(text_equal(said("exec /bin/ls /proc/self/fd >&3", out), TEXT("0\n1\n2\n3\n4\n5\n")));
	close(other);
}

static void it_reads_nothing_and_prints_nowhere(void **state)
{
	char out[512];

	(void)state;
	assert_true(text_equal(said("exec 9>&1 >&3; exec /bin/readlink /proc/self/fd/0 /proc/self/fd/9", out),
			       TEXT("/dev/null\n/dev/null\n")));
}

static void it_has_no_environment(void **state)
{
	char out[512];

	(void)state;
	assert_int_equal(setenv("TACENDA_TEST", "secret", 1), 0);
	assert_true(text_equal(said("/bin/cat /proc/$$/environ >&3; echo end >&3", out), TEXT("end\n")));
	assert_int_equal(unsetenv("TACENDA_TEST"), 0);
}

static void no_signal_that_we_block_or_ignore_is_lost_on_it(void **state)
{
	char out[512];
	sigset_t set, before;

	(void)state;
	assert_int_equal(sigemptyset(&set), 0);
	assert_int_equal(sigaddset(&set, SIGTERM), 0);
	assert_int_equal(sigprocmask(SIG_BLOCK, &set, &before), 0);
	struct sigaction ignore = {.sa_handler = SIG_IGN}, handled;
	assert_int_equal(sigaction(SIGHUP, &ignore, &handled), 0);
	/* None of either, but for 32 and 33, which the C library keeps for itself. */
	const struct text got =
		said("exec /bin/grep -Ec '^Sig(Blk|Ign):.0000000[01][08]0000000$' /proc/self/status >&3", out);
	assert_int_equal(sigaction(SIGHUP, &handled, NULL), 0);
	assert_int_equal(sigprocmask(SIG_SETMASK, &before, NULL), 0);
	assert_true(text_equal(got, TEXT("2\n")));
}

static void a_program_that_is_not_there_is_not_found(void **state)
{
	static const char *const programs[] = {"/nonexistent/program", "no-such-program-beside-us"};
	int ours, theirs;
	pid_t pid = 0;

	(void)state;
	assert_ok(child_pair(&ours, &theirs));
	for (size_t i = 0; i < COUNT(programs); i++) {
		const char *const arguments[] = {programs[i], NULL};
		assert_fails(ST_NOT_FOUND,
			     child_start(&(struct child_start){programs[i], arguments, &theirs, 1}, &pid));
	}
	assert_int_equal(pid, 0);
	close(ours);
	close(theirs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_finds_its_ends_and_no_other_descriptor),
		TEST(it_reads_nothing_and_prints_nowhere),
		TEST(it_has_no_environment),
		TEST(no_signal_that_we_block_or_ignore_is_lost_on_it),
		TEST(a_program_that_is_not_there_is_not_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
