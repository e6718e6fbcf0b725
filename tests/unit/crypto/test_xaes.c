/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors.h"

#include <string.h>

#include "engine.h"
#include "hash.h"
#include "xaes.h"

static const struct key key = {{1, 2, 3}};

static void assert_sealed(uint8_t key_byte, struct bytes aad, const char *hex)
{
	struct key repeated;
	uint8_t wanted[28], got[28], whole[52], plain[12];

	memset(repeated.bytes, key_byte, sizeof repeated.bytes);
	LITERAL(hex, wanted);
	const uint8_t *nonce = (const uint8_t *)"ABCDEFGHIJKLMNOPQRSTUVWX";
	assert_ok(xaes_seal_nonce(&repeated, nonce, aad, BYTES_LITERAL("XAES-256-GCM"), got));
	assert_memory_equal(got, wanted, sizeof wanted);
	memcpy(whole, nonce, 24);
	memcpy(whole + 24, wanted, sizeof wanted);
	assert_ok(xaes_open_to(&repeated, aad, BYTES_OF(whole), plain));
	assert_memory_equal(plain, "XAES-256-GCM", sizeof plain);
}

static void has_the_vectors_of_the_specification(void **state)
{
	(void)state;
	/* The first has MSB(L) = 0, the second 1. */
	assert_sealed(0x01, (struct bytes){0}, "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271");
	assert_sealed(0x03, BYTES_LITERAL("c2sp.org/XAES-256-GCM"),
		      "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d");
}

static void opens_what_it_sealed_at_every_length(void **state)
{
	(void)state;
	AUTO(buffer) sealed = {.max = 4096};
	AUTO(buffer) opened = {.max = 4096};
	uint8_t plain[300];

	for (size_t i = 0; i < sizeof plain; i++)
		plain[i] = (uint8_t)i;
	for (size_t len = 0; len <= sizeof plain; len++) {
		struct bytes view = bytes_of(len > 0 ? plain : NULL, len);

		sealed.len = opened.len = 0;
		assert_ok(xaes_seal(&key, bytes_of(plain, len / 2), view, &sealed));
		assert_int_equal(sealed.len, len + XAES_OVERHEAD);
		assert_ok(xaes_open(&key, bytes_of(plain, len / 2), buffer_bytes(&sealed), &opened));
		assert_true(bytes_equal(buffer_bytes(&opened), bytes_of(plain, len)));
	}
}

/* Short messages go another way than long ones: both must say the same, also around the border. */
static void both_ways_agree_at_every_length(void **state)
{
	(void)state;
	static uint8_t plain[1300], sealed[2][sizeof plain + XAES_OVERHEAD], opened[sizeof plain];
	const uint8_t *nonce = (const uint8_t *)"ABCDEFGHIJKLMNOPQRSTUVWX";
	const bool had = engine_algorithms.short_gcm;

	for (size_t i = 0; i < sizeof plain; i++)
		plain[i] = (uint8_t)(i * 7);
	for (size_t len = 0; len <= sizeof plain; len += len < 80 || (len > 1000 && len < 1050) ? 1 : 61) {
		for (int way = 0; way < 2; way++) {
			engine_algorithms.short_gcm = had && way == 0;
			memcpy(sealed[way], nonce, 24);
			assert_ok(xaes_seal_nonce(&key, nonce, bytes_of(plain, len % 50), bytes_of(plain, len),
						  sealed[way] + 24));
		}
		assert_memory_equal(sealed[0], sealed[1], len + XAES_OVERHEAD);
		for (int way = 0; way < 2; way++) {
			engine_algorithms.short_gcm = had && way == 0;
			assert_ok(xaes_open_to(&key, bytes_of(plain, len % 50),
					       bytes_of(sealed[0], len + XAES_OVERHEAD), opened));
			assert_memory_equal(opened, plain, len);
		}
	}
	engine_algorithms.short_gcm = had;
}

static void opens_nothing_into_an_empty_buffer(void **state)
{
	(void)state;
	AUTO(buffer) sealed = {.max = XAES_OVERHEAD};
	AUTO(buffer) opened = {0};

	assert_ok(xaes_seal(&key, (struct bytes){0}, (struct bytes){0}, &sealed));
	assert_ok(xaes_open(&key, (struct bytes){0}, buffer_bytes(&sealed), &opened));
	assert_int_equal(opened.len, 0);
}

/* What a series seals is opened by whoever has the key of then, and no other. */
static void a_series_seals_under_the_key_of_then(void **state)
{
	(void)state;
	static const struct key second = {{9, 9}};
	const struct key *const keys[] = {&key, &key, &second, &key};
	AUTO(buffer) sealed = {.max = 256}, opened = {.max = 256};
	const struct bytes aad = BYTES_LITERAL("aad"), plain = BYTES_LITERAL("a leaf");
	struct xaes_series *series;

	assert_ok(xaes_series_new(&series));
	assert_fails(ST_INVALID, xaes_series_seal(series, aad, plain, &sealed));
	for (size_t i = 0; i < COUNT(keys); i++) {
		const struct key *const other = keys[i] == &key ? &second : &key;

		assert_ok(xaes_series_begin(series, keys[i]));
		for (int message = 0; message < 3; message++) {
			sealed.len = opened.len = 0;
			assert_ok(xaes_series_seal(series, aad, plain, &sealed));
			assert_int_equal(sealed.len, plain.len + XAES_OVERHEAD);
			assert_ok(xaes_open(keys[i], aad, buffer_bytes(&sealed), &opened));
			assert_true(bytes_equal(buffer_bytes(&opened), plain));
			assert_fails(ST_CORRUPT, xaes_open(other, aad, buffer_bytes(&sealed), &opened));
		}
		if (i == 1)
			xaes_series_end(series);
	}
	xaes_series_end(series);
	sealed.len = 0;
	assert_fails(ST_INVALID, xaes_series_seal(series, aad, plain, &sealed));
	assert_int_equal(sealed.len, 0);
	xaes_series_free(series);
}

static void no_two_seals_are_equal(void **state)
{
	(void)state;
	uint8_t a[XAES_OVERHEAD + 3], b[XAES_OVERHEAD + 3];

	assert_ok(xaes_seal_to(&key, (struct bytes){0}, BYTES_LITERAL("row"), a));
	assert_ok(xaes_seal_to(&key, (struct bytes){0}, BYTES_LITERAL("row"), b));
	assert_memory_not_equal(a, b, 24);
	assert_memory_not_equal(a + 24, b + 24, 3);
}

/* The room is zero after a refusal, and the buffer as long as before. */
static void assert_refused(const struct key *with, struct bytes aad, struct bytes sealed)
{
	AUTO(buffer) out = {.max = 256};
	uint8_t room[64];

	assert_ok(buffer_put(&out, BYTES_LITERAL("before")));
	assert_fails(ST_CORRUPT, xaes_open(with, aad, sealed, &out));
	assert_true(bytes_equal(buffer_bytes(&out), BYTES_LITERAL("before")));
	memset(room, 'u', sizeof room);
	assert_fails(ST_CORRUPT, xaes_open_to(with, aad, sealed, room));
	for (size_t i = 0; i < sizeof room; i++)
		assert_int_equal(room[i], sealed.len >= XAES_OVERHEAD && i < sealed.len - XAES_OVERHEAD ? 0 : 'u');
}

static void refuses_every_truncation_and_flipped_bit(void **state)
{
	(void)state;
	uint8_t sealed[XAES_OVERHEAD + 5], longer[sizeof sealed + 1] = {0};
	struct bytes aad = BYTES_LITERAL("aad");

	assert_ok(xaes_seal_to(&key, aad, BYTES_LITERAL("hello"), sealed));
	for (size_t len = 0; len < sizeof sealed; len++)
		assert_refused(&key, aad, bytes_of(sealed, len));
	for (size_t bit = 0; bit < 8 * sizeof sealed; bit++) {
		sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_refused(&key, aad, BYTES_OF(sealed));
		sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	memcpy(longer, sealed, sizeof sealed);
	assert_refused(&key, aad, BYTES_OF(longer));
}

static void refuses_another_key_or_additional_data(void **state)
{
	(void)state;
	uint8_t sealed[XAES_OVERHEAD + 5];
	struct key other = key;

	assert_ok(xaes_seal_to(&key, BYTES_LITERAL("aad"), BYTES_LITERAL("hello"), sealed));
	assert_refused(&key, BYTES_LITERAL("aae"), BYTES_OF(sealed));
	assert_refused(&key, BYTES_LITERAL("aa"), BYTES_OF(sealed));
	assert_refused(&key, (struct bytes){0}, BYTES_OF(sealed));
	for (size_t bit = 0; bit < 256; bit++) {
		other.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_refused(&other, BYTES_LITERAL("aad"), BYTES_OF(sealed));
		other.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void a_full_buffer_is_left_as_it_was(void **state)
{
	(void)state;
	AUTO(buffer) out = {.max = XAES_OVERHEAD};

	assert_fails(ST_TOO_BIG, xaes_seal(&key, (struct bytes){0}, BYTES_LITERAL("x"), &out));
	assert_int_equal(out.len, 0);
	assert_ok(xaes_seal(&key, (struct bytes){0}, (struct bytes){0}, &out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(has_the_vectors_of_the_specification),     TEST(opens_what_it_sealed_at_every_length),
		TEST(opens_nothing_into_an_empty_buffer),       TEST(no_two_seals_are_equal),
		TEST(refuses_every_truncation_and_flipped_bit), TEST(refuses_another_key_or_additional_data),
		TEST(a_series_seals_under_the_key_of_then),     TEST(a_full_buffer_is_left_as_it_was),
		TEST(both_ways_agree_at_every_length),
	};
	return ok(crypto_setup()) ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
