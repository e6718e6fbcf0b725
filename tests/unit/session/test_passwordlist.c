/* SPDX-License-Identifier: Apache-2.0 */
/* The site's list of passwords that nobody may take: exact, in place, plain or hashed (PROMISES#S4). */
#include "testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "passwordlist.h"
#include "passwordrule.h"
#include "secret.h"

static char path[] = "/tmp/tacenda-list-XXXXXX";

static struct passwordlist list_of(const char *lines, enum status_code code)
{
	struct passwordlist list = {0};

	(void)snprintf(path, sizeof path, "/tmp/tacenda-list-XXXXXX");
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, lines, strlen(lines)), strlen(lines));
	assert_int_equal(close(fd), 0);
	assert_int_equal(passwordlist_open(path, &list).code, code);
	assert_int_equal(unlink(path), 0);
	return list;
}

static bool has(const struct passwordlist *list, const char *password)
{
	return passwordlist_has(list, text_of(password));
}

static void plain_lines_are_found_exactly(void **state)
{
	static const char *const ends[] = {"\n", "", "\r\n"};

	(void)state;
	for (size_t i = 0; i < COUNT(ends); i++) {
		char lines[200];
		(void)snprintf(lines, sizeof lines, "alpha-1!%sbeta 2%sgamma%s", i == 2 ? "\r\n" : "\n",
			       i == 2 ? "\r\n" : "\n", ends[i]);
		AUTO(passwordlist) list = list_of(lines, ST_OK);
		assert_true(has(&list, "alpha-1!") && has(&list, "beta 2") && has(&list, "gamma"));
		assert_false(has(&list, "alpha-1") || has(&list, "alpha-1!!") || has(&list, "gamm") ||
			     has(&list, "Gamma") || has(&list, "") || has(&list, "zzz") || has(&list, "0"));
	}
}

static void a_file_that_is_written_over_has_nothing_any_more(void **state)
{
	static const char line[] = "a-long-line-that-fills-pages-of-a-list-one-by-one-0123456789\n";
	struct passwordlist list = {0};

	(void)state;
	(void)snprintf(path, sizeof path, "/tmp/tacenda-list-XXXXXX");
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(write(fd, line, sizeof line - 1), sizeof line - 1);
	assert_ok(passwordlist_open(path, &list));
	assert_true(passwordlist_has(&list, (struct text){line, sizeof line - 2}));
	/* Cut while it is mapped: reading on would be SIGBUS. */
	assert_int_equal(ftruncate(fd, 10), 0);
	assert_false(passwordlist_has(&list, (struct text){line, sizeof line - 2}));
	assert_int_equal(close(fd), 0);
	assert_int_equal(unlink(path), 0);
	passwordlist_clear(&list);
}

static void hashed_lines_are_found_with_and_without_a_count(void **state)
{
	/* SHA-1 of "password", "123456" and "hello", as breach collections are ordered. */
	static const char lines[] = "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:9545824\n"
				    "7C4A8D09CA3762AF61E59520943DC26494F8941B:37359195\n"
				    "AAF4C61DDCC5E8A2DABEDE0F3B482CD9AEA9434D:1\n";
	static const char lower[] =
		"5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8\naaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d\n";

	(void)state;
	AUTO(passwordlist) list = list_of(lines, ST_OK), plain = list_of(lower, ST_OK);
	assert_true(has(&list, "password") && has(&list, "123456") && has(&list, "hello"));
	assert_false(has(&list, "Password") || has(&list, "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8") ||
		     has(&list, ""));
	assert_true(has(&plain, "password") && has(&plain, "hello"));
	assert_false(has(&plain, "123456"));
}

static void every_line_of_a_long_list_is_found(void **state)
{
	static char lines[40000 * 12];
	size_t len = 0;

	(void)state;
	for (unsigned i = 0; i < 40000; i++)
		len += (size_t)snprintf(lines + len, sizeof lines - len, "word%06u\n", i * 2);
	AUTO(passwordlist) list = list_of(lines, ST_OK);
	for (unsigned i = 0; i < 80000; i++) {
		char word[16];
		(void)snprintf(word, sizeof word, "word%06u", i);
		assert_int_equal(has(&list, word), i % 2 == 0);
	}
}

static void a_list_out_of_order_is_refused(void **state)
{
	struct passwordlist list = {0};

	(void)state;
	list = list_of("beta\nalpha\n", ST_INVALID);
	assert_null(list.at);
	list = list_of("7C4A8D09CA3762AF61E59520943DC26494F8941B:1\n5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:1\n",
		       ST_INVALID);
	assert_null(list.at);
	assert_fails(ST_NOT_FOUND, passwordlist_open("/tmp/tacenda-no-such-list", &list));
}

static void an_empty_one_has_nothing(void **state)
{
	(void)state;
	AUTO(passwordlist) list = list_of("", ST_OK);
	assert_false(has(&list, "") || has(&list, "password"));
	assert_false(passwordlist_has(NULL, TEXT("password")));
}

static void the_rule_asks_it(void **state)
{
	(void)state;
	AUTO(passwordlist) list = list_of("Correct-horse-9!\n", ST_OK);
	const struct passwordrule_about about = {.login = TEXT("anna"), .list = &list};
	const struct passwordrule *rule = &passwordrules[PASSWORDRULE_COMPOSITION];
	assert_fails(ST_INVALID, passwordrule_check(rule, TEXT("Correct-horse-9!"), &about));
	assert_fails(ST_INVALID,
		     passwordrule_again(&passwordrules[PASSWORDRULE_COMPOSITION], TEXT("Correct-horse-9!"), &about));
	assert_ok(passwordrule_check(rule, TEXT("Correct-horse-8!"), &about));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(plain_lines_are_found_exactly),
		TEST(a_file_that_is_written_over_has_nothing_any_more),
		TEST(hashed_lines_are_found_with_and_without_a_count),
		TEST(every_line_of_a_long_list_is_found),
		TEST(a_list_out_of_order_is_refused),
		TEST(an_empty_one_has_nothing),
		TEST(the_rule_asks_it),
	};

	return ok(secret_setup()) ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
