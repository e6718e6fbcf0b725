/* SPDX-License-Identifier: Apache-2.0 */
/* The secret of a one-time password as authenticators take it (PROMISES#S5). */
#include "testing.h"

#include <string.h>

#include "otpauth.h"

static const char *put(struct bytes secret)
{
	static struct buffer out;

	out = (struct buffer){.max = 256};
	assert_ok(otpauth_put(secret, &out));
	assert_ok(buffer_put_u8(&out, 0));
	static char kept[256];
	memcpy(kept, out.bytes, out.len);
	buffer_clear(&out);
	return kept;
}

static void writes_the_values_of_rfc_4648(void **state)
{
	(void)state;
	/* Section 10, without padding. */
	assert_string_equal(put(BYTES_LITERAL("")), "");
	assert_string_equal(put(BYTES_LITERAL("f")), "MY");
	assert_string_equal(put(BYTES_LITERAL("fo")), "MZXQ");
	assert_string_equal(put(BYTES_LITERAL("foo")), "MZXW6");
	assert_string_equal(put(BYTES_LITERAL("foob")), "MZXW6YQ");
	assert_string_equal(put(BYTES_LITERAL("fooba")), "MZXW6YTB");
	assert_string_equal(put(BYTES_LITERAL("foobar")), "MZXW6YTBOI");
}

static void reads_secrets_as_people_copy_them(void **state)
{
	static const char *const typed[] = {"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
					    "gezd gnbv gy3t qojq gezd gnbv gy3t qojq\n",
					    "GEZDGNBV-GY3TQOJQ-GEZDGNBV-GY3TQOJQ==="};

	(void)state;
	for (size_t i = 0; i < COUNT(typed); i++) {
		AUTO(buffer) secret = {.max = 256};
		assert_ok(otpauth_read(text_of(typed[i]), &secret));
		assert_true(bytes_equal(buffer_bytes(&secret), BYTES_LITERAL("12345678901234567890")));
	}
}

static void refuses_what_is_short_long_or_no_base32(void **state)
{
	char endless[201];
	const char *const wrong[] = {"", "GEZDGNBVGY3TQOJQ", "0EZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", endless,
				     "otpauth://totp/x?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"};

	(void)state;
	memset(endless, 'A', sizeof endless - 1);
	endless[sizeof endless - 1] = '\0';
	for (size_t i = 0; i < COUNT(wrong); i++) {
		AUTO(buffer) secret = {.max = 256};
		assert_fails(ST_INVALID, otpauth_read(text_of(wrong[i]), &secret));
	}
}

static void links_escape_what_would_end_them(void **state)
{
	AUTO(buffer) link = {.max = OTPAUTH_LINK_MAX};
	const struct text expected =
		TEXT("otpauth://totp/vault.example%3A8443:a%26b%3Fc?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
		     "&issuer=vault.example%3A8443&algorithm=SHA1&digits=6&period=30");

	(void)state;
	assert_ok(
		otpauth_link(TEXT("vault.example:8443"), TEXT("a&b?c"), BYTES_LITERAL("12345678901234567890"), &link));
	assert_true(text_equal(text_from(buffer_bytes(&link)), expected));
}

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(writes_the_values_of_rfc_4648), TEST(reads_secrets_as_people_copy_them),
					   TEST(refuses_what_is_short_long_or_no_base32),
					   TEST(links_escape_what_would_end_them)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
