/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <string.h>

#include "text.h"

static void compares_whole_texts(void **state)
{
	(void)state;
	assert_true(text_equal(TEXT("abc"), text_of("abc")));
	assert_false(text_equal(TEXT("abc"), TEXT("abC")));
	assert_true(text_equal_nocase(TEXT("aBc"), TEXT("AbC")));
	assert_false(text_equal_nocase(TEXT("abc"), TEXT("abcd")));
	/* ASCII only: these differ by the bit that makes case. */
	assert_false(text_equal_nocase(TEXT("@"), TEXT("`")));
	assert_false(text_equal_nocase(TEXT("["), TEXT("{")));
	assert_false(text_equal_nocase(TEXT("\xc3\x84"), TEXT("\xc3\xa4")));
	assert_true(text_starts(TEXT("tacenda"), TEXT("tac")));
	assert_true(text_starts(TEXT("tacenda"), TEXT("")));
	assert_false(text_starts(TEXT("ta"), TEXT("tac")));
	assert_int_equal(text_of(NULL).len, 0);
}

static void splits_until_exhausted(void **state)
{
	(void)state;
	const struct {
		struct text whole;
		size_t pieces;
	} rows[] = {{TEXT("a,b,c"), 3}, {TEXT("a"), 1}, {TEXT(""), 1}, {TEXT(","), 2}, {TEXT("a,"), 2}, {{NULL, 0}, 0}};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct text rest = rows[i].whole, head;
		size_t pieces = 0;

		while (text_split(&rest, ',', &head))
			pieces++;
		assert_int_equal(pieces, rows[i].pieces);
	}
	struct text rest = TEXT("key=a=b"), head;
	assert_true(text_split(&rest, '=', &head));
	assert_true(text_equal(head, TEXT("key")));
	assert_true(text_equal(rest, TEXT("a=b")));
}

static void trims_both_ends(void **state)
{
	(void)state;
	assert_true(text_equal(text_trim(TEXT(" \t a b \r\n")), TEXT("a b")));
	assert_int_equal(text_trim(TEXT(" \n ")).len, 0);
	assert_int_equal(text_trim((struct text){0}).len, 0);
}

static void accepts_every_scalar_value_but_nul(void **state)
{
	(void)state;
	for (uint32_t c = 0; c <= 0x110000; c++) {
		char at[4];
		size_t len = 0;

		if (c < 0x80) {
			at[len++] = (char)c;
		} else if (c < 0x800) {
			at[len++] = (char)(0xc0 | c >> 6);
			at[len++] = (char)(0x80 | (c & 0x3f));
		} else if (c < 0x10000) {
			at[len++] = (char)(0xe0 | c >> 12);
			at[len++] = (char)(0x80 | (c >> 6 & 0x3f));
			at[len++] = (char)(0x80 | (c & 0x3f));
		} else {
			at[len++] = (char)(0xf0 | c >> 18);
			at[len++] = (char)(0x80 | (c >> 12 & 0x3f));
			at[len++] = (char)(0x80 | (c >> 6 & 0x3f));
			at[len++] = (char)(0x80 | (c & 0x3f));
		}
		bool scalar = c != 0 && (c < 0xd800 || c > 0xdfff) && c <= 0x10ffff;
		if (text_is_utf8((struct text){at, len}) != scalar)
			fail_msg("U+%04X", (unsigned)c);
		for (size_t cut = 1; cut < len; cut++)
			assert_false(text_is_utf8((struct text){at, cut}));
	}
}

/* Texts are looked at eight bytes at a time: no byte and no place in them may escape. */
static void looks_at_every_byte_of_eight(void **state)
{
	char at[24];

	(void)state;
	for (size_t place = 0; place < sizeof at; place++) {
		for (unsigned byte = 0; byte < 256; byte++) {
			memset(at, 'x', sizeof at);
			at[place] = (char)byte;
			assert_int_equal(text_is_utf8((struct text){at, sizeof at}), byte > 0 && byte < 0x80);
		}
	}
}

static void refuses_what_is_not_utf8(void **state)
{
	(void)state;
	const struct text bad[] = {
		TEXT("\x80"),
		TEXT("\xbf"),
		TEXT("\xc0\x80"),
		TEXT("\xc1\xbf"),
		TEXT("\xe0\x80\x80"),
		TEXT("\xe0\x9f\xbf"),
		TEXT("\xed\xa0\x80"),
		TEXT("\xed\xbf\xbf"),
		TEXT("\xf0\x80\x80\x80"),
		TEXT("\xf0\x8f\xbf\xbf"),
		TEXT("\xf4\x90\x80\x80"),
		TEXT("\xf5\x80\x80\x80"),
		TEXT("\xff"),
		TEXT("\xfe"),
		TEXT("a\0b"),
		TEXT("\xc3("),
		TEXT("\xe2\x28\xa1"),
		TEXT("\xe2\x82("),
		TEXT("\xf0\x90\x80("),
		TEXT("ok\xe2\x82"),
	};

	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(text_is_utf8(bad[i]));
	assert_true(text_is_utf8(TEXT("")));
	assert_true(text_is_utf8((struct text){0}));
	assert_true(text_is_utf8(TEXT("Z\xc3\xbcrich \xe2\x82\xac \xf0\x9f\xa9\xba")));
}

static void reads_decimals_in_range(void **state)
{
	(void)state;
	uint32_t v = 1;
	uint64_t w = 1;

	assert_ok(text_to_u32(TEXT("0"), 0, UINT32_MAX, &v));
	assert_int_equal(v, 0);
	assert_ok(text_to_u32(TEXT("4294967295"), 0, UINT32_MAX, &v));
	assert_true(v == UINT32_MAX);
	assert_ok(text_to_u64(TEXT("18446744073709551615"), 0, UINT64_MAX, &w));
	assert_true(w == UINT64_MAX);
	assert_ok(text_to_u32(TEXT("5"), 5, 5, &v));
	assert_int_equal(v, 5);
}

static void refuses_other_numbers(void **state)
{
	(void)state;
	const struct text bad[] = {
		TEXT(""),
		TEXT("00"),
		TEXT("01"),
		TEXT("+1"),
		TEXT("-1"),
		TEXT(" 1"),
		TEXT("1 "),
		TEXT("1.0"),
		TEXT("0x1"),
		TEXT("4294967296"),
		TEXT("1e3"),
		TEXT("18446744073709551616"),
		TEXT("99999999999999999999999"),
		TEXT("184467440737095516150"),
	};
	uint32_t v = 7;

	for (size_t i = 0; i < COUNT(bad); i++)
		assert_fails(ST_INVALID, text_to_u32(bad[i], 0, UINT32_MAX, &v));
	assert_fails(ST_INVALID, text_to_u32(TEXT("4"), 5, 6, &v));
	assert_fails(ST_INVALID, text_to_u32(TEXT("7"), 5, 6, &v));
	assert_fails(ST_INVALID, text_to_u32((struct text){0}, 0, 1, &v));
	assert_int_equal(v, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(compares_whole_texts),     TEST(splits_until_exhausted),
		TEST(trims_both_ends),          TEST(accepts_every_scalar_value_but_nul),
		TEST(refuses_what_is_not_utf8), TEST(looks_at_every_byte_of_eight),
		TEST(reads_decimals_in_range),  TEST(refuses_other_numbers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
