/* SPDX-License-Identifier: Apache-2.0 */
/* RSA signatures of others, and ECDSA signatures in DER (RFC 8017, RFC 3279). */
#include "testing.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <string.h>

#include "ed25519.h"
#include "hash.h"
#include "p256.h"
#include "rsa.h"
#include "secret.h"

static uint8_t modulus[RSA_MODULUS_MAX + 1], signature[RSA_MODULUS_MAX + 1];
static size_t modulus_len, signature_len;
static const uint8_t exponent[] = {1, 0, 1};

static void make(unsigned bits, struct bytes data)
{
	EVP_PKEY *key = EVP_RSA_gen(bits);
	EVP_MD_CTX *task = EVP_MD_CTX_new();
	BIGNUM *n = NULL;

	assert_int_equal(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n), 1);
	modulus_len = (size_t)BN_bn2bin(n, modulus);
	signature_len = sizeof signature;
	assert_int_equal(EVP_DigestSignInit_ex(task, NULL, "SHA256", NULL, NULL, key, NULL), 1);
	assert_int_equal(EVP_DigestSign(task, signature, &signature_len, data.at, data.len), 1);
	BN_free(n);
	EVP_MD_CTX_free(task);
	EVP_PKEY_free(key);
}

static int setup(void **state)
{
	(void)state;
	return ok(secret_setup()) && ok(crypto_setup()) ? 0 : -1;
}

static void verifies_and_refuses(void **state)
{
	const struct bytes data = BYTES_LITERAL("what was signed"), other = BYTES_LITERAL("what was not");

	(void)state;
	make(2048, data);
	struct rsa_public k = {bytes_of(modulus, modulus_len), bytes_of(exponent, sizeof exponent)};
	const struct bytes s = bytes_of(signature, signature_len);
	assert_ok(rsa_check(&k));
	assert_ok(rsa_verify(&k, data, s));
	assert_fails(ST_UNPROVEN, rsa_verify(&k, other, s));
	assert_fails(ST_UNPROVEN, rsa_verify(&k, data, bytes_of(s.at, s.len - 1)));
	assert_fails(ST_UNPROVEN, rsa_verify(&k, data, (struct bytes){0}));
	signature[9] ^= 1;
	assert_fails(ST_UNPROVEN, rsa_verify(&k, data, s));
	signature[9] ^= 1;
	modulus[9] ^= 1;
	assert_fails(ST_UNPROVEN, rsa_verify(&k, data, s));
}

static void refuses_weak_keys(void **state)
{
	static const uint8_t three[] = {3}, long_one[] = {0, 1, 0, 1};
	struct rsa_public k = {.exponent = bytes_of(exponent, sizeof exponent)};

	(void)state;
	memset(modulus, 0xff, sizeof modulus);
	const size_t bad[] = {1, 128, RSA_MODULUS_MIN - 1, RSA_MODULUS_MAX + 1};
	for (size_t i = 0; i < COUNT(bad); i++) {
		k.modulus = bytes_of(modulus, bad[i]);
		assert_fails(ST_INVALID, rsa_check(&k));
	}
	k.modulus = bytes_of(modulus, RSA_MODULUS_MIN);
	assert_ok(rsa_check(&k));
	k.exponent = bytes_of(three, sizeof three);
	assert_fails(ST_INVALID, rsa_check(&k));
	k.exponent = bytes_of(long_one, sizeof long_one);
	assert_fails(ST_INVALID, rsa_check(&k));
	k.exponent = bytes_of(exponent, sizeof exponent);
	modulus[RSA_MODULUS_MIN - 1] = 0xfe;
	assert_fails(ST_INVALID, rsa_verify(&k, BYTES_LITERAL("x"), BYTES_LITERAL("y")));
}

static void reads_signatures_in_strict_der(void **state)
{
	static const struct {
		const char *der;
		size_t len;
		bool good;
	} rows[] = {
		{"\x30\x06\x02\x01\x01\x02\x01\x02", 8, true},
		{"\x30\x08\x02\x02\x00\x80\x02\x02\x00\x81", 10, true},
		{"\x30\x06\x02\x01\x00\x02\x01\x02", 8, true}, /* zero is for the verification to refuse */
		{"\x30\x06\x02\x01\x01\x02\x01\x02\x00", 9, false},
		{"\x30\x07\x02\x01\x01\x02\x01\x02\x00", 9, false},
		{"\x30\x05\x02\x01\x01\x02\x01\x02", 8, false},
		{"\x30\x81\x06\x02\x01\x01\x02\x01\x02", 9, false},
		{"\x30\x80\x02\x01\x01\x02\x01\x02\x00\x00", 10, false},
		{"\x30\x07\x02\x02\x00\x01\x02\x01\x02", 9, false}, /* a zero too many */
		{"\x30\x06\x02\x01\x80\x02\x01\x02", 8, false},     /* negative */
		{"\x30\x05\x02\x00\x02\x01\x02", 7, false},
		{"\x31\x06\x02\x01\x01\x02\x01\x02", 8, false},
		{"\x30\x06\x03\x01\x01\x02\x01\x02", 8, false},
		{"\x30\x03\x02\x01\x01", 5, false},
		{"", 0, false},
	};
	struct signature s;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(ok(p256_signature_read(bytes_of(rows[i].der, rows[i].len), &s)), rows[i].good);
}

static void knows_points_of_full_order(void **state)
{
	AUTO(secret) seed = {0};
	struct ed25519_public k;

	(void)state;
	assert_ok(ed25519_new(&seed, &k));
	assert_ok(ed25519_check(&k));
	memset(k.bytes, 0, sizeof k.bytes);
	assert_fails(ST_INVALID, ed25519_check(&k));
	k.bytes[0] = 1;
	assert_fails(ST_INVALID, ed25519_check(&k));
	memset(k.bytes, 0xff, sizeof k.bytes);
	assert_fails(ST_INVALID, ed25519_check(&k));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(verifies_and_refuses),
		TEST(refuses_weak_keys),
		TEST(reads_signatures_in_strict_der),
		TEST(knows_points_of_full_order),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
