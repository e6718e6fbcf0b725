/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The accumulated randomized tests of c2sp.org/XAES-256-GCM: 10,000 iterations,
 * or 1,000,000 with the argument "slow".  Both streams are SHAKE-128.
 */
#include "vectors.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "xaes.h"

/* More than 1,000,000 iterations of at most 32 + 24 + 2 * 256 bytes read, on
 * average 313: the stream is drawn in one piece, as OpenSSL 3.0 can squeeze once. */
#define STREAM_BYTES_PER_ITERATION 330

static bool slow;

struct stream {
	uint8_t *bytes;
	size_t len, at;
};

static const uint8_t *take(struct stream *s, size_t len)
{
	assert_true(len <= s->len - s->at);
	const uint8_t *at = s->bytes + s->at;
	s->at += len;
	return at;
}

static struct bytes take_sized(struct stream *s)
{
	size_t len = *take(s, 1);

	return bytes_of(take(s, len), len);
}

static struct stream draw(size_t len)
{
	struct stream s = {malloc(len), len, 0};
	EVP_MD_CTX *shake = EVP_MD_CTX_new();

	assert_non_null(s.bytes);
	assert_int_equal(EVP_DigestInit_ex2(shake, EVP_shake128(), NULL), 1);
	assert_int_equal(EVP_DigestFinalXOF(shake, s.bytes, len), 1);
	EVP_MD_CTX_free(shake);
	return s;
}

static void one(struct stream *s, EVP_MD_CTX *sum)
{
	uint8_t out[24 + 256 + 16], back[256];
	struct key key;

	memcpy(key.bytes, take(s, sizeof key), sizeof key);
	memcpy(out, take(s, 24), 24);
	struct bytes plain = take_sized(s), aad = take_sized(s);
	assert_ok(xaes_seal_nonce(&key, out, aad, plain, out + 24));
	assert_int_equal(EVP_DigestUpdate(sum, out + 24, plain.len + 16), 1);
	assert_ok(xaes_open_to(&key, aad, bytes_of(out, 24 + plain.len + 16), back));
	assert_memory_equal(back, plain.at, plain.len);
}

static void hash_equals_that_of_the_specification(void **state)
{
	(void)state;
	size_t iterations = slow ? 1000000 : 10000;
	struct stream s = draw(iterations * STREAM_BYTES_PER_ITERATION);
	EVP_MD_CTX *sum = EVP_MD_CTX_new();
	uint8_t start[16], got[32], wanted[32];

	LITERAL("7f9c2ba4e88f827d616045507605853e", start);
	assert_memory_equal(s.bytes, start, sizeof start);
	assert_int_equal(EVP_DigestInit_ex2(sum, EVP_shake128(), NULL), 1);
	for (size_t i = 0; i < iterations; i++)
		one(&s, sum);
	assert_int_equal(EVP_DigestFinalXOF(sum, got, sizeof got), 1);
	LITERAL(slow ? "2163ae1445985a30b60585ee67daa55674df06901b890593e824b8a7c885ab15"
		     : "e6b9edf2df6cec60c8cbd864e2211b597fb69a529160cd040d56c0c210081939",
		wanted);
	assert_memory_equal(got, wanted, sizeof wanted);
	EVP_MD_CTX_free(sum);
	free(s.bytes);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {TEST(hash_equals_that_of_the_specification)};

	slow = argc > 1 && strcmp(argv[1], "slow") == 0;
	return ok(crypto_setup()) ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
