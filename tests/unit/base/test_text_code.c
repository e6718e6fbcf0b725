/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <string.h>

#include "text.h"

static void has_the_vectors_of_rfc_4648(void **state)
{
	(void)state;
	/* Section 10: the first 0 to 6 letters of "foobar". */
	static const struct {
		const char *base64, *base64url, *base32, *base16;
	} rows[] = {
		{"", "", "", ""},
		{"Zg==", "Zg", "co", "66"},
		{"Zm8=", "Zm8", "cpng", "666f"},
		{"Zm9v", "Zm9v", "cpnmu", "666f6f"},
		{"Zm9vYg==", "Zm9vYg", "cpnmuog", "666f6f62"},
		{"Zm9vYmE=", "Zm9vYmE", "cpnmuoj1", "666f6f6261"},
		{"Zm9vYmFy", "Zm9vYmFy", "cpnmuoj1e8", "666f6f626172"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bytes plain = bytes_of("foobar", i);
		AUTO(buffer) b = {.max = 64};
		AUTO(buffer) back = {.max = 64};
		uint8_t exact[8];

		assert_ok(text_put_base64(&b, plain));
		assert_true(text_equal(text_from(buffer_bytes(&b)), text_of(rows[i].base64)));
		assert_ok(text_from_base64(text_of(rows[i].base64), &back));
		assert_true(bytes_equal(buffer_bytes(&back), plain));
		b.len = back.len = 0;
		assert_ok(text_put_base64url(&b, plain));
		assert_true(text_equal(text_from(buffer_bytes(&b)), text_of(rows[i].base64url)));
		assert_ok(text_from_base64url(text_of(rows[i].base64url), &back));
		assert_true(bytes_equal(buffer_bytes(&back), plain));
		b.len = 0;
		assert_ok(text_from_base32(text_of(rows[i].base32), exact, plain.len));
		assert_true(bytes_equal(bytes_of(exact, plain.len), plain));
		b.len = 0;
		assert_ok(text_put_hex(&b, plain));
		assert_true(text_equal(text_from(buffer_bytes(&b)), text_of(rows[i].base16)));
		assert_ok(text_from_hex(text_of(rows[i].base16), exact, plain.len));
		assert_true(bytes_equal(bytes_of(exact, plain.len), plain));
	}
}

static void every_digit_survives(void **state)
{
	(void)state;
	uint8_t all[256];
	AUTO(buffer) b = {.max = 4096};
	AUTO(buffer) back = {.max = 4096};

	for (size_t i = 0; i < sizeof all; i++)
		all[i] = (uint8_t)(i * 167);
	for (size_t len = 0; len <= sizeof all; len++) {
		b.len = back.len = 0;
		assert_ok(text_put_base64(&b, bytes_of(all, len)));
		assert_ok(text_from_base64(text_from(buffer_bytes(&b)), &back));
		assert_true(bytes_equal(buffer_bytes(&back), bytes_of(all, len)));
		b.len = back.len = 0;
		assert_ok(text_put_base64url(&b, bytes_of(all, len)));
		assert_ok(text_from_base64url(text_from(buffer_bytes(&b)), &back));
		assert_true(bytes_equal(buffer_bytes(&back), bytes_of(all, len)));
	}
}

static void base64_is_strict(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"Zg",    "Zg=",   "Zg===", "Z",    "Z===",     "====",     "=",    "==",   "Zh==", "Zm9=",    "Zm9v\n",
		" Zm9v", "Zm 9v", "Zm9-",  "Zm9_", "Zg==Zg==", "Zm9v====", "Z=g=", "=Zg=", "A===", "AAA\x80",
	};
	AUTO(buffer) out = {.max = 64};

	assert_ok(buffer_put_u8(&out, 1));
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_fails(ST_INVALID, text_from_base64(text_of(bad[i]), &out));
		assert_int_equal(out.len, 1);
	}
	assert_fails(ST_INVALID, text_from_base64((struct text){"Zg\0=", 4}, &out));
}

static void base64url_is_strict(void **state)
{
	(void)state;
	static const char *const bad[] = {"Zg==", "Z", "Zh", "Zm9v+", "Zm9/", "Zm9vZ", "Zm9", "=", "Zm8 "};
	AUTO(buffer) out = {.max = 64};

	for (size_t i = 0; i < COUNT(bad); i++)
		assert_fails(ST_INVALID, text_from_base64url(text_of(bad[i]), &out));
	assert_int_equal(out.len, 0);
}

static void hex_and_base32_take_exactly_the_length(void **state)
{
	(void)state;
	uint8_t out[4] = {9, 9, 9, 9};

	assert_fails(ST_INVALID, text_from_hex(TEXT("0102"), out, 3));
	assert_fails(ST_INVALID, text_from_hex(TEXT("010203"), out, 2));
	assert_fails(ST_INVALID, text_from_hex(TEXT("010"), out, 1));
	assert_fails(ST_INVALID, text_from_hex(TEXT("0A"), out, 1));
	assert_fails(ST_INVALID, text_from_hex(TEXT("0g"), out, 1));
	assert_fails(ST_INVALID, text_from_base32(TEXT("c"), out, 0));
	assert_fails(ST_INVALID, text_from_base32(TEXT("c1"), out, 1));
	assert_fails(ST_INVALID, text_from_base32(TEXT("CO"), out, 1));
	assert_fails(ST_INVALID, text_from_base32(TEXT("cw"), out, 1));
	assert_fails(ST_INVALID, text_from_base32(TEXT("co"), out, 2));
	assert_int_equal(out[0], 9);
}

static void the_ceiling_of_the_buffer_holds(void **state)
{
	(void)state;
	AUTO(buffer) b = {.max = 7};

	assert_fails(ST_TOO_BIG, text_put_base64(&b, BYTES_LITERAL("foob")));
	assert_int_equal(b.len, 0);
	assert_ok(text_put_hex(&b, BYTES_LITERAL("foo")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(has_the_vectors_of_rfc_4648),
		TEST(every_digit_survives),
		TEST(base64_is_strict),
		TEST(base64url_is_strict),
		TEST(hex_and_base32_take_exactly_the_length),
		TEST(the_ceiling_of_the_buffer_holds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
