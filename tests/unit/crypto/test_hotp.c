/* SPDX-License-Identifier: Apache-2.0 */
/* The values of RFC 4226 appendix D and RFC 6238 appendix B (PROMISES#S5). */
#include "testing.h"

#include <string.h>

#include "hotp.h"

#define TWENTY "12345678901234567890"

static void gives_the_values_of_rfc_4226(void **state)
{
	static const char *const expected[] = {"755224", "287082", "359152", "969429", "338314",
					       "254676", "287922", "162583", "399871", "520489"};
	struct hotp_code code;

	(void)state;
	for (size_t i = 0; i < COUNT(expected); i++) {
		assert_ok(hotp_make(HOTP_SHA1, BYTES_LITERAL(TWENTY), i, 6, &code));
		assert_string_equal(code.at, expected[i]);
	}
}

static void gives_the_values_of_rfc_6238(void **state)
{
	/* The secrets are of the hash's length: erratum 2866 of the RFC. */
	const struct bytes secrets[] = {
		[HOTP_SHA1] = BYTES_LITERAL(TWENTY),
		[HOTP_SHA256] = BYTES_LITERAL(TWENTY "123456789012"),
		[HOTP_SHA512] = BYTES_LITERAL(TWENTY TWENTY TWENTY "1234"),
	};
	static const struct {
		uint64_t seconds;
		const char *expected[4];
	} rows[] = {
		{59, {NULL, "94287082", "46119246", "90693936"}},
		{1111111109, {NULL, "07081804", "68084774", "25091201"}},
		{1111111111, {NULL, "14050471", "67062674", "99943326"}},
		{1234567890, {NULL, "89005924", "91819424", "93441116"}},
		{2000000000, {NULL, "69279037", "90698825", "38618901"}},
		{20000000000, {NULL, "65353130", "77737706", "47863826"}},
	};
	struct hotp_code code;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		for (int a = HOTP_SHA1; a <= HOTP_SHA512; a++) {
			assert_ok(hotp_make((enum hotp_algorithm)a, secrets[a], rows[i].seconds / 30, 8, &code));
			assert_string_equal(code.at, rows[i].expected[a]);
		}
}

static void refuses_other_lengths(void **state)
{
	struct hotp_code code;

	(void)state;
	assert_fails(ST_INVALID, hotp_make(HOTP_SHA1, BYTES_LITERAL(TWENTY), 1, 5, &code));
	assert_fails(ST_INVALID, hotp_make(HOTP_SHA1, BYTES_LITERAL(TWENTY), 1, 9, &code));
}

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(gives_the_values_of_rfc_4226), TEST(gives_the_values_of_rfc_6238),
					   TEST(refuses_other_lengths)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
