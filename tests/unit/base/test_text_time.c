/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <string.h>
#include <time.h>

#include "text.h"

#define LAST UINT64_C(253402300799999)

static struct text print(struct buffer *b, uint64_t ms)
{
	b->len = 0;
	assert_ok(text_put_time(b, ms));
	return text_from(buffer_bytes(b));
}

static void prints_milliseconds_in_utc(void **state)
{
	(void)state;
	AUTO(buffer) b = {.max = 64};

	assert_true(text_equal(print(&b, 0), TEXT("1970-01-01T00:00:00.000Z")));
	assert_true(text_equal(print(&b, UINT64_C(1795291445123)), TEXT("2026-11-21T20:04:05.123Z")));
	assert_true(text_equal(print(&b, UINT64_C(951782400000)), TEXT("2000-02-29T00:00:00.000Z")));
	assert_true(text_equal(print(&b, LAST), TEXT("9999-12-31T23:59:59.999Z")));
	assert_fails(ST_INVALID, text_put_time(&b, LAST + 1));
	assert_fails(ST_INVALID, text_put_time(&b, UINT64_MAX));
}

/* The C library as a second opinion: every day of a whole 400-year cycle, then
 * one a month or so; first and last seconds in turn. */
static void agrees_with_the_c_library(void **state)
{
	(void)state;
	AUTO(buffer) b = {.max = 64};

	for (uint64_t day = 0; day <= LAST / 86400000; day += day < 146097 ? 1 : 31) {
		time_t second = (time_t)(day * 86400 + (day % 2 == 0 ? 0 : 86399));
		uint64_t back = 0;
		struct tm parts;
		char wanted[64];

		assert_non_null(gmtime_r(&second, &parts));
		assert_int_equal(strftime(wanted, sizeof wanted, "%Y-%m-%dT%H:%M:%S.000Z", &parts), 24);
		if (!text_equal(print(&b, (uint64_t)second * 1000), text_of(wanted)))
			fail_msg("%s", wanted);
		assert_ok(text_to_time(text_of(wanted), &back));
		assert_true(back == (uint64_t)second * 1000);
	}
}

static void reads_offsets_fractions_and_leap_seconds(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint64_t ms;
	} rows[] = {
		{"1970-01-01T00:00:00Z", 0},
		{"1970-01-01t00:00:00z", 0},
		{"1970-01-01T01:00:00+01:00", 0},
		{"1969-12-31T23:00:00-01:00", 0},
		{"1970-01-01T00:00:00-00:00", 0},
		{"1970-01-01T00:00:00.1Z", 100},
		{"1970-01-01T00:00:00.12Z", 120},
		{"1970-01-01T00:00:00.1239Z", 123},
		{"1970-01-01T00:00:00.999999999Z", 999},
		{"1970-01-01T05:30:00.5+05:30", 500},
		{"2026-11-21T20:04:05.123Z", UINT64_C(1795291445123)},
		{"2026-11-21T22:04:05.123+02:00", UINT64_C(1795291445123)},
		/* RFC 3339 section 5.8. */
		{"1985-04-12T23:20:50.52Z", UINT64_C(482196050520)},
		{"1996-12-19T16:39:57-08:00", UINT64_C(851042397000)},
		{"1990-12-31T23:59:60Z", UINT64_C(662688000000)},
		{"1990-12-31T15:59:60-08:00", UINT64_C(662688000000)},
		{"2015-06-30T23:59:60Z", UINT64_C(1435708800000)},
		{"9999-12-31T23:59:59.999Z", LAST},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		uint64_t ms = 1;

		assert_ok(text_to_time(text_of(rows[i].text), &ms));
		if (ms != rows[i].ms)
			fail_msg("%s", rows[i].text);
	}
}

static void refuses_what_no_calendar_has(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"",
		"1970",
		"1970-01-01",
		"1970-01-01T00:00Z",
		"1970-01-01T00:00:00",
		"1970-01-01 00:00:00Z",
		"1970-00-01T00:00:00Z",
		"1970-13-01T00:00:00Z",
		"1970-01-00T00:00:00Z",
		"1970-01-32T00:00:00Z",
		"2026-02-29T00:00:00Z",
		"1900-02-29T00:00:00Z",
		"2100-02-29T00:00:00Z",
		"2000-02-30T00:00:00Z",
		"2026-04-31T00:00:00Z",
		"2026-06-31T00:00:00Z",
		"1970-01-01T24:00:00Z",
		"1970-01-01T00:60:00Z",
		"1970-01-01T00:00:61Z",
		"1970-01-01T00:00:60Z",
		"2026-11-21T23:59:60Z",
		"1990-12-31T23:59:60+01:00",
		"1970-01-01T00:00:00.Z",
		"1970-01-01T00:00:00.1234567890Z",
		"1970-01-01T00:00:00+24:00",
		"1970-01-01T00:00:00+00:60",
		"1970-01-01T00:00:00+0000",
		"1970-01-01T00:00:00+01",
		"1970-1-01T00:00:00Z",
		"70-01-01T00:00:00Z",
		"0000-01-01T00:00:00Z",
		"10000-01-01T00:00:00Z",
		"-1970-01-01T00:00:00Z",
		"1970-01-01T00:00:00Zx",
		" 1970-01-01T00:00:00Z",
		"1970-01-01T00:00:00Z ",
		"1970-01-01T00:00:00ZZ",
		"1969-12-31T23:59:59Z",
		"1970-01-01T00:00:00+00:01",
		"9999-12-31T23:59:59-00:01",
		"1970-01-01T00:00:0xZ",
		"1970/01/01T00:00:00Z",
		"1970-01-01T00-00-00Z",
		"1970-01-01T00:00:00,5Z",
	};
	uint64_t ms = 7;

	for (size_t i = 0; i < COUNT(bad); i++)
		if (text_to_time(text_of(bad[i]), &ms).code != ST_INVALID)
			fail_msg("%s", bad[i]);
	assert_true(ms == 7);
}

static void every_shorter_text_is_refused(void **state)
{
	(void)state;
	struct text whole = TEXT("2026-11-21T22:04:05.123+02:00");
	uint64_t ms;

	for (size_t len = 0; len < whole.len; len++)
		assert_fails(ST_INVALID, text_to_time((struct text){whole.at, len}, &ms));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(prints_milliseconds_in_utc),
		TEST(agrees_with_the_c_library),
		TEST(reads_offsets_fractions_and_leap_seconds),
		TEST(refuses_what_no_calendar_has),
		TEST(every_shorter_text_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
