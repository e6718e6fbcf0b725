/* SPDX-License-Identifier: Apache-2.0 */
/* One password, whatever keyboard wrote it (PROMISES#K4): Unicode Annex 15, form KC. */
#include "testing.h"

#include <string.h>

#include "limits.h"
#include "passwordtext.h"

static void what_looks_the_same_is_the_same(void **state)
{
	static const struct {
		const char *typed, *normal, *why;
	} rows[] = {
		{"Correct-horse-9!", "Correct-horse-9!", "ASCII"},
		{"caf\xc3\xa9", "caf\xc3\xa9", "composed"},
		{"cafe\xcc\x81", "caf\xc3\xa9", "decomposed: e, then its accent"},
		{"\xe2\x84\xab", "\xc3\x85", "the sign of the unit Angstrom is the letter"},
		{"\xef\xac\x81n", "fin", "a ligature is its letters"},
		{"\xef\xbc\xa1\xef\xbc\x91", "A1", "full width"},
		{"\xe2\x91\xa0", "1", "a figure in a circle"},
		{"a\xcc\xa3\xcc\x87", "\xe1\xba\xa1\xcc\x87", "marks in their order"},
		{"a\xcc\x87\xcc\xa3", "\xe1\xba\xa1\xcc\x87", "marks in another order"},
		{"\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", "\xed\x95\x9c", "Hangul from its parts"},
		{"\xc2\xa0", " ", "a space that does not break"},
		{"\xf0\x9f\x90\x8e", "\xf0\x9f\x90\x8e", "beyond 16 bits"},
		{"", "", "nothing"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(arena) arena = {.max = 65536};
		struct text normal, again;
		assert_ok(passwordtext_normal(&arena, text_of(rows[i].typed), &normal));
		if (!text_equal(normal, text_of(rows[i].normal)))
			fail_msg("%s: %.*s", rows[i].why, TEXT_ARG(normal));
		assert_ok(passwordtext_normal(&arena, normal, &again));
		assert_true(text_equal(normal, again));
	}
}

static void what_grows_past_the_limit_is_refused(void **state)
{
	AUTO(arena) arena = {.max = 65536};
	char many[LIMIT_PASSWORD];
	struct text normal;

	(void)state;
	/* U+FDFA becomes eighteen characters. */
	for (size_t i = 0; i + 3 <= sizeof many; i += 3)
		memcpy(many + i, "\xef\xb7\xba", 3);
	assert_fails(ST_INVALID, passwordtext_normal(&arena, (struct text){many, 1023}, &normal));
	assert_fails(ST_INVALID, passwordtext_normal(&arena, (struct text){many, 300}, &normal));
	assert_ok(passwordtext_normal(&arena, (struct text){many, 30}, &normal));
	/* As many characters as it may have, four bytes each. */
	for (size_t i = 0; i + 4 <= sizeof many; i += 4)
		memcpy(many + i, "\xf0\x9f\x90\x8e", 4);
	assert_ok(passwordtext_normal(&arena, (struct text){many, sizeof many}, &normal));
	assert_int_equal(normal.len, LIMIT_PASSWORD);
	/* Each is one code point of two bytes that two of two bytes replace: more bytes than the limit. */
	for (size_t i = 0; i + 2 <= sizeof many; i += 2)
		memcpy(many + i, "\xcd\x84", 2);
	assert_fails(ST_INVALID, passwordtext_normal(&arena, (struct text){many, sizeof many}, &normal));
}

static void what_is_no_text_is_refused(void **state)
{
	static const char *const bad[] = {"\xff", "\xc3", "\xed\xa0\x80", "\xc0\xaf", "ok\xf8"};
	AUTO(arena) arena = {.max = 65536};
	struct text normal;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_fails(ST_INVALID, passwordtext_normal(&arena, text_of(bad[i]), &normal));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_looks_the_same_is_the_same),
		cmocka_unit_test(what_grows_past_the_limit_is_refused),
		cmocka_unit_test(what_is_no_text_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
