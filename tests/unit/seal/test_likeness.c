/* SPDX-License-Identifier: Apache-2.0 */
/* PROMISES#K7: what the server is told does not open the security file. */
#include "testing.h"

#include <string.h>

#include "likeness.h"
#include "limits.h"
#include "text.h"

static bool near(const char *a, const char *b)
{
	const struct bytes one = text_bytes(text_of(a)), other = text_bytes(text_of(b));
	const bool said = likeness_near(one, other);

	assert_int_equal(likeness_near(other, one), said);
	return said;
}

static void what_holds_the_other_is_near(void **state)
{
	(void)state;
	assert_true(near("Correct-horse-9!", "Correct-horse-9!"));
	assert_true(near("Correct-horse-9!", "correct-HORSE-9!"));
	assert_true(near("Correct-horse-9!", "my correct-horse-9! of today"));
	assert_true(near("abc", "abc"));
	assert_false(near("abc", "abcdefgh"));
}

static void so_is_what_two_changes_make_of_it(void **state)
{
	(void)state;
	assert_true(near("Correct-horse-9!", "Correct-horse-10!"));
	assert_true(near("Correct-horse-9!", "Correct_horse_9!"));
	assert_true(near("Correct-horse-9!", "Corect-hose-9!"));
	assert_true(near("Correct-horse-9!", "xCorrect-house-9!"));
	assert_false(near("Correct-horse-9!", "Corect_hose-9!"));
	assert_false(near("Correct-horse-9!", "Purple-giraffe-8#"));
	assert_false(near("aaaaaaaa", "aaaabbbb"));
}

static void the_longest_are_compared_too(void **state)
{
	(void)state;
	static uint8_t one[LIMIT_PASSPHRASE + 8], other[LIMIT_PASSPHRASE + 8];

	memset(one, 'a', sizeof one);
	memset(other, 'b', sizeof other);
	assert_false(likeness_near(bytes_of(one, LIMIT_PASSPHRASE), bytes_of(other, LIMIT_PASSPHRASE)));
	assert_false(likeness_near(BYTES_OF(one), BYTES_OF(other)));
	memset(other, 'a', sizeof other);
	other[7] = 'b';
	assert_true(likeness_near(bytes_of(one, LIMIT_PASSPHRASE), bytes_of(other, LIMIT_PASSPHRASE)));
	assert_true(likeness_near(bytes_of(one, LIMIT_PASSPHRASE - 1), bytes_of(other, LIMIT_PASSPHRASE)));
	assert_true(likeness_near(bytes_of(NULL, 0), bytes_of(NULL, 0)));
	assert_false(likeness_near(bytes_of(NULL, 0), bytes_of(one, 8)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_holds_the_other_is_near),
		TEST(so_is_what_two_changes_make_of_it),
		TEST(the_longest_are_compared_too),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
