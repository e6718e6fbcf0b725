/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors.h"

#include <string.h>

#include "ed25519.h"

static void has_the_vectors_of_rfc_8032(void **state)
{
	(void)state;
	/* Section 7.1, TEST 1 and TEST 2. */
	static const struct {
		const char *seed, *public_key, *data, *signature;
	} rows[] = {
		{"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
		 "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
		 "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf"
		 "5f"
		 "0595bbe24655141438e7a100b"},
		{"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
		 "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "r",
		 "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2"
		 "ea"
		 "eb4302aeeb00d291612bb0c00"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(secret) seed = {0};
		struct ed25519_public public_key;
		uint8_t wanted[64], got[64];
		struct bytes data = bytes_of(rows[i].data, strlen(rows[i].data));

		assert_ok(secret_empty(32, &seed));
		vectors_literal(rows[i].seed, seed.bytes, 32);
		LITERAL(rows[i].public_key, public_key.bytes);
		LITERAL(rows[i].signature, wanted);
		assert_ok(ed25519_sign(&seed, data, got));
		assert_memory_equal(got, wanted, sizeof wanted);
		assert_ok(ed25519_verify(&public_key, data, wanted));
	}
}

static void refuses_every_flipped_bit(void **state)
{
	(void)state;
	AUTO(secret) seed = {0};
	struct ed25519_public public_key;
	uint8_t signature[64];

	assert_ok(ed25519_new(&seed, &public_key));
	assert_ok(ed25519_sign(&seed, BYTES_LITERAL("checkpoint"), signature));
	assert_ok(ed25519_verify(&public_key, BYTES_LITERAL("checkpoint"), signature));
	assert_fails(ST_UNPROVEN, ed25519_verify(&public_key, BYTES_LITERAL("checkpoinu"), signature));
	for (size_t bit = 0; bit < 512; bit++) {
		signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_fails(ST_UNPROVEN, ed25519_verify(&public_key, BYTES_LITERAL("checkpoint"), signature));
		signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	public_key.bytes[0] ^= 1;
	assert_fails(ST_UNPROVEN, ed25519_verify(&public_key, BYTES_LITERAL("checkpoint"), signature));
}

static void a_seed_of_another_length_is_refused(void **state)
{
	(void)state;
	AUTO(secret) seed = {0};
	uint8_t signature[64];

	assert_ok(secret_new(31, &seed));
	assert_fails(ST_INVALID, ed25519_sign(&seed, BYTES_LITERAL("x"), signature));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(has_the_vectors_of_rfc_8032),
		TEST(refuses_every_flipped_bit),
		TEST(a_seed_of_another_length_is_refused),
	};
	return ok(secret_setup()) ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
