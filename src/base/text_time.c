/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text_time: RFC 3339 dates, by the proleptic Gregorian calendar, without the C
 * library's locale and time zone.  From 1970 to 9999.
 */
#include "text.h"

#define DAY_MS  UINT64_C(86400000)
#define LAST_MS UINT64_C(253402300799999) /* 9999-12-31T23:59:59.999Z */

/* Days since 1970-01-01.  Years are counted from March, so that the leap day is
 * a year's last and month lengths follow (153 m + 2) / 5. */
static int64_t days_of(uint32_t year, uint32_t month, uint32_t day)
{
	uint32_t march_year = month > 2 ? year : year - 1;
	uint32_t march_month = month > 2 ? month - 3 : month + 9;
	int64_t leap_days = (int64_t)(march_year / 4) - march_year / 100 + march_year / 400;

	return 365 * (int64_t)march_year + leap_days + (153 * march_month + 2) / 5 + day - 1 - 719468;
}

static uint32_t month_days(uint32_t year, uint32_t month)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month == 2 && leap ? 29 : days[month - 1];
}

struct date {
	uint32_t year, month, day; /* month and day from 1 */
};

static struct date date_of(int64_t days)
{
	/* The mean year is 365.2425 days: the guess is at most one year off. */
	uint32_t year = 1970 + (uint32_t)(days * 10000 / 3652425);
	uint32_t month = 1;

	year += days_of(year + 1, 1, 1) <= days;
	year -= days_of(year, 1, 1) > days;
	uint32_t left = (uint32_t)(days - days_of(year, 1, 1));
	for (; left >= month_days(year, month); month++)
		left -= month_days(year, month);
	return (struct date){year, month, left + 1};
}

/* ${count} digits and what follows them. */
static char *put_digits(char *at, uint32_t v, size_t count, char after)
{
	for (size_t i = count; i-- > 0; v /= 10)
		at[i] = (char)('0' + v % 10);
	at[count] = after;
	return at + count + 1;
}

struct status text_put_time(struct buffer *b, uint64_t ms)
{
	char text[sizeof "1970-01-01T00:00:00.000Z" - 1], *at = text;

	if (ms > LAST_MS)
		return FAIL_AT(ST_INVALID, "time");

	struct date d = date_of((int64_t)(ms / DAY_MS));
	uint32_t rest = (uint32_t)(ms % DAY_MS);
	at = put_digits(at, d.year, 4, '-');
	at = put_digits(at, d.month, 2, '-');
	at = put_digits(at, d.day, 2, 'T');
	at = put_digits(at, rest / 3600000, 2, ':');
	at = put_digits(at, rest / 60000 % 60, 2, ':');
	at = put_digits(at, rest / 1000 % 60, 2, '.');
	(void)put_digits(at, rest % 1000, 3, 'Z');
	return buffer_put(b, bytes_of(text, sizeof text));
}

/* Exactly ${count} digits off the front of ${t}, of a value in [min, max]. */
static struct status take_digits(struct text *t, size_t count, uint32_t min, uint32_t max, uint32_t *out)
{
	uint32_t v = 0;

	if (t->len < count)
		return FAIL_AT(ST_INVALID, "time");
	for (size_t i = 0; i < count; i++) {
		if (t->at[i] < '0' || t->at[i] > '9')
			return FAIL_AT(ST_INVALID, "time");
		v = v * 10 + (uint32_t)(t->at[i] - '0');
	}
	if (v < min || v > max)
		return FAIL_AT(ST_INVALID, "time");
	*t = (struct text){t->at + count, t->len - count};
	*out = v;
	return OK;
}

static struct status take_char(struct text *t, char upper)
{
	/* RFC 3339 section 5.6: T and Z may be written small. */
	int small = upper >= 'A' ? upper - 'A' + 'a' : upper;

	if (t->len == 0 || (t->at[0] != upper && t->at[0] != small))
		return FAIL_AT(ST_INVALID, "time");
	*t = (struct text){t->at + 1, t->len - 1};
	return OK;
}

static struct status take_date(struct text *t, int64_t *days)
{
	uint32_t year, month, day;

	TRY(take_digits(t, 4, 1, 9999, &year));
	TRY(take_char(t, '-'));
	TRY(take_digits(t, 2, 1, 12, &month));
	TRY(take_char(t, '-'));
	TRY(take_digits(t, 2, 1, month_days(year, month), &day));
	*days = days_of(year, month, day);
	return OK;
}

static struct status take_fraction(struct text *t, uint32_t *ms)
{
	size_t count = 0;

	*ms = 0;
	if (t->len == 0 || t->at[0] != '.')
		return OK;
	TRY(take_char(t, '.'));
	for (; t->len > 0 && t->at[0] >= '0' && t->at[0] <= '9'; count++) {
		uint32_t digit;

		TRY(take_digits(t, 1, 0, 9, &digit));
		*ms = count < 3 ? *ms * 10 + digit : *ms;
	}
	if (count == 0 || count > 9)
		return FAIL_AT(ST_INVALID, "time");
	for (; count < 3; count++)
		*ms *= 10;
	return OK;
}

static struct status take_clock(struct text *t, uint32_t *ms, bool *leap)
{
	uint32_t hour, minute, second, fraction;

	TRY(take_digits(t, 2, 0, 23, &hour));
	TRY(take_char(t, ':'));
	TRY(take_digits(t, 2, 0, 59, &minute));
	TRY(take_char(t, ':'));
	TRY(take_digits(t, 2, 0, 60, &second));
	TRY(take_fraction(t, &fraction));
	*ms = ((hour * 60 + minute) * 60 + second) * 1000 + fraction;
	*leap = second == 60;
	return OK;
}

static struct status take_offset(struct text *t, int64_t *ms)
{
	uint32_t hour, minute;
	bool west = t->len > 0 && t->at[0] == '-';

	*ms = 0;
	if (t->len > 0 && t->at[0] != '-' && t->at[0] != '+')
		return take_char(t, 'Z');
	TRY(take_char(t, west ? '-' : '+'));
	TRY(take_digits(t, 2, 0, 23, &hour));
	TRY(take_char(t, ':'));
	TRY(take_digits(t, 2, 0, 59, &minute));
	*ms = (int64_t)(hour * 60 + minute) * 60000 * (west ? -1 : 1);
	return OK;
}

/* RFC 3339 section 5.7: second 60 ends a June or a December, in UTC.  ${ms} is
 * already the first second of the next day, which is what POSIX makes of it. */
static bool ends_half_year(uint64_t ms)
{
	struct date next = date_of((int64_t)(ms / DAY_MS));

	return ms % DAY_MS < 1000 && next.day == 1 && (next.month == 1 || next.month == 7);
}

struct status text_to_time(struct text t, uint64_t *ms)
{
	int64_t days, offset;
	uint32_t of_day;
	bool leap;

	TRY(take_date(&t, &days));
	TRY(take_char(&t, 'T'));
	TRY(take_clock(&t, &of_day, &leap));
	TRY(take_offset(&t, &offset));

	int64_t value = days * (int64_t)DAY_MS + of_day - offset;
	if (t.len > 0 || value < 0 || value > (int64_t)LAST_MS)
		return FAIL_AT(ST_INVALID, "time");
	if (leap && !ends_half_year((uint64_t)value))
		return FAIL_AT(ST_INVALID, "leap second");
	*ms = (uint64_t)value;
	return OK;
}
