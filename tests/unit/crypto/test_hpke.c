/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors.h"

#include <openssl/err.h>
#include <string.h>

#include "hash.h"
#include "hpke.h"

#define INFO  BYTES_LITERAL("info")
#define AAD   BYTES_LITERAL("aad")
#define PLAIN BYTES_LITERAL("an epoch key of thirty-two bytes")

static struct secret private_key;
static struct p256_public public_key;

static int set_up(void **state)
{
	(void)state;
	return ok(p256_new(&private_key, &public_key)) ? 0 : 1;
}

static int tear_down(void **state)
{
	(void)state;
	secret_clear(&private_key);
	return 0;
}

static void opens_what_it_sealed_at_every_length(void **state)
{
	(void)state;
	AUTO(buffer) sealed = {.max = 4096};
	uint8_t plain[80];

	for (size_t len = 0; len <= sizeof plain; len++) {
		AUTO(secret) opened = {0};

		memset(plain, (int)len, sizeof plain);
		sealed.len = 0;
		assert_ok(hpke_seal(&public_key, INFO, AAD, bytes_of(plain, len), &sealed));
		assert_int_equal(sealed.len, len + HPKE_OVERHEAD);
		assert_ok(hpke_open(&private_key, INFO, AAD, buffer_bytes(&sealed), &opened));
		assert_true(secret_equal(secret_bytes(&opened), bytes_of(plain, len)));
	}
}

static void info_aad_and_plain_may_be_empty(void **state)
{
	(void)state;
	AUTO(buffer) sealed = {.max = 4096};
	AUTO(secret) opened = {0};
	const struct bytes none = {0};

	assert_ok(hpke_seal(&public_key, none, none, none, &sealed));
	assert_ok(hpke_open(&private_key, none, none, buffer_bytes(&sealed), &opened));
	assert_non_null(opened.bytes);
	assert_int_equal(opened.len, 0);
}

static void no_two_seals_share_their_ephemeral_key(void **state)
{
	(void)state;
	AUTO(buffer) a = {.max = 4096};
	AUTO(buffer) b = {.max = 4096};

	assert_ok(hpke_seal(&public_key, INFO, AAD, PLAIN, &a));
	assert_ok(hpke_seal(&public_key, INFO, AAD, PLAIN, &b));
	assert_memory_not_equal(a.bytes, b.bytes, 65);
}

static void assert_refused(const struct secret *with, struct bytes info, struct bytes aad, struct bytes sealed)
{
	AUTO(secret) out = {0};

	assert_fails(ST_CORRUPT, hpke_open(with, info, aad, sealed, &out));
	assert_null(out.bytes);
	assert_int_equal(ERR_peek_error(), 0);
}

static void refuses_every_truncation_and_flipped_bit(void **state)
{
	(void)state;
	AUTO(buffer) sealed = {.max = 4096};

	assert_ok(hpke_seal(&public_key, INFO, AAD, PLAIN, &sealed));
	for (size_t len = 0; len < sealed.len; len++)
		assert_refused(&private_key, INFO, AAD, bytes_of(sealed.bytes, len));
	/* Most flips of the first 65 bytes give what is no point of the curve. */
	for (size_t bit = 0; bit < 8 * sealed.len; bit++) {
		sealed.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_refused(&private_key, INFO, AAD, buffer_bytes(&sealed));
		sealed.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void refuses_another_info_aad_or_recipient(void **state)
{
	(void)state;
	AUTO(buffer) sealed = {.max = 4096};
	AUTO(secret) other = {0};
	AUTO(secret) opened = {0};
	struct p256_public other_public;

	assert_ok(p256_new(&other, &other_public));
	assert_ok(hpke_seal(&public_key, INFO, AAD, PLAIN, &sealed));
	assert_refused(&private_key, BYTES_LITERAL("infp"), AAD, buffer_bytes(&sealed));
	assert_refused(&private_key, (struct bytes){0}, AAD, buffer_bytes(&sealed));
	assert_refused(&private_key, INFO, BYTES_LITERAL("aae"), buffer_bytes(&sealed));
	assert_refused(&private_key, AAD, INFO, buffer_bytes(&sealed));
	assert_refused(&other, INFO, AAD, buffer_bytes(&sealed));
	assert_ok(hpke_open(&private_key, INFO, AAD, buffer_bytes(&sealed), &opened));
}

static void refuses_keys_that_are_none(void **state)
{
	(void)state;
	AUTO(buffer) sealed = {.max = 4096};
	AUTO(secret) zero = {0};
	AUTO(secret) longer = {0};
	AUTO(secret) out = {0};
	struct p256_public bad = public_key;

	bad.bytes[64] ^= 1;
	assert_ok(buffer_put(&sealed, BYTES_LITERAL("before")));
	assert_fails(ST_INVALID, hpke_seal(&bad, INFO, AAD, PLAIN, &sealed));
	bad.bytes[0] = 0x06;
	assert_fails(ST_INVALID, hpke_seal(&bad, INFO, AAD, PLAIN, &sealed));
	assert_true(bytes_equal(buffer_bytes(&sealed), BYTES_LITERAL("before")));
	sealed.len = 0;
	assert_ok(hpke_seal(&public_key, INFO, AAD, PLAIN, &sealed));
	assert_ok(secret_empty(32, &zero));
	assert_ok(secret_new(33, &longer));
	assert_fails(ST_INVALID, hpke_open(&zero, INFO, AAD, buffer_bytes(&sealed), &out));
	assert_fails(ST_INVALID, hpke_open(&longer, INFO, AAD, buffer_bytes(&sealed), &out));
	assert_null(out.bytes);
}

static void a_full_buffer_is_left_as_it_was(void **state)
{
	(void)state;
	AUTO(buffer) sealed = {.max = HPKE_OVERHEAD};

	assert_fails(ST_TOO_BIG, hpke_seal(&public_key, INFO, AAD, BYTES_LITERAL("x"), &sealed));
	assert_int_equal(sealed.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(opens_what_it_sealed_at_every_length),   TEST(info_aad_and_plain_may_be_empty),
		TEST(no_two_seals_share_their_ephemeral_key), TEST(refuses_every_truncation_and_flipped_bit),
		TEST(refuses_another_info_aad_or_recipient),  TEST(refuses_keys_that_are_none),
		TEST(a_full_buffer_is_left_as_it_was),
	};
	return ok(crypto_setup()) ? cmocka_run_group_tests(tests, set_up, tear_down) : 1;
}
