/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "secret.h"

static void an_early_return_still_wipes(void **state)
{
	(void)state;
	AUTO(secret) key = {0};

	assert_ok(secret_new(32, &key));
	assert_int_equal(key.len, 32);
}

static void clearing_twice_is_fine(void **state)
{
	(void)state;
	struct secret s = {0};

	secret_clear(&s);
	assert_ok(secret_new(32, &s));
	secret_clear(&s);
	assert_null(s.bytes);
	assert_int_equal(s.len, 0);
	secret_clear(&s);
}

static void new_ones_differ_and_empty_ones_are_zero(void **state)
{
	(void)state;
	AUTO(secret) a = {0};
	AUTO(secret) b = {0};
	AUTO(secret) zero = {0};
	static const uint8_t zeros[32];

	assert_ok(secret_new(32, &a));
	assert_ok(secret_new(32, &b));
	assert_ok(secret_empty(32, &zero));
	assert_false(secret_equal(secret_bytes(&a), secret_bytes(&b)));
	assert_true(secret_equal(secret_bytes(&zero), BYTES_OF(zeros)));
	assert_ptr_equal(secret_key(&a), a.bytes);
}

static void equality_looks_at_length_and_every_byte(void **state)
{
	(void)state;
	AUTO(secret) a = {0};

	assert_ok(secret_from(BYTES_LITERAL("correct horse"), &a));
	assert_true(secret_equal(secret_bytes(&a), BYTES_LITERAL("correct horse")));
	assert_false(secret_equal(secret_bytes(&a), BYTES_LITERAL("correct hors")));
	assert_false(secret_equal(secret_bytes(&a), BYTES_LITERAL("correct horsf")));
	assert_true(secret_equal((struct bytes){0}, (struct bytes){0}));
}

static void wiping_zeroes(void **state)
{
	(void)state;
	char word[] = "word";

	secret_wipe(word, sizeof word);
	for (size_t i = 0; i < sizeof word; i++)
		assert_int_equal(word[i], 0);
	secret_wipe(NULL, 0);
	secret_random(NULL, 0);
}

#define WAS_READ 77

/* A read past the end must end the process, not hand out a neighbour. */
static void pages_beyond_are_guarded(void **state)
{
	(void)state;
	AUTO(secret) s = {0};
	int ended;

	assert_ok(secret_new(32, &s));
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		const struct rlimit no_core = {0};
		const struct sigaction die = {.sa_handler = SIG_DFL};
		volatile uint8_t *past = s.bytes + s.len;

		(void)setrlimit(RLIMIT_CORE, &no_core);
		/* The test library and the sanitizer would both catch it. */
		(void)sigaction(SIGSEGV, &die, NULL);
		(void)*past;
		_exit(WAS_READ);
	}
	assert_int_equal(waitpid(child, &ended, 0), child);
	assert_true(WIFSIGNALED(ended) && WTERMSIG(ended) == SIGSEGV);
}

static void locked_memory_is_raised_to_the_hard_limit(void **state)
{
	(void)state;
	struct rlimit locked;

	assert_int_equal(getrlimit(RLIMIT_MEMLOCK, &locked), 0);
	assert_true(locked.rlim_cur == locked.rlim_max);
}

static int folder_with(const char *content, size_t len)
{
	char path[] = "/tmp/secretXXXXXX";
	char file[64];

	assert_non_null(mkdtemp(path));
	int dir = open(path, O_RDONLY | O_DIRECTORY);
	snprintf(file, sizeof file, "%s/word", path);
	int fd = open(file, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, len), (ssize_t)len);
	close(fd);
	return dir;
}

static void remove_folder(int dir)
{
	char link[64], path[64] = "";

	snprintf(link, sizeof link, "/proc/self/fd/%d", dir);
	assert_true(readlink(link, path, sizeof path - 1) > 0);
	assert_int_equal(unlinkat(dir, "word", 0), 0);
	assert_int_equal(rmdir(path), 0);
	close(dir);
}

static void reads_the_first_line_without_its_end(void **state)
{
	(void)state;
	static const char *const forms[] = {"correct horse", "correct horse\n", "correct horse\r\n",
					    "correct horse\nbattery\n"};

	for (size_t i = 0; i < COUNT(forms); i++) {
		AUTO(secret) s = {0};
		int dir = folder_with(forms[i], strlen(forms[i]));

		assert_ok(secret_read_file(dir, "word", 13, &s));
		assert_true(secret_equal(secret_bytes(&s), BYTES_LITERAL("correct horse")));
		remove_folder(dir);
	}
}

static void refuses_files_that_hold_no_secret(void **state)
{
	(void)state;
	static const struct {
		const char *content;
		enum status_code wanted;
	} rows[] = {
		{"", ST_INVALID},      {"\n", ST_INVALID},      {"\r\n", ST_INVALID},
		{"12345", ST_TOO_BIG}, {"12345\n", ST_TOO_BIG}, {"123456789\n", ST_TOO_BIG},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(secret) s = {0};
		int dir = folder_with(rows[i].content, strlen(rows[i].content));

		assert_fails(rows[i].wanted, secret_read_file(dir, "word", 4, &s));
		assert_null(s.bytes);
		assert_fails(ST_NOT_FOUND, secret_read_file(dir, "nowhere", 4, &s));
		remove_folder(dir);
	}
}

static void standard_input_gives_a_line_at_a_time(void **state)
{
	(void)state;
	AUTO(secret) first = {0};
	AUTO(secret) second = {0};
	int ends[2], before = dup(STDIN_FILENO);

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "one\ntwo\n", 8), 8);
	close(ends[1]);
	assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
	assert_ok(secret_read_file(AT_FDCWD, "-", 100, &first));
	assert_ok(secret_read_file(AT_FDCWD, "-", 100, &second));
	assert_true(secret_equal(secret_bytes(&first), BYTES_LITERAL("one")));
	assert_true(secret_equal(secret_bytes(&second), BYTES_LITERAL("two")));
	dup2(before, STDIN_FILENO);
	close(before);
	close(ends[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_early_return_still_wipes),
		TEST(clearing_twice_is_fine),
		TEST(new_ones_differ_and_empty_ones_are_zero),
		TEST(equality_looks_at_length_and_every_byte),
		TEST(wiping_zeroes),
		TEST(pages_beyond_are_guarded),
		TEST(locked_memory_is_raised_to_the_hard_limit),
		TEST(reads_the_first_line_without_its_end),
		TEST(refuses_files_that_hold_no_secret),
		TEST(standard_input_gives_a_line_at_a_time),
	};
	return ok(secret_setup()) ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
