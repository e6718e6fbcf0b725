/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "fhirtime.h"

static struct fhirtime parsed(const char *t)
{
	struct fhirtime out = {0};

	assert_ok(fhirtime_parse(text_of(t), &out));
	return out;
}

static void counts_days_from_1970_in_both_directions(void **state)
{
	(void)state;
	assert_int_equal(parsed("1970-01-01").day, 0);
	assert_int_equal(parsed("1969-12-31").day, -1);
	assert_int_equal(parsed("2000-02-29").day, 11016);
	assert_int_equal(parsed("1900-03-01").day, -25508);
	assert_int_equal(parsed("2024-12-31").day, 20088);
}

static void reads_every_precision(void **state)
{
	(void)state;
	assert_false(parsed("1951").day_known);
	assert_false(parsed("1951-03").day_known);
	assert_true(parsed("1951-03-14").day_known);
	assert_false(parsed("1951-03-14").time_known);
	assert_true(parsed("1951-03-14T10:00:00Z").time_known);
}

static void takes_offsets_into_account(void **state)
{
	struct fhirtime t = parsed("2024-03-01T00:30:00.250+01:00");

	(void)state;
	assert_int_equal(t.day, parsed("2024-02-29").day);
	assert_int_equal(t.ms, 84600250);
	t = parsed("2024-02-29T23:30:00-01:00");
	assert_int_equal(t.day, parsed("2024-03-01").day);
	assert_int_equal(t.ms, 1800000);
}

static void refuses_what_is_no_date(void **state)
{
	static const char *const bad[] = {"",
					  "24-01-01",
					  "2024-13-01",
					  "2024-02-30",
					  "1900-02-29",
					  "2024-1-1",
					  "2024-01-01T",
					  "2024-01-01T10",
					  "2024-01-01T10:00:00Zx",
					  "2024-01-01 10:00",
					  "yesterday",
					  "0001-01-01"};
	struct fhirtime out;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_fails(ST_INVALID, fhirtime_parse(text_of(bad[i]), &out));
}

static void writes_the_date_it_read(void **state)
{
	(void)state;
	for (int64_t day = -100000; day < 100000; day += 37) {
		AUTO(buffer) text = {.max = 32};
		struct fhirtime back;
		assert_ok(fhirtime_put_date(&text, day));
		assert_ok(fhirtime_parse(text_from(buffer_bytes(&text)), &back));
		assert_int_equal(back.day, day);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(counts_days_from_1970_in_both_directions),
		TEST(reads_every_precision),
		TEST(takes_offsets_into_account),
		TEST(refuses_what_is_no_date),
		TEST(writes_the_date_it_read),
	};
	return cmocka_run_group_tests_name("fhirtime", tests, NULL, NULL);
}
