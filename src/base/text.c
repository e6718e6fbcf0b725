/* SPDX-License-Identifier: Apache-2.0 */
#include "text.h"

#include <string.h>

struct text text_of(const char *nul_terminated)
{
	return (struct text){nul_terminated, nul_terminated != NULL ? strlen(nul_terminated) : 0};
}

bool text_equal(struct text a, struct text b)
{
	return bytes_equal(text_bytes(a), text_bytes(b));
}

static char lower(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c - 'A' + 'a');
	return c;
}

bool text_equal_nocase(struct text a, struct text b)
{
	if (a.len != b.len)
		return false;
	if (text_equal(a, b)) /* as it is almost always */
		return true;
	for (size_t i = 0; i < a.len; i++)
		if (a.at[i] != b.at[i] && lower(a.at[i]) != lower(b.at[i]))
			return false;
	return true;
}

bool text_starts(struct text t, struct text prefix)
{
	return t.len >= prefix.len && text_equal((struct text){t.at, prefix.len}, prefix);
}

bool text_split(struct text *rest, char separator, struct text *head)
{
	if (rest->at == NULL)
		return false;

	const char *cut = rest->len > 0 ? memchr(rest->at, separator, rest->len) : NULL;
	if (cut == NULL) {
		*head = *rest;
		*rest = (struct text){0};
		return true;
	}
	size_t len = (size_t)(cut - rest->at);
	*head = (struct text){rest->at, len};
	*rest = (struct text){cut + 1, rest->len - len - 1};
	return true;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct text text_trim(struct text t)
{
	while (t.len > 0 && is_space(t.at[0]))
		t = (struct text){t.at + 1, t.len - 1};
	while (t.len > 0 && is_space(t.at[t.len - 1]))
		t.len--;
	return t;
}

struct text text_cut(struct text t, size_t max)
{
	size_t len = t.len < max ? t.len : max;

	while (len > 0 && len < t.len && ((unsigned char)t.at[len] & 0xc0) == 0x80)
		len--;
	return (struct text){t.at, len};
}

/* One row of table 3-7 of the Unicode standard: lead bytes up to ${last} take
 * ${more} bytes, the first of them in [low, high], the others in [80, bf]. */
static const struct {
	uint8_t first, last, more, low, high;
} utf8_rows[] = {
	{0x01, 0x7f, 0, 0, 0},       {0xc2, 0xdf, 1, 0x80, 0xbf}, {0xe0, 0xe0, 2, 0xa0, 0xbf},
	{0xe1, 0xec, 2, 0x80, 0xbf}, {0xed, 0xed, 2, 0x80, 0x9f}, {0xee, 0xef, 2, 0x80, 0xbf},
	{0xf0, 0xf0, 3, 0x90, 0xbf}, {0xf1, 0xf3, 3, 0x80, 0xbf}, {0xf4, 0xf4, 3, 0x80, 0x8f},
};

/* The length of the well-formed sequence at ${at}, 0 if there is none. */
static size_t utf8_sequence(const uint8_t *at, size_t left)
{
	size_t row = 0;

	while (row < COUNT(utf8_rows) && at[0] > utf8_rows[row].last)
		row++;
	if (row == COUNT(utf8_rows) || at[0] < utf8_rows[row].first || left <= utf8_rows[row].more)
		return 0;
	if (utf8_rows[row].more > 0 && (at[1] < utf8_rows[row].low || at[1] > utf8_rows[row].high))
		return 0;
	for (size_t i = 2; i <= utf8_rows[row].more; i++)
		if (at[i] < 0x80 || at[i] > 0xbf)
			return 0;
	return (size_t)utf8_rows[row].more + 1;
}

/* ASCII without NUL: what is 1 at least lends nothing to the byte above, so a top bit says that one was not. */
static bool eight_ascii(const uint8_t *at)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
	uint64_t eight;

	memcpy(&eight, at, sizeof eight);
	return ((eight | (eight - ones)) & tops) == 0;
}

bool text_is_utf8(struct text t)
{
	const uint8_t *at = (const uint8_t *)t.at;
	size_t left = t.len;

	while (left > 0) {
		if (left >= 8 && eight_ascii(at)) {
			at += 8;
			left -= 8;
			continue;
		}
		/* Most text is ASCII; NUL is refused like anything else that has no row. */
		size_t len = at[0] - 1u < 0x7f ? 1 : utf8_sequence(at, left);

		if (len == 0)
			return false;
		at += len;
		left -= len;
	}
	return true;
}

struct status text_to_u64(struct text t, uint64_t min, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	if (t.len == 0 || (t.len > 1 && t.at[0] == '0'))
		return FAIL(ST_INVALID);
	for (size_t i = 0; i < t.len; i++) {
		if (t.at[i] < '0' || t.at[i] > '9')
			return FAIL(ST_INVALID);
		if (__builtin_mul_overflow(v, 10u, &v) || __builtin_add_overflow(v, (uint64_t)(t.at[i] - '0'), &v))
			return FAIL(ST_INVALID);
	}
	if (v < min || v > max)
		return FAIL(ST_INVALID);
	*out = v;
	return OK;
}

struct status text_to_u32(struct text t, uint32_t min, uint32_t max, uint32_t *out)
{
	uint64_t v;

	TRY(text_to_u64(t, min, max, &v));
	*out = (uint32_t)v;
	return OK;
}
