/* SPDX-License-Identifier: Apache-2.0 */
/* CBOR in CTAP2's canonical form and in no other; keys of credentials (RFC 8949, RFC 9052). */
#include "testing.h"

#include "cborreader.h"
#include "cosekey.h"

#define R(literal) reader_of(BYTES_LITERAL(literal))

static void reads_items(void **state)
{
	struct cborreader_item item;
	struct reader r = R("\x17\x18\x18\x19\x01\x00\x1a\x00\x01\x00\x00\x1b\x00\x00\x00\x01\x00\x00\x00\x00");
	const uint64_t numbers[] = {23, 24, 256, 65536, 4294967296};

	(void)state;
	for (size_t i = 0; i < COUNT(numbers); i++) {
		assert_ok(cborreader_item(&r, &item));
		assert_int_equal(item.kind, CBORREADER_UNSIGNED);
		assert_int_equal(item.number, numbers[i]);
	}
	assert_ok(reader_done(&r));
	struct bytes bytes;
	struct text text;
	int64_t number;
	r = R("\x43\x01\x02\x03\x62hi\x39\x01\x00\xf5");
	assert_ok(cborreader_bytes(&r, &bytes));
	assert_int_equal(bytes.len, 3);
	assert_ok(cborreader_text(&r, &text));
	assert_true(text_equal(text, TEXT("hi")));
	assert_ok(cborreader_integer(&r, &number));
	assert_int_equal(number, -257);
	assert_ok(cborreader_item(&r, &item));
	assert_int_equal(item.kind, CBORREADER_SIMPLE);
}

static void refuses_any_other_form(void **state)
{
	static const struct bytes bad[] = {
		{(const uint8_t *)"", 0},
		{(const uint8_t *)"\x18\x17", 2},     /* 23 in two bytes */
		{(const uint8_t *)"\x19\x00\xff", 3}, /* 255 in three */
		{(const uint8_t *)"\x1a\x00\x00\xff\xff", 5},
		{(const uint8_t *)"\x1b\x00\x00\x00\x00\xff\xff\xff\xff", 9},
		{(const uint8_t *)"\x58\x01\x00", 3}, /* a string of one byte with a long head */
		{(const uint8_t *)"\x78\x01x", 3},
		{(const uint8_t *)"\x98\x01\x00", 3}, /* arrays and maps as well */
		{(const uint8_t *)"\xb8\x01\x00\x00", 4},
		{(const uint8_t *)"\x5f\x41x\xff", 4}, /* indefinite lengths */
		{(const uint8_t *)"\x7f\x61x\xff", 4},
		{(const uint8_t *)"\x9f\xff", 2},
		{(const uint8_t *)"\xbf\xff", 2},
		{(const uint8_t *)"\xff", 1},
		{(const uint8_t *)"\xc0\x00", 2},     /* a tag */
		{(const uint8_t *)"\xf9\x00\x00", 3}, /* floats */
		{(const uint8_t *)"\xfa\x00\x00\x00\x00", 5},
		{(const uint8_t *)"\xf7", 1},     /* undefined */
		{(const uint8_t *)"\xf8\x18", 2}, /* other simple values */
		{(const uint8_t *)"\x42\x01", 2}, /* cut */
		{(const uint8_t *)"\x19\x01", 2},
		{(const uint8_t *)"\x5b\xff\xff\xff\xff\xff\xff\xff\xff", 9},
		{(const uint8_t *)"\x62\xc0\x80", 3}, /* not UTF-8 */
		{(const uint8_t *)"\x1c", 1},         /* reserved */
	};
	struct bytes whole;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct reader r = reader_of(bad[i]);
		assert_fails(ST_INVALID, cborreader_skip(&r, CBORREADER_DEPTH, &whole));
		assert_ptr_equal(r.at, bad[i].at);
	}
}

static void skips_whole_items_of_bounded_depth(void **state)
{
	struct bytes whole;
	struct reader r = R("\xa2\x01\x82\x01\x02\x61x\xa1\x20\xf6\x07");

	(void)state;
	assert_ok(cborreader_skip(&r, 2, &whole));
	assert_int_equal(whole.len, 10);
	assert_int_equal(reader_left(&r), 1);
	r = R("\x81\x81\x81\x81\x00");
	assert_ok(cborreader_skip(&r, 4, &whole));
	r = R("\x81\x81\x81\x81\x81\x00");
	assert_fails(ST_INVALID, cborreader_skip(&r, 4, &whole));
	/* A count of 2^64 - 1 elements ends with the bytes. */
	r = R("\x9b\xff\xff\xff\xff\xff\xff\xff\xff\x00");
	assert_fails(ST_INVALID, cborreader_skip(&r, 4, &whole));
}

static void takes_keys_in_order_once(void **state)
{
	static const struct bytes bad[] = {
		{(const uint8_t *)"\xa2\x01\x00\x01\x00", 5},    /* twice */
		{(const uint8_t *)"\xa2\x02\x00\x01\x00", 5},    /* down */
		{(const uint8_t *)"\xa2\x20\x00\x01\x00", 5},    /* a negative before a positive one */
		{(const uint8_t *)"\xa2\x62yy\x00\x61z\x00", 8}, /* a longer text first */
		{(const uint8_t *)"\xa2\x61"
				  "b\x00\x61"
				  "a\x00",
		 7},
		{(const uint8_t *)"\xa1\x41x\x00", 4}, /* a key of bytes */
		{(const uint8_t *)"\xa1\x80\x00", 3},
		{(const uint8_t *)"\xa1\x01", 2}, /* no value */
	};
	struct bytes whole;
	struct reader r = R("\xa5\x01\x00\x18\x18\x00\x20\x00\x61z\x00\x62"
			    "aa\x00");

	(void)state;
	assert_ok(cborreader_skip(&r, 1, &whole));
	assert_ok(reader_done(&r));
	for (size_t i = 0; i < COUNT(bad); i++) {
		r = reader_of(bad[i]);
		assert_fails(ST_INVALID, cborreader_skip(&r, 4, &whole));
	}
}

/* As BYTES_LITERAL(), for initialisers of static arrays. */
#define PUBLIC(text) \
	{ \
		(const uint8_t *)(text), sizeof(text) - 1 \
	}
#define X "0123456789abcdef0123456789abcdef"

static void reads_keys_of_three_kinds(void **state)
{
	struct cosekey k;

	(void)state;
	assert_ok(cosekey_read(BYTES_LITERAL("\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20" X "\x22\x58\x20" X), &k));
	assert_int_equal(k.algorithm, COSEKEY_ES256);
	assert_true(k.x.len == 32 && k.y.len == 32);
	assert_ok(cosekey_read(BYTES_LITERAL("\xa4\x01\x01\x03\x27\x20\x06\x21\x58\x20" X), &k));
	assert_int_equal(k.algorithm, COSEKEY_EDDSA);
	assert_ok(cosekey_read(
		BYTES_LITERAL("\xa4\x01\x03\x03\x39\x01\x00\x20\x44\x81\x00\x00\x01\x21\x43\x01\x00\x01"), &k));
	assert_int_equal(k.algorithm, COSEKEY_RS256);
	assert_true(k.modulus.len == 4 && k.exponent.len == 3);
}

static void refuses_other_keys(void **state)
{
	static const struct bytes bad[] = {
		PUBLIC("\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20" X "\x22\x58\x20" X "\x00"),   /* a byte more */
		PUBLIC("\xa5\x01\x02\x03\x26\x20\x02\x21\x58\x20" X "\x22\x58\x20" X),          /* another curve */
		PUBLIC("\xa5\x01\x02\x03\x27\x20\x01\x21\x58\x20" X "\x22\x58\x20" X),          /* EdDSA on P-256 */
		PUBLIC("\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x1f" X "\x22\x58\x20" X),          /* a short coordinate */
		PUBLIC("\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20" X "\x22\xf5"),                /* a compressed point */
		PUBLIC("\xa4\x01\x02\x03\x26\x20\x01\x21\x58\x20" X),                           /* half a point */
		PUBLIC("\xa5\x01\x01\x03\x27\x20\x06\x21\x58\x20" X "\x23\x58\x20" X),          /* with a private key */
		PUBLIC("\xa6\x01\x02\x02\x41x\x03\x26\x20\x01\x21\x58\x20" X "\x22\x58\x20" X), /* and a name */
		PUBLIC("\xa4\x01\x03\x03\x39\x01\x00\x20\x44\x00\x00\x00\x01\x21\x43\x01\x00\x01"),
		PUBLIC("\xa4\x01\x03\x03\x39\x01\x00\x20\x40\x21\x43\x01\x00\x01"),
		PUBLIC("\xa0"),
		PUBLIC("\x80"),
		PUBLIC(""),
	};
	struct cosekey k;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_fails(ST_INVALID, cosekey_read(bad[i], &k));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reads_items),
		TEST(refuses_any_other_form),
		TEST(skips_whole_items_of_bounded_depth),
		TEST(takes_keys_in_order_once),
		TEST(reads_keys_of_three_kinds),
		TEST(refuses_other_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
