/* SPDX-License-Identifier: Apache-2.0 */
/*
 * After a call no key is left in any memory of the process but where its owner
 * keeps it (PROMISES#S1).  AES-256 key schedules begin with the key itself, so
 * looking for keys finds forgotten schedules too.
 */
#include "vectors.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "chunked.h"
#include "hash.h"
#include "hpke.h"
#include "hpke_internal.h"
#include "p256_internal.h"
#include "xaes.h"

/* What to look for is kept inverted, so that it does not find itself. */
struct canary {
	uint8_t inverted[32];
	size_t len;
};

static struct canary canary_of(const uint8_t *bytes, size_t len)
{
	struct canary c = {.len = len};

	for (size_t i = 0; i < len; i++)
		c.inverted[i] = (uint8_t)~bytes[i];
	return c;
}

static size_t count_in(const struct canary *c, const uint8_t *at, size_t len)
{
	const uint8_t *end = at + len, *next = at;
	size_t found = 0;

	while ((next = memchr(next, c->inverted[0] ^ 0xff, (size_t)(end - next))) != NULL) {
		size_t j = 0;

		while (j < c->len && j < (size_t)(end - next) && (next[j] ^ c->inverted[j]) == 0xff)
			j++;
		found += j == c->len;
		next++;
	}
	return found;
}

/* One mapping, a window at a time, through the kernel: guard pages are skipped. */
static size_t count_mapping(const struct canary *c, int memory, unsigned long from, unsigned long to)
{
	static uint8_t window[1 << 16];
	size_t found = 0;

	/* Windows overlap by one byte less than what is looked for: each place counts
	 * once.  The window itself would show what was read before. */
	for (unsigned long at = from; at < to; at += sizeof window - c->len + 1) {
		size_t want = to - at < sizeof window ? to - at : sizeof window;
		ssize_t got = pread(memory, window, want, (off_t)at);

		if (got > 0 && (at + want <= (unsigned long)window || at >= (unsigned long)window + sizeof window))
			found += count_in(c, window, (size_t)got);
	}
	memset(window, 0, sizeof window);
	return found;
}

/* Occurrences in all writable memory. */
static size_t count_in_process(const struct canary *c)
{
	int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512];
	size_t found = 0;

	assert_true(memory >= 0 && maps != NULL);
	while (fgets(line, sizeof line, maps) != NULL) { /* 55d0c0-55d0f0 rw-p ... */
		char *rest;
		unsigned long from = strtoul(line, &rest, 16), to = strtoul(rest + 1, &rest, 16);

		if (rest[1] == 'r' && rest[2] == 'w' && to - from < 1ul << 30)
			found += count_mapping(c, memory, from, to);
	}
	fclose(maps);
	close(memory);
	return found;
}

/* Stack frames of what was called lie below ours: overwrite what they left. */
static void __attribute__((noinline)) tread_on_the_stack(void)
{
	volatile uint8_t deep[1 << 16];

	for (size_t i = 0; i < sizeof deep; i++)
		deep[i] = 0;
}

static void assert_only_the_owner_has(const struct canary *c, size_t copies)
{
	tread_on_the_stack();
	assert_int_equal(count_in_process(c), copies);
}

static void the_search_finds_what_is_there(void **state)
{
	(void)state;
	AUTO(secret) key = {0};
	AUTO(secret) copy = {0};

	assert_ok(secret_new(32, &key));
	struct canary c = canary_of(key.bytes, 32);
	assert_only_the_owner_has(&c, 1);
	assert_ok(secret_from(secret_bytes(&key), &copy));
	assert_only_the_owner_has(&c, 2);
	secret_clear(&copy);
	assert_only_the_owner_has(&c, 1);
}

static void xaes_keeps_neither_key_nor_subkey(void **state)
{
	(void)state;
	AUTO(secret) key = {0};
	uint8_t out[28], subkey[32];

	assert_ok(secret_empty(32, &key));
	memset(key.bytes, 1, 32);
	/* Kx of the specification's first vector. */
	LITERAL("c8612c9ed53fe43e8e005b828a1631a0bbcb6ab2f46514ec4f439fcfd0fa969b", subkey);
	struct canary derived = canary_of(subkey, 32);
	secret_wipe(subkey, sizeof subkey);
	const uint8_t *nonce = (const uint8_t *)"ABCDEFGHIJKLMNOPQRSTUVWX";
	assert_ok(xaes_seal_nonce(secret_key(&key), nonce, (struct bytes){0}, BYTES_LITERAL("XAES-256-GCM"), out));
	assert_only_the_owner_has(&derived, 0);

	AUTO(secret) random = {0};
	uint8_t sealed[XAES_OVERHEAD + 3], plain[3];
	assert_ok(secret_new(32, &random));
	struct canary input = canary_of(random.bytes, 32);
	assert_ok(xaes_seal_to(secret_key(&random), (struct bytes){0}, BYTES_LITERAL("row"), sealed));
	assert_ok(xaes_open_to(secret_key(&random), (struct bytes){0}, BYTES_OF(sealed), plain));
	sealed[30] ^= 1;
	assert_fails(ST_CORRUPT, xaes_open_to(secret_key(&random), (struct bytes){0}, BYTES_OF(sealed), plain));
	assert_only_the_owner_has(&input, 1);
}

static void a_series_keeps_its_key_until_its_end_only(void **state)
{
	(void)state;
	AUTO(secret) key = {0};
	AUTO(buffer) sealed = {.max = 256};
	struct xaes_series *series;

	assert_ok(xaes_series_new(&series));
	assert_ok(secret_new(sizeof(struct key), &key));
	struct canary c = canary_of(key.bytes, sizeof(struct key));
	assert_ok(xaes_series_begin(series, secret_key(&key)));
	assert_ok(xaes_series_seal(series, (struct bytes){0}, BYTES_LITERAL("leaf"), &sealed));
	assert_only_the_owner_has(&c, 3); /* the owner, its copy to know it again, and the schedule */
	xaes_series_end(series);
	assert_only_the_owner_has(&c, 1);
	assert_ok(xaes_series_begin(series, secret_key(&key)));
	xaes_series_free(series);
	assert_only_the_owner_has(&c, 1);
}

/* The second call of a series that is begun, of which the first has set the key. */
static bool no_mask;
int __real_EVP_EncryptUpdate(EVP_CIPHER_CTX *c, uint8_t *out, int *out_len, const uint8_t *in, int len);
int __wrap_EVP_EncryptUpdate(EVP_CIPHER_CTX *c, uint8_t *out, int *out_len, const uint8_t *in, int len);
int __wrap_EVP_EncryptUpdate(EVP_CIPHER_CTX *c, uint8_t *out, int *out_len, const uint8_t *in, int len)
{
	return no_mask ? 0 : __real_EVP_EncryptUpdate(c, out, out_len, in, len);
}
static void a_series_that_is_not_begun_keeps_neither_key(void **state)
{
	(void)state;
	AUTO(secret) before = {0};
	AUTO(secret) key = {0};
	struct xaes_series *series;

	assert_ok(xaes_series_new(&series));
	assert_ok(secret_new(sizeof(struct key), &before));
	assert_ok(secret_new(sizeof(struct key), &key));
	struct canary first = canary_of(before.bytes, sizeof(struct key));
	struct canary second = canary_of(key.bytes, sizeof(struct key));
	assert_ok(xaes_series_begin(series, secret_key(&before)));
	no_mask = true;
	assert_fails(ST_NO_MEMORY, xaes_series_begin(series, secret_key(&key)));
	no_mask = false;
	assert_only_the_owner_has(&first, 1);
	assert_only_the_owner_has(&second, 1);
	xaes_series_free(series);
}

static void chunked_keeps_its_keys_until_cleared_only(void **state)
{
	(void)state;
	AUTO(secret) key = {0};
	AUTO(chunked) c = {0};
	uint8_t header[CHUNKED_HEADER], out[32];

	assert_ok(secret_new(32, &key));
	struct canary input = canary_of(key.bytes, 32);
	assert_ok(chunked_seal_begin(secret_key(&key), BYTES_LITERAL("context"), header, &c));
	struct canary message = canary_of(c.keys.bytes, 32);
	tread_on_the_stack();
	assert_true(count_in_process(&message) > 0);
	assert_ok(chunked_seal_next(&c, BYTES_LITERAL("text"), out));
	chunked_clear(&c);
	assert_only_the_owner_has(&message, 0);
	assert_only_the_owner_has(&input, 1);
}

/* A key as HMAC pads it, and a value as a SHA-256 context holds it: in words. */
static struct canary padded(const struct canary *key, uint8_t with)
{
	struct canary c = *key;

	for (size_t i = 0; i < c.len; i++)
		c.inverted[i] ^= with;
	return c;
}

static struct canary in_words(const struct canary *value)
{
	struct canary c = *value;

	for (size_t i = 0; i < c.len; i++)
		c.inverted[i] = value->inverted[i ^ 3];
	return c;
}

static void derivation_keeps_neither_key_nor_result(void **state)
{
	(void)state;
	AUTO(secret) key = {0};
	AUTO(secret) out = {0};

	assert_ok(secret_new(32, &key));
	assert_ok(secret_empty(32, &out));
	assert_ok(hkdf_sha256_expand(secret_bytes(&key), BYTES_LITERAL("label"), out.bytes, out.len));
	struct canary input = canary_of(key.bytes, 32), output = canary_of(out.bytes, 32);
	struct canary inner = padded(&input, 0x36), outer = padded(&input, 0x5c), words = in_words(&output);
	assert_only_the_owner_has(&input, 1);
	assert_only_the_owner_has(&inner, 0);
	assert_only_the_owner_has(&outer, 0);
	assert_only_the_owner_has(&output, 1);
	assert_only_the_owner_has(&words, 0);
}

static void hpke_keeps_neither_scalar_nor_message(void **state)
{
	(void)state;
	AUTO(secret) private_key = {0};
	AUTO(secret) plain = {0};
	AUTO(secret) opened = {0};
	AUTO(buffer) sealed = {.max = 256};
	struct p256_public public_key;

	assert_ok(p256_new(&private_key, &public_key));
	assert_ok(secret_new(32, &plain));
	struct canary scalar = canary_of(private_key.bytes, 32), message = canary_of(plain.bytes, 32);
	assert_ok(hpke_seal(&public_key, BYTES_LITERAL("i"), (struct bytes){0}, secret_bytes(&plain), &sealed));
	assert_ok(hpke_open(&private_key, BYTES_LITERAL("i"), (struct bytes){0}, buffer_bytes(&sealed), &opened));
	assert_only_the_owner_has(&scalar, 1);
	assert_only_the_owner_has(&message, 2);
}

static struct canary canary_of_literal(const char *hex)
{
	uint8_t bytes[32];

	LITERAL(hex, bytes);
	struct canary c = canary_of(bytes, sizeof bytes);
	secret_wipe(bytes, sizeof bytes);
	return c;
}

static void assert_gone(const char *hex)
{
	struct canary c = canary_of_literal(hex);

	assert_only_the_owner_has(&c, 0);
}

/* The published message of test_hpke_vectors.c, whose every step is known. */
static void hpke_keeps_no_step_between(void **state)
{
	(void)state;
	static const uint8_t seed_e[] = {0xa9, 0x0d, 0x34, 0x17, 0xc3, 0xda, 0x9c, 0xb6, 0xc6, 0xae, 0x19,
					 0xb4, 0xb5, 0xdd, 0x6c, 0xc9, 0x52, 0x9a, 0x4c, 0xc2, 0x4e, 0xfb,
					 0x7a, 0xe0, 0xac, 0xe1, 0xf3, 0x18, 0x87, 0xa8, 0xcd, 0x6c};
	AUTO(secret) e = {0};
	AUTO(secret) r = {0};
	AUTO(secret) dh = {0};
	AUTO(secret) opened = {0};
	AUTO(buffer) sealed = {.max = 256};
	struct p256_public pe, pr;

	assert_ok(p256_derive(BYTES_OF(seed_e), (struct bytes){0}, &e, &pe));
	assert_ok(secret_empty(32, &r));
	vectors_literal("317f915db7bc629c48fe765587897e01e282d3e8445f79f27f65d031a88082b2", r.bytes, 32);
	assert_ok(p256_public_of(&r, &pr));
	assert_ok(secret_empty(32, &dh));
	assert_ok(p256_scalar_shared(e.bytes, &pr, dh.bytes));
	struct canary ephemeral = canary_of(e.bytes, 32), agreed = canary_of(dh.bytes, 32);
	const struct bytes info = BYTES_LITERAL("Ode on a Grecian Urn");
	assert_ok(hpke_seal_with(e.bytes, &pr, info, BYTES_LITERAL("Count-0"), BYTES_LITERAL("text"), &sealed));
	assert_only_the_owner_has(&ephemeral, 1);
	assert_only_the_owner_has(&agreed, 1);
	for (int round = 0; round < 2; round++) {
		assert_gone("48893fecd82f7c3456af6a42d8f56325d21e08c10fa81299986aaff54cde7b49"); /* shared */
		assert_gone("520da82c752ee6e0be7aafbad57a62535d266b6333513d3eb94cb497dceaf94e"); /* secret */
		assert_gone("ee16802a936d5f544771131900ee6973d0551de9e852ece2ef34bf0d5f9e1d1d"); /* key */
		secret_clear(&opened);
		assert_ok(hpke_open(&r, info, BYTES_LITERAL("Count-0"), buffer_bytes(&sealed), &opened));
	}
	assert_only_the_owner_has(&agreed, 1);
}

static void signing_keeps_no_scalar(void **state)
{
	(void)state;
	AUTO(secret) private_key = {0};
	struct p256_public public_key;
	struct signature signature;

	assert_ok(p256_new(&private_key, &public_key));
	assert_ok(p256_sign(&private_key, BYTES_LITERAL("data"), &signature));
	struct canary big_endian = canary_of(private_key.bytes, 32);
	struct canary little_endian = big_endian;
	for (size_t i = 0; i < 32; i++)
		little_endian.inverted[i] = big_endian.inverted[31 - i];
	assert_only_the_owner_has(&big_endian, 1);
	assert_only_the_owner_has(&little_endian, 0);
}

static void buffers_and_arenas_that_wipe_leave_nothing(void **state)
{
	(void)state;
	AUTO(secret) value = {0};
	AUTO(buffer) b = {.max = 1 << 20, .wipe = true};
	AUTO(arena) a = {.max = 1 << 20};
	struct bytes copy;

	assert_ok(secret_new(32, &value));
	struct canary c = canary_of(value.bytes, 32);
	assert_ok(buffer_put(&b, secret_bytes(&value)));
	assert_ok(arena_copy(&a, secret_bytes(&value), &copy));
	assert_only_the_owner_has(&c, 3);
	assert_ok(buffer_reserve(&b, 4096)); /* moves, within the heap */
	assert_only_the_owner_has(&c, 3);
	buffer_clear(&b);
	assert_only_the_owner_has(&c, 2);
	arena_clear(&a);
	assert_only_the_owner_has(&c, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_search_finds_what_is_there),
		TEST(xaes_keeps_neither_key_nor_subkey),
		TEST(a_series_keeps_its_key_until_its_end_only),
		TEST(a_series_that_is_not_begun_keeps_neither_key),
		TEST(chunked_keeps_its_keys_until_cleared_only),
		TEST(derivation_keeps_neither_key_nor_result),
		TEST(hpke_keeps_neither_scalar_nor_message),
		TEST(hpke_keeps_no_step_between),
		TEST(signing_keeps_no_scalar),
		TEST(buffers_and_arenas_that_wipe_leave_nothing),
	};
	return ok(crypto_setup()) ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
