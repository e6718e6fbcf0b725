/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of a server that is not to be trusted (PROMISES#B2). */
#include "testing.h"

#include <string.h>

#include "patientpage.h"
#include "recordview.h"

static struct status read_page(const char *json)
{
	AUTO(json_document) document = {0};
	AUTO(arena) arena = {.max = 1 << 20};
	struct recordview_page page = {0};

	return placed_read(bytes_of(json, strlen(json)), &recordview_page_table, &arena, &document, &page);
}

static void takes_what_the_interface_says(void **state)
{
	(void)state;
	assert_ok(read_page("{\"items\":[],\"next\":0,\"more\":false}"));
}

static void anything_else_is_a_server_not_to_argue_with(void **state)
{
	static const char *const bad[] = {
		"",
		"null",
		"[]",
		"<html>",
		"{}",
		"{\"items\":{},\"next\":0,\"more\":false}",
		"{\"items\":[],\"next\":-1,\"more\":false}",
		"{\"items\":[],\"next\":1.5,\"more\":false}",
		"{\"items\":[],\"next\":0,\"more\":0}",
		"{\"items\":[],\"next\":0,\"next\":1,\"more\":false}",
		"{\"items\":[],\"next\":0,\"more\":false}x",
		"{\"items\":[null],\"next\":0,\"more\":false}",
		"{\"items\":[{}],\"next\":0,\"more\":false}",
		"{\"items\":[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]],\"next\":0,\"more\":false}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		if (read_page(bad[i]).code != ST_CORRUPT)
			fail_msg("taken: %s", bad[i]);
}

static void a_page_of_patient_files_is_read_as_strictly(void **state)
{
	static const char good[] = "{\"items\":[],\"next\":7,\"more\":true}";
	AUTO(json_document) document = {0};
	AUTO(arena) arena = {.max = 1 << 20};
	struct patientpage page = {0};

	(void)state;
	assert_ok(placed_read(bytes_of(good, sizeof good - 1), &patientpage_table, &arena, &document, &page));
	assert_int_equal(page.next, 7);
	assert_true(page.more);
	for (size_t cut = 0; cut < sizeof good - 1; cut++) {
		AUTO(json_document) again = {0};
		assert_fails(ST_CORRUPT, placed_read(bytes_of(good, cut), &patientpage_table, &arena, &again, &page));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(takes_what_the_interface_says),
		TEST(anything_else_is_a_server_not_to_argue_with),
		TEST(a_page_of_patient_files_is_read_as_strictly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
