/* SPDX-License-Identifier: Apache-2.0 */
/* What an answer showed, said in the leaf of that answer (PROMISES#B2). */
#include "testing.h"

#include <string.h>

#include "hash.h"
#include "shown.h"

static const struct hash first = {{1}}, second = {{2}};

static int setup(void **state)
{
	(void)state;
	assert_ok(crypto_setup());
	return 0;
}

static void order_and_number_make_another_hash(void **state)
{
	struct shown a = {0}, b = {0};

	(void)state;
	assert_true(shown_equal(&a, &b));
	assert_ok(shown_add(&a, &first));
	assert_false(shown_equal(&a, &b));
	assert_ok(shown_add(&b, &first));
	assert_true(shown_equal(&a, &b));
	assert_ok(shown_add(&a, &second));
	assert_ok(shown_add(&b, &first));
	assert_int_equal(a.count, b.count);
	assert_false(shown_equal(&a, &b));
	a = b = (struct shown){0};
	assert_ok(shown_add(&a, &first));
	assert_ok(shown_add(&a, &second));
	assert_ok(shown_add(&b, &second));
	assert_ok(shown_add(&b, &first));
	assert_false(shown_equal(&a, &b));
}

/* docs/FORMATS.md section 3: computed once with other tools. */
static void is_the_hash_of_the_format(void **state)
{
	AUTO(buffer) text = {.max = SHOWN_DETAIL_MAX};
	struct shown s = {.size = 7};

	(void)state;
	assert_ok(shown_add(&s, &first));
	assert_ok(shown_put(&s, TEXT("patient file"), &text));
	const struct text wanted = TEXT("patient file, 1 statements "
					"5cf8407e43bdc4fdf92909ef30f29a0811f035c31ca08f9f8112ab5edeaeba40"
					", log of 7");
	assert_true(text_equal(text_from(buffer_bytes(&text)), wanted));
}

static void a_detail_is_read_back(void **state)
{
	AUTO(buffer) text = {.max = SHOWN_DETAIL_MAX};
	struct shown s = {.count = 12345, .size = 7}, read;

	(void)state;
	memset(s.hash.bytes, 0xa5, sizeof s.hash.bytes);
	assert_ok(shown_put(&s, TEXT("history"), &text));
	assert_ok(shown_parse(text_from(buffer_bytes(&text)), &read));
	assert_true(shown_equal(&s, &read));
	assert_int_equal(read.size, 7);
	for (size_t len = 0; len < text.len; len++)
		assert_fails(ST_INVALID, shown_parse((struct text){(const char *)text.bytes, len}, &read));
	text.bytes[3] = '\0';
	assert_fails(ST_INVALID, shown_parse(text_from(buffer_bytes(&text)), &read));
}

static void other_details_are_none(void **state)
{
	static const char *const others[] = {"",
					     "records",
					     "patient file, ",
					     "patient file, 1 statement 00",
					     ", 1 statements 00",
					     "patient file, -1 statements 00",
					     "patient file,1 statements 00"};
	struct shown read;

	(void)state;
	for (size_t i = 0; i < COUNT(others); i++)
		assert_fails(ST_INVALID, shown_parse(text_of(others[i]), &read));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_and_number_make_another_hash),
		cmocka_unit_test(is_the_hash_of_the_format),
		cmocka_unit_test(a_detail_is_read_back),
		cmocka_unit_test(other_details_are_none),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
