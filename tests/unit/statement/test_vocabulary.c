/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"
#include "vocabulary.h"

static void every_word_leads_back_to_its_number(void **state)
{
	static const uint32_t known[] = {4, 8, 2, 4, 2, 3, 6, 4, 2, 2, 2, 2};
	uint32_t back = 0;

	(void)state;
	for (unsigned v = 0; v <= VOCABULARY_VERDICT; v++) {
		uint32_t count = 0;
		for (uint32_t value = 0; value < 300; value++) {
			const struct text word = vocabulary_word((enum vocabulary)v, value);
			assert_int_equal(word.len != 0, vocabulary_knows((enum vocabulary)v, value));
			if (word.len == 0)
				continue;
			count++;
			assert_ok(vocabulary_value((enum vocabulary)v, word, &back));
			assert_int_equal(back, value);
		}
		assert_int_equal(count, known[v]);
	}
	assert_fails(ST_INVALID, vocabulary_value(VOCABULARY_PROFILE, TEXT("Auditor"), &back));
	assert_fails(ST_INVALID, vocabulary_value(VOCABULARY_PROFILE, TEXT("audito"), &back));
	assert_fails(ST_INVALID, vocabulary_value(VOCABULARY_PROFILE, TEXT(""), &back));
}

static void rights_are_listed_in_the_order_of_their_bits(void **state)
{
	uint32_t back = 0;

	(void)state;
	for (uint32_t rights = 0; rights <= RIGHTS_ALL; rights++) {
		AUTO(buffer) list = {.max = 100};
		assert_ok(vocabulary_put_rights(&list, rights));
		assert_ok(vocabulary_to_rights(text_from(buffer_bytes(&list)), &back));
		assert_int_equal(back, rights);
	}
	AUTO(buffer) all = {.max = 100};
	assert_ok(vocabulary_put_rights(&all, RIGHTS_ALL));
	assert_true(bytes_equal(buffer_bytes(&all),
				BYTES_LITERAL("identity,read,write,share,export,sign,delete,break-glass")));
	assert_ok(vocabulary_to_rights(TEXT("write,read"), &back));
	assert_int_equal(back, RIGHT_READ | RIGHT_WRITE);
}

static void refuses_lists_of_rights_that_are_not_exact(void **state)
{
	static const char *const bad[] = {",",         "read,", ",read", "read,,write", "read, write",
					  "read,read", "READ",  "all",   "read\n"};
	uint32_t out = 77;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_fails(ST_INVALID, vocabulary_to_rights(text_of(bad[i]), &out));
	assert_int_equal(out, 77);
}

static void a_list_that_does_not_fit_leaves_the_buffer_as_it_was(void **state)
{
	AUTO(buffer) small = {.max = 10};

	(void)state;
	assert_fails(ST_TOO_BIG, vocabulary_put_rights(&small, RIGHTS_ALL));
	assert_int_equal(small.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_word_leads_back_to_its_number),
		TEST(rights_are_listed_in_the_order_of_their_bits),
		TEST(refuses_lists_of_rights_that_are_not_exact),
		TEST(a_list_that_does_not_fit_leaves_the_buffer_as_it_was),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
