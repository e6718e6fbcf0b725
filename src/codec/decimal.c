/* SPDX-License-Identifier: Apache-2.0 */
#include "decimal.h"

/* Exponents of up to so many digits, and the length of any text, add up in 64 bits. */
#define EXPONENT_DIGITS 15

/* -whole.fraction e exponent, as views of the text. */
struct decimal {
	bool negative;
	struct text whole, fraction;
	bool exponent_negative;
	struct text exponent; /* digits, leading zeros dropped */
};

static bool skip(struct text *t, char c)
{
	if (t->len == 0 || *t->at != c)
		return false;
	t->at++;
	t->len--;
	return true;
}

static struct text take_digits(struct text *t)
{
	struct text digits = {t->at, 0};

	while (t->len > 0 && *t->at >= '0' && *t->at <= '9') {
		digits.len++;
		t->at++;
		t->len--;
	}
	return digits;
}

static bool take_exponent(struct text *t, struct decimal *d)
{
	if (!skip(t, 'e') && !skip(t, 'E'))
		return true;
	d->exponent_negative = skip(t, '-');
	if (!d->exponent_negative)
		(void)skip(t, '+');
	d->exponent = take_digits(t);
	if (d->exponent.len == 0)
		return false;
	while (skip(&d->exponent, '0'))
		;
	return true;
}

/* number = [ minus ] int [ frac ] [ exp ] */
static bool split(struct text t, struct decimal *d)
{
	*d = (struct decimal){.negative = skip(&t, '-')};
	d->whole = take_digits(&t);
	if (d->whole.len == 0 || (d->whole.len > 1 && *d->whole.at == '0'))
		return false;
	if (skip(&t, '.')) {
		d->fraction = take_digits(&t);
		if (d->fraction.len == 0)
			return false;
	}
	return take_exponent(&t, d) && t.len == 0;
}

bool decimal_is_number(struct text t)
{
	struct decimal d;

	return split(t, &d);
}

static size_t digits_len(const struct decimal *d)
{
	return d->whole.len + d->fraction.len;
}

static char digit_at(const struct decimal *d, size_t i)
{
	return i < d->whole.len ? d->whole.at[i] : d->fraction.at[i - d->whole.len];
}

static size_t first_digit(const struct decimal *d)
{
	size_t i = 0;

	while (i < digits_len(d) && digit_at(d, i) == '0')
		i++;
	return i;
}

static size_t end_digit(const struct decimal *d)
{
	size_t i = digits_len(d);

	while (i > 0 && digit_at(d, i - 1) == '0')
		i--;
	return i;
}

/* The power of ten of the first significant digit. */
static int64_t magnitude(const struct decimal *d)
{
	int64_t exponent = 0;

	for (size_t i = 0; i < d->exponent.len; i++)
		exponent = exponent * 10 + (d->exponent.at[i] - '0');
	return (d->exponent_negative ? -exponent : exponent) + (int64_t)d->whole.len - (int64_t)first_digit(d);
}

bool decimal_equal(struct text a, struct text b)
{
	struct decimal x, y;

	if (!split(a, &x) || !split(b, &y))
		return false;
	size_t from_x = first_digit(&x), from_y = first_digit(&y), end_x = end_digit(&x), end_y = end_digit(&y);
	if (from_x >= end_x || from_y >= end_y) /* zero, whatever its sign and exponent */
		return from_x >= end_x && from_y >= end_y;
	if (x.exponent.len > EXPONENT_DIGITS || y.exponent.len > EXPONENT_DIGITS)
		return text_equal(a, b);
	if (x.negative != y.negative || magnitude(&x) != magnitude(&y) || end_x - from_x != end_y - from_y)
		return false;
	for (size_t i = 0; i < end_x - from_x; i++)
		if (digit_at(&x, from_x + i) != digit_at(&y, from_y + i))
			return false;
	return true;
}
