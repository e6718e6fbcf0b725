/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors.h"

#include <openssl/err.h>
#include <string.h>

#include "hash.h"
#include "p256_internal.h"

/* RFC 6979 appendix A.2.5. */
#define RFC_6979_PRIVATE "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"
#define RFC_6979_PUBLIC \
	"0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6" \
	"7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
#define RFC_6979_SIGNATURE \
	"efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716" \
	"f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"
/* SP 800-186 section 3.2.1.3. */
#define ORDER "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"

static void scalar_of(const char *hex, struct secret *out)
{
	assert_ok(secret_empty(32, out));
	vectors_literal(hex, out->bytes, 32);
}

static void has_the_pair_and_signature_of_rfc_6979(void **state)
{
	(void)state;
	AUTO(secret) scalar = {0};
	struct p256_public wanted, got;
	struct signature signature;

	scalar_of(RFC_6979_PRIVATE, &scalar);
	LITERAL(RFC_6979_PUBLIC, wanted.bytes);
	LITERAL(RFC_6979_SIGNATURE, signature.bytes);
	assert_ok(p256_public_of(&scalar, &got));
	assert_memory_equal(got.bytes, wanted.bytes, sizeof wanted);
	assert_ok(p256_verify(&wanted, BYTES_LITERAL("sample"), &signature));
	assert_fails(ST_UNPROVEN, p256_verify(&wanted, BYTES_LITERAL("samplf"), &signature));
}

static void agrees_as_rfc_5903(void **state)
{
	(void)state;
	/* Section 8.1. */
	AUTO(secret) i = {0};
	AUTO(secret) r = {0};
	struct p256_public pi, pr;
	uint8_t wanted[32], one[32], other[32];

	scalar_of("c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433", &i);
	scalar_of("c6ef9c5d78ae012a011164acb397ce2088685d8f06bf9be0b283ab46476bee53", &r);
	LITERAL("d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de", wanted);
	assert_ok(p256_public_of(&i, &pi));
	assert_ok(p256_public_of(&r, &pr));
	assert_ok(p256_scalar_shared(i.bytes, &pr, one));
	assert_ok(p256_scalar_shared(r.bytes, &pi, other));
	assert_memory_equal(one, wanted, sizeof wanted);
	assert_memory_equal(other, wanted, sizeof wanted);
}

static void signs_what_it_verifies(void **state)
{
	(void)state;
	AUTO(secret) scalar = {0};
	AUTO(p256_verifier) verifier = {0};
	struct p256_public public_key;
	struct signature signature;

	assert_ok(p256_new(&scalar, &public_key));
	assert_int_equal(scalar.len, 32);
	assert_ok(p256_check(&public_key));
	assert_ok(p256_verifier_new(&public_key, &verifier));
	for (size_t len = 0; len < 100; len++) {
		uint8_t data[100];

		memset(data, (int)len, sizeof data);
		assert_ok(p256_sign(&scalar, bytes_of(data, len), &signature));
		assert_ok(p256_verify(&public_key, bytes_of(data, len), &signature));
		assert_ok(p256_verifier_check(&verifier, bytes_of(data, len), &signature));
	}
	p256_verifier_clear(&verifier);
	p256_verifier_clear(&verifier);
}

/* A thread remembers the keys that it verified with: they must not be taken for one another. */
static void every_author_is_verified_with_his_own_key(void **state)
{
	(void)state;
	enum { AUTHORS = 100 };
	static struct p256_public public_keys[AUTHORS];
	static struct signature signatures[AUTHORS];

	for (size_t i = 0; i < AUTHORS; i++) {
		AUTO(secret) private_key = {0};
		assert_ok(p256_new(&private_key, &public_keys[i]));
		assert_ok(p256_sign(&private_key, BYTES_LITERAL("data"), &signatures[i]));
	}
	for (int round = 0; round < 3; round++)
		for (size_t i = 0; i < AUTHORS; i++) {
			const size_t other = (i + 1) % AUTHORS;
			assert_ok(p256_verify(&public_keys[i], BYTES_LITERAL("data"), &signatures[i]));
			assert_ok(p256_verify(&public_keys[i], BYTES_LITERAL("data"), &signatures[i]));
			assert_fails(ST_UNPROVEN,
				     p256_verify(&public_keys[i], BYTES_LITERAL("data"), &signatures[other]));
			assert_fails(ST_UNPROVEN, p256_verify(&public_keys[i], BYTES_LITERAL("Data"), &signatures[i]));
		}
	/* One that ends as a remembered one does and is no point. */
	struct p256_public bad = public_keys[0];
	bad.bytes[1] ^= 1;
	assert_fails(ST_INVALID, p256_verify(&bad, BYTES_LITERAL("data"), &signatures[0]));
	assert_ok(p256_verify(&public_keys[0], BYTES_LITERAL("data"), &signatures[0]));
}

static void refuses_every_flipped_bit(void **state)
{
	(void)state;
	struct p256_public public_key;
	struct signature signature;

	LITERAL(RFC_6979_PUBLIC, public_key.bytes);
	LITERAL(RFC_6979_SIGNATURE, signature.bytes);
	for (size_t bit = 0; bit < 512; bit++) {
		signature.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_fails(ST_UNPROVEN, p256_verify(&public_key, BYTES_LITERAL("sample"), &signature));
		signature.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t bit = 0; bit < 520; bit++) {
		public_key.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_false(ok(p256_verify(&public_key, BYTES_LITERAL("sample"), &signature)));
		public_key.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

/* FIPS 186-5 section 6.4.2, step 1; 0, n, n + 1 and 2^256 - 1 in either half. */
static void refuses_r_and_s_out_of_range(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		ORDER,
		"ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632552",
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	};
	struct p256_public public_key;
	struct signature signature;

	LITERAL(RFC_6979_PUBLIC, public_key.bytes);
	for (size_t i = 0; i < COUNT(bad); i++)
		for (size_t half = 0; half < 3; half++) {
			LITERAL(RFC_6979_SIGNATURE, signature.bytes);
			if (half != 1)
				vectors_literal(bad[i], signature.bytes, 32);
			if (half != 0)
				vectors_literal(bad[i], signature.bytes + 32, 32);
			assert_fails(ST_UNPROVEN, p256_verify(&public_key, BYTES_LITERAL("sample"), &signature));
		}
}

static void refuses_scalars_out_of_range(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		ORDER,
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	};
	struct p256_public public_key;
	struct signature signature;

	for (size_t i = 0; i < COUNT(bad); i++) {
		AUTO(secret) scalar = {0};
		uint8_t shared[32];

		scalar_of(bad[i], &scalar);
		assert_fails(ST_INVALID, p256_public_of(&scalar, &public_key));
		assert_fails(ST_INVALID, p256_sign(&scalar, BYTES_LITERAL("x"), &signature));
		LITERAL(RFC_6979_PUBLIC, public_key.bytes);
		assert_fails(ST_INVALID, p256_scalar_shared(scalar.bytes, &public_key, shared));
	}
	AUTO(secret) last = {0};
	scalar_of("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550", &last);
	assert_ok(p256_public_of(&last, &public_key));
	AUTO(secret) longer = {0};
	assert_ok(secret_new(33, &longer));
	assert_fails(ST_INVALID, p256_public_of(&longer, &public_key));
	assert_fails(ST_INVALID, p256_sign(&longer, BYTES_LITERAL("x"), &signature));
}

static void refuses_what_is_no_uncompressed_point(void **state)
{
	(void)state;
	struct p256_public good, bad;
	uint8_t shared[32];
	AUTO(secret) scalar = {0};
	AUTO(p256_verifier) verifier = {0};

	LITERAL(RFC_6979_PUBLIC, good.bytes);
	scalar_of(RFC_6979_PRIVATE, &scalar);
	assert_ok(p256_check(&good));
	for (unsigned form = 0; form < 256; form++) {
		bad = good;
		bad.bytes[0] = (uint8_t)form;
		assert_int_equal(ok(p256_check(&bad)), form == 4);
	}
	bad = good;
	bad.bytes[64] ^= 1;
	assert_fails(ST_INVALID, p256_check(&bad));
	assert_fails(ST_INVALID, p256_verifier_new(&bad, &verifier));
	assert_fails(ST_INVALID, p256_scalar_shared(scalar.bytes, &bad, shared));
	/* (0, 0), and coordinates of p and above. */
	memset(bad.bytes + 1, 0, 64);
	assert_fails(ST_INVALID, p256_check(&bad));
	memset(bad.bytes + 1, 0xff, 64);
	assert_fails(ST_INVALID, p256_check(&bad));
	assert_int_equal(ERR_peek_error(), 0);
}

static void derives_the_pairs_of_rfc_9180(void **state)
{
	(void)state;
	/* Appendix A.3.1: ikmE, ikmR and what DeriveKeyPair() makes of them. */
	static const struct {
		const char *seed, *scalar;
	} rows[] = {
		{"4270e54ffd08d79d5928020af4686d8f6b7d35dbe470265f1f5aa22816ce860e",
		 "4995788ef4b9d6132b249ce59a77281493eb39af373d236a1fe415cb0c2d7beb"},
		{"668b37171f1072f3cf12ea8a236a45df23fc13b82af3609ad1e354f6ef817550",
		 "f3ce7fdae57e1a310d87f1ebbde6f328be0a99cdbcadf4d6589cf29de4b8ffd2"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(secret) got = {0};
		AUTO(secret) wanted = {0};
		struct p256_public public_key, public_wanted;
		uint8_t seed[32];

		LITERAL(rows[i].seed, seed);
		scalar_of(rows[i].scalar, &wanted);
		assert_ok(p256_derive(BYTES_OF(seed), (struct bytes){0}, &got, &public_key));
		assert_true(secret_equal(secret_bytes(&got), secret_bytes(&wanted)));
		assert_ok(p256_public_of(&got, &public_wanted));
		assert_memory_equal(public_key.bytes, public_wanted.bytes, sizeof public_key);
	}
}

static void derivation_depends_on_label_and_seed(void **state)
{
	(void)state;
	AUTO(secret) plain = {0};
	AUTO(secret) labelled = {0};
	AUTO(secret) joined = {0};
	struct p256_public public_key;
	uint8_t seed[20] = {'a', 'b', 'c', 0, 5, 6};

	assert_ok(p256_derive(bytes_of(seed + 4, 16), (struct bytes){0}, &plain, &public_key));
	assert_ok(p256_derive(bytes_of(seed + 4, 16), BYTES_OF("abc"), &labelled, &public_key));
	assert_ok(p256_derive(BYTES_OF(seed), (struct bytes){0}, &joined, &public_key));
	assert_false(secret_equal(secret_bytes(&plain), secret_bytes(&labelled)));
	/* ikm is label || seed. */
	assert_true(secret_equal(secret_bytes(&joined), secret_bytes(&labelled)));
	secret_clear(&plain);
	assert_fails(ST_INVALID, p256_derive(bytes_of(seed, 15), (struct bytes){0}, &plain, &public_key));
	assert_null(plain.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(has_the_pair_and_signature_of_rfc_6979),
		TEST(agrees_as_rfc_5903),
		TEST(signs_what_it_verifies),
		TEST(every_author_is_verified_with_his_own_key),
		TEST(refuses_every_flipped_bit),
		TEST(refuses_r_and_s_out_of_range),
		TEST(refuses_scalars_out_of_range),
		TEST(refuses_what_is_no_uncompressed_point),
		TEST(derives_the_pairs_of_rfc_9180),
		TEST(derivation_depends_on_label_and_seed),
	};
	return ok(crypto_setup()) ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
