/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors.h"

#include <openssl/err.h>
#include <pthread.h>
#include <string.h>

#include "chunked.h"
#include "hash.h"
#include "hpke.h"
#include "xaes.h"

static void nothing_works_before_setting_up(void **state)
{
	(void)state;
	struct hash h;

	assert_fails(ST_INVALID, sha256(BYTES_LITERAL("x"), &h));
}

static void setting_up_twice_is_fine(void **state)
{
	(void)state;
	assert_ok(crypto_setup());
	assert_ok(crypto_setup());
}

#define CHECK(call) \
	do { \
		if (!ok(call)) \
			return "failed: " #call; \
	} while (0)

/* Everything once, as often as asked; NULL when all went well. */
static const char *use_everything(const struct key *key, const struct secret *private_key,
				  const struct p256_verifier *verifier, const struct p256_public *public_key)
{
	AUTO(buffer) b = {.max = 1 << 16};
	AUTO(buffer) plain = {.max = 1 << 16};
	AUTO(secret) opened = {0};
	struct signature signature;
	static const uint8_t page[20000];

	CHECK(xaes_seal(key, BYTES_LITERAL("aad"), BYTES_LITERAL("row"), &b));
	CHECK(xaes_open(key, BYTES_LITERAL("aad"), buffer_bytes(&b), &plain));
	b.len = plain.len = 0;
	CHECK(chunked_seal(key, BYTES_LITERAL("aad"), BYTES_OF(page), &b));
	CHECK(chunked_open(key, BYTES_LITERAL("aad"), buffer_bytes(&b), &plain));
	b.len = 0;
	CHECK(hpke_seal(public_key, BYTES_LITERAL("i"), BYTES_LITERAL("a"), BYTES_LITERAL("key"), &b));
	CHECK(hpke_open(private_key, BYTES_LITERAL("i"), BYTES_LITERAL("a"), buffer_bytes(&b), &opened));
	CHECK(p256_sign(private_key, BYTES_LITERAL("data"), &signature));
	CHECK(p256_verifier_check(verifier, BYTES_LITERAL("data"), &signature));
	return NULL;
}

static struct {
	struct key key;
	struct secret private_key;
	struct p256_public public_key;
	struct p256_verifier verifier;
} shared;

static void *worker(void *unused)
{
	(void)unused;
	for (int i = 0; i < 50; i++) {
		const char *failed =
			use_everything(&shared.key, &shared.private_key, &shared.verifier, &shared.public_key);
		if (failed != NULL)
			return (void *)(uintptr_t)failed;
	}
	return NULL;
}

static void threads_share_keys_and_a_verifier(void **state)
{
	(void)state;
	pthread_t threads[8];

	assert_ok(p256_new(&shared.private_key, &shared.public_key));
	assert_ok(p256_verifier_new(&shared.public_key, &shared.verifier));
	for (size_t i = 0; i < COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, worker, NULL), 0);
	for (size_t i = 0; i < COUNT(threads); i++) {
		void *failed;

		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
	p256_verifier_clear(&shared.verifier);
	secret_clear(&shared.private_key);
}

static void *clear_elsewhere(void *message)
{
	chunked_clear(message);
	return NULL;
}

static void a_message_may_end_in_another_thread(void **state)
{
	(void)state;
	struct chunked c = {0};
	uint8_t header[CHUNKED_HEADER];
	pthread_t thread;

	assert_ok(chunked_seal_begin(&shared.key, (struct bytes){0}, header, &c));
	assert_int_equal(pthread_create(&thread, NULL, clear_elsewhere, &c), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_null(c.context);
}

/* A TLS engine in the same thread asks this queue what became of its own call. */
static void refusals_leave_no_error_behind(void **state)
{
	(void)state;
	AUTO(secret) private_key = {0};
	AUTO(secret) out = {0};
	AUTO(buffer) b = {.max = 256};
	struct p256_public public_key;
	struct signature signature = {{1}};
	uint8_t room[256] = {0};

	assert_ok(p256_new(&private_key, &public_key));
	assert_fails(ST_UNPROVEN, p256_verify(&public_key, BYTES_LITERAL("x"), &signature));
	assert_int_equal(ERR_peek_error(), 0);
	assert_fails(ST_CORRUPT, xaes_open(&shared.key, (struct bytes){0}, bytes_of(room, 100), &b));
	assert_int_equal(ERR_peek_error(), 0);
	assert_fails(ST_CORRUPT,
		     hpke_open(&private_key, (struct bytes){0}, (struct bytes){0}, bytes_of(room, 100), &out));
	assert_int_equal(ERR_peek_error(), 0);
	public_key.bytes[5] ^= 1;
	assert_fails(ST_INVALID, p256_check(&public_key));
	assert_int_equal(ERR_peek_error(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_works_before_setting_up),   TEST(setting_up_twice_is_fine),
		TEST(threads_share_keys_and_a_verifier), TEST(a_message_may_end_in_another_thread),
		TEST(refusals_leave_no_error_behind),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
