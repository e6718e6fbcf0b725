/* SPDX-License-Identifier: Apache-2.0 */
/* A series that cannot be made, or not begun: every call that may fail does, in turn.  The linker hands the calls of
 * ours to the functions here. */
#include "testing.h"

#include <openssl/err.h>
#include <sodium.h>
#include <stdlib.h>

#include "engine.h"
#include "hash.h"
#include "xaes.h"

/* Calls from now until the one that fails; -1 for never. */
static long fail_at = -1;
static bool failed;
/* Made and not given back. */
static int pages, contexts;

static bool fails_now(void)
{
	if (fail_at < 0 || fail_at-- > 0)
		return false;
	failed = true;
	return true;
}

void *__real_calloc(size_t count, size_t len);
void *__wrap_calloc(size_t count, size_t len);
void *__wrap_calloc(size_t count, size_t len)
{
	return fails_now() ? NULL : __real_calloc(count, len);
}

void *__real_sodium_malloc(size_t len);
void *__wrap_sodium_malloc(size_t len);
void *__wrap_sodium_malloc(size_t len)
{
	if (fails_now())
		return NULL;
	pages++;
	return __real_sodium_malloc(len);
}

void __real_sodium_free(void *at);
void __wrap_sodium_free(void *at);
void __wrap_sodium_free(void *at)
{
	pages -= at != NULL;
	__real_sodium_free(at);
}

EVP_CIPHER_CTX *__real_EVP_CIPHER_CTX_new(void);
EVP_CIPHER_CTX *__wrap_EVP_CIPHER_CTX_new(void);
EVP_CIPHER_CTX *__wrap_EVP_CIPHER_CTX_new(void)
{
	if (fails_now())
		return NULL;
	contexts++;
	return __real_EVP_CIPHER_CTX_new();
}

void __real_EVP_CIPHER_CTX_free(EVP_CIPHER_CTX *c);
void __wrap_EVP_CIPHER_CTX_free(EVP_CIPHER_CTX *c);
void __wrap_EVP_CIPHER_CTX_free(EVP_CIPHER_CTX *c)
{
	contexts -= c != NULL;
	__real_EVP_CIPHER_CTX_free(c);
}

int __real_EVP_EncryptInit_ex2(EVP_CIPHER_CTX *c, const EVP_CIPHER *cipher, const uint8_t *key, const uint8_t *iv,
			       const OSSL_PARAM *params);
int __wrap_EVP_EncryptInit_ex2(EVP_CIPHER_CTX *c, const EVP_CIPHER *cipher, const uint8_t *key, const uint8_t *iv,
			       const OSSL_PARAM *params);
int __wrap_EVP_EncryptInit_ex2(EVP_CIPHER_CTX *c, const EVP_CIPHER *cipher, const uint8_t *key, const uint8_t *iv,
			       const OSSL_PARAM *params)
{
	return fails_now() ? 0 : __real_EVP_EncryptInit_ex2(c, cipher, key, iv, params);
}

int __real_EVP_EncryptUpdate(EVP_CIPHER_CTX *c, uint8_t *out, int *out_len, const uint8_t *in, int len);
int __wrap_EVP_EncryptUpdate(EVP_CIPHER_CTX *c, uint8_t *out, int *out_len, const uint8_t *in, int len);
int __wrap_EVP_EncryptUpdate(EVP_CIPHER_CTX *c, uint8_t *out, int *out_len, const uint8_t *in, int len)
{
	return fails_now() ? 0 : __real_EVP_EncryptUpdate(c, out, out_len, in, len);
}

/* ---- Tests ---- */

static const struct key first = {{1, 2, 3}}, second = {{9, 9}};

/* ${n} more calls, then one that fails. */
static void fail_after(long n)
{
	fail_at = n;
	failed = false;
}

static void no_fault(void)
{
	fail_at = -1;
}

static struct status seal(struct xaes_series *series, struct buffer *out)
{
	return xaes_series_seal(series, BYTES_LITERAL("aad"), BYTES_LITERAL("a leaf"), out);
}

static void assert_seals_under(struct xaes_series *series, const struct key *key)
{
	AUTO(buffer) sealed = {.max = 256};
	AUTO(buffer) opened = {.max = 256};

	assert_ok(seal(series, &sealed));
	assert_ok(xaes_open(key, BYTES_LITERAL("aad"), buffer_bytes(&sealed), &opened));
	assert_true(bytes_equal(buffer_bytes(&opened), BYTES_LITERAL("a leaf")));
}

static void assert_seals_nothing(struct xaes_series *series)
{
	AUTO(buffer) sealed = {.max = 256};

	assert_fails(ST_INVALID, seal(series, &sealed));
	assert_int_equal(sealed.len, 0);
}

static void one_that_cannot_be_made_leaves_nothing(void **state)
{
	const int had_pages = pages, had_contexts = contexts;
	struct xaes_series *series = NULL;
	long n = 0;

	(void)state;
	for (bool met = true; met; n++) {
		fail_after(n);
		struct status made = xaes_series_new(&series);
		no_fault();
		met = failed;
		assert_int_equal(made.code, met ? ST_NO_MEMORY : ST_OK);
		assert_true((series == NULL) == met);
		assert_int_equal(ERR_peek_error(), 0);
		assert_true(!met || (pages == had_pages && contexts == had_contexts));
	}
	assert_int_equal(n, 5); /* itself, its page, its context, the algorithm in it; then none */
	assert_seals_nothing(series);
	xaes_series_free(series);
	assert_true(pages == had_pages && contexts == had_contexts);
}

static void one_that_cannot_be_begun_has_no_key(void **state)
{
	struct xaes_series *series;
	long n = 0;

	(void)state;
	assert_ok(xaes_series_new(&series));
	for (bool met = true; met; n++) {
		assert_ok(xaes_series_begin(series, &first));
		fail_after(n);
		struct status begun = xaes_series_begin(series, &second);
		no_fault();
		met = failed;
		assert_int_equal(begun.code, met ? ST_NO_MEMORY : ST_OK);
		assert_int_equal(ERR_peek_error(), 0);
		if (met)
			assert_seals_nothing(series);
		else
			assert_seals_under(series, &second);
		/* Neither of the two stays half there: the one before is set anew. */
		assert_ok(xaes_series_begin(series, &first));
		assert_seals_under(series, &first);
	}
	assert_int_equal(n, 3); /* the schedule, the mask; then none */
	xaes_series_free(series);
}

static void a_seal_that_fails_leaves_the_series_as_it_was(void **state)
{
	AUTO(buffer) sealed = {.max = 256};
	struct xaes_series *series;

	(void)state;
	assert_ok(xaes_series_new(&series));
	assert_ok(xaes_series_begin(series, &first));
	assert_seals_under(series, &first);
	fail_after(0);
	assert_fails(ST_NO_MEMORY, seal(series, &sealed));
	no_fault();
	assert_true(failed && sealed.len == 0);
	assert_seals_under(series, &first);
	xaes_series_free(series);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_that_cannot_be_made_leaves_nothing),
		TEST(one_that_cannot_be_begun_has_no_key),
		TEST(a_seal_that_fails_leaves_the_series_as_it_was),
	};
	return ok(crypto_setup()) ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
