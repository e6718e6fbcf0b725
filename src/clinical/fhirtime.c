/* SPDX-License-Identifier: Apache-2.0 */
#include "fhirtime.h"

#define DAY_MS 86400000

/** day_of(year, month, day): days since 1970-01-01 in the Gregorian calendar. */
/* Days of the civil calendar by eras of 400 years, March first: no table, no loop. */
static int64_t day_of(int64_t year, uint32_t month, uint32_t day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
	int64_t of_year = (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + (int64_t)day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

struct status fhirtime_put_date(struct buffer *out, int64_t day)
{
	long long z = day + 719468, era = (z >= 0 ? z : z - 146096) / 146097, of_era = z - era * 146097;
	long long years = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	long long of_year = of_era - (365 * years + years / 4 - years / 100), month = (5 * of_year + 2) / 153;
	long long year = years + era * 400 + (month >= 10 ? 1 : 0);

	return buffer_print(out, "%04lld-%02lld-%02lld", year, month < 10 ? month + 3 : month - 9,
			    of_year - (153 * month + 2) / 5 + 1);
}

/** Exactly ${len} digits off the start of ${t}, from ${low} to ${high}. */
static bool take_number(struct text *t, size_t len, uint32_t low, uint32_t high, uint32_t *out)
{
	uint32_t value = 0;

	if (t->len < len)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (t->at[i] < '0' || t->at[i] > '9')
			return false;
		value = value * 10 + (uint32_t)(t->at[i] - '0');
	}
	if (value < low || value > high)
		return false;
	*t = (struct text){t->at + len, t->len - len};
	*out = value;
	return true;
}

static bool take_char(struct text *t, char c)
{
	if (t->len == 0 || t->at[0] != c)
		return false;
	*t = (struct text){t->at + 1, t->len - 1};
	return true;
}

static uint32_t days_of(uint32_t year, uint32_t month)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap ? 1u : 0u);
}

/** hh:mm[:ss[.fraction]] and Z or an offset; ${shift} in minutes. */
static bool take_time(struct text *t, uint32_t *ms, int32_t *shift)
{
	uint32_t hour, minute, second = 0, digit, scale = 100, fraction = 0, off_hour, off_minute;

	if (!take_number(t, 2, 0, 24, &hour) || !take_char(t, ':') || !take_number(t, 2, 0, 59, &minute))
		return false;
	if (take_char(t, ':') && !take_number(t, 2, 0, 60, &second))
		return false;
	if (take_char(t, '.'))
		for (; take_number(t, 1, 0, 9, &digit); scale /= 10)
			fraction += digit * scale;
	*ms = ((hour * 60 + minute) * 60 + second) * 1000 + fraction;
	*shift = 0;
	if (t->len == 0 || take_char(t, 'Z'))
		return t->len == 0;
	bool west = take_char(t, '-');
	if ((!west && !take_char(t, '+')) || !take_number(t, 2, 0, 14, &off_hour) || !take_char(t, ':') ||
	    !take_number(t, 2, 0, 59, &off_minute))
		return false;
	*shift = (int32_t)(off_hour * 60 + off_minute) * (west ? 1 : -1);
	return t->len == 0;
}

struct status fhirtime_parse(struct text t, struct fhirtime *out)
{
	uint32_t year, month = 1, day = 1, ms = 0;
	struct fhirtime made = {0};
	int32_t shift = 0;

	if (!take_number(&t, 4, 1600, 2400, &year))
		return FAIL_AT(ST_INVALID, "time");
	if (t.len > 0 && (!take_char(&t, '-') || !take_number(&t, 2, 1, 12, &month)))
		return FAIL_AT(ST_INVALID, "time");
	if (t.len > 0) {
		if (!take_char(&t, '-') || !take_number(&t, 2, 1, days_of(year, month), &day))
			return FAIL_AT(ST_INVALID, "time");
		made.day_known = true;
	}
	if (t.len > 0) {
		if (!take_char(&t, 'T') || !take_time(&t, &ms, &shift))
			return FAIL_AT(ST_INVALID, "time");
		made.time_known = true;
	}
	int64_t whole = day_of(year, month, day) * DAY_MS + ms + (int64_t)shift * 60000;
	made.day = (whole >= 0 ? whole : whole - DAY_MS + 1) / DAY_MS;
	made.ms = (uint32_t)(whole - made.day * DAY_MS);
	*out = made;
	return OK;
}
