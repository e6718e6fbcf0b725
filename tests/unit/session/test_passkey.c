/* SPDX-License-Identifier: Apache-2.0 */
/* What a browser answers to a challenge, verified (PROMISES#S5; WebAuthn Level 3, sections 7.1 and 7.2). */
#include "testing.h"

#include <string.h>

#include "hash.h"
#include "passkey_device.h"

static int setup(void **state)
{
	(void)state;
	return ok(secret_setup()) && ok(crypto_setup()) ? 0 : -1;
}

static struct status registers(struct device *d, struct passkey *out)
{
	const struct passkey_expected e = device_expected();
	const struct passkey_registration r = {buffer_bytes(&d->client), buffer_bytes(&d->object)};

	return passkey_register(&e, &r, out);
}

/** A device that registered well, and the passkey. */
static struct device registered(struct passkey *out)
{
	struct device d = device_new();

	device_say(&d, CREATE, ORIGIN, ",\"crossOrigin\":false");
	device_tell(&d, HOST, REGISTERED, 5);
	device_wrap(&d, NONE);
	assert_ok(registers(&d, out));
	/* Views into the object, which the test is about to use again. */
	out->credential = device_credential;
	out->key = buffer_bytes(&d.key);
	return d;
}

static struct status asserts(struct device *d, const struct passkey *p, struct passkey_use *use)
{
	const struct passkey_expected e = device_expected();
	const struct passkey_assertion a = device_assertion(d);

	return passkey_assert(&e, p, &a, use);
}

/** Refused, with a sentence in which ${word} stands. */
#define REFUSED(word, call) \
	do { \
		struct status got_ = (call); \
		assert_int_equal(got_.code, ST_UNPROVEN); \
		if (strstr(got_.what, (word)) == NULL) \
			fail_msg("'%s' has no '%s'", got_.what, (word)); \
	} while (0)

static void takes_a_registration_and_an_assertion(void **state)
{
	struct passkey p = {0};
	struct passkey_use use;
	AUTO(device) d = registered(&p);

	(void)state;
	assert_int_equal(p.counter, 5);
	assert_memory_equal(p.model, "0123456789abcdef", 16);
	device_say(&d, GET, ORIGIN, "");
	device_tell(&d, HOST, VERIFIED, 6);
	device_sign(&d);
	assert_ok(asserts(&d, &p, &use));
	assert_int_equal(use.counter, 6);
	assert_ok(passkey_count(&p, &use));
	REFUSED("copied", passkey_count(&p, &use));
}

static void keeps_a_credential_in_a_row(void **state)
{
	AUTO(buffer) body = {.max = 2048};
	struct passkey p = {0}, again;
	AUTO(device) d = registered(&p);

	(void)state;
	p.eligible = true;
	assert_ok(passkey_write(&p, &body));
	assert_ok(passkey_read(buffer_bytes(&body), &again));
	assert_true(bytes_equal(again.credential, p.credential) && bytes_equal(again.key, p.key));
	assert_true(again.eligible && !again.backed_up && again.counter == d.data.bytes[36]);
	assert_fails(ST_CORRUPT, passkey_read(bytes_of(body.bytes, body.len - 1), &again));
}

static void counts_upwards_or_not_at_all(void **state)
{
	struct passkey p = {.counter = 0};

	(void)state;
	assert_ok(passkey_count(&p, &(struct passkey_use){.counter = 0}));
	assert_ok(passkey_count(&p, &(struct passkey_use){.counter = 9, .backed_up = true}));
	assert_true(p.backed_up);
	REFUSED("copied", passkey_count(&p, &(struct passkey_use){.counter = 9}));
	REFUSED("copied", passkey_count(&p, &(struct passkey_use){.counter = 8}));
	REFUSED("copied", passkey_count(&p, &(struct passkey_use){.counter = 0}));
	assert_int_equal(p.counter, 9);
}

static void refuses_what_the_browser_was_not_asked(void **state)
{
	static const struct {
		const char *type, *origin, *more, *word;
	} said[] = {
		{GET, ORIGIN, "", "not the answer"},
		{"", ORIGIN, "", "not the answer"},
		{CREATE, "https://vault.example.org", "", "another site"},
		{CREATE, "http://vault.example.org:8443", "", "another site"},
		{CREATE, ORIGIN "/", "", "another site"},
		{CREATE, "https://VAULT.example.org:8443", "", "another site"},
		{CREATE, ORIGIN, ",\"crossOrigin\":true", "inside a page"},
		{CREATE, ORIGIN, ",\"crossOrigin\":false,\"topOrigin\":\"" ORIGIN "\"", "inside a page"},
		{CREATE, ORIGIN, ",\"topOrigin\":null", "inside a page"},
		{CREATE, ORIGIN, ",\"crossOrigin\":\"false\"", "cannot be read"},
		{CREATE, ORIGIN, ",\"type\":\"" CREATE "\"", "cannot be read"},
	};
	AUTO(device) d = device_new();
	struct passkey p;

	(void)state;
	device_tell(&d, HOST, REGISTERED, 0);
	device_wrap(&d, NONE);
	for (size_t i = 0; i < COUNT(said); i++) {
		device_say(&d, said[i].type, said[i].origin, said[i].more);
		REFUSED(said[i].word, registers(&d, &p));
	}
}

static void refuses_another_challenge(void **state)
{
	struct passkey_expected e = device_expected();
	AUTO(device) d = device_new();
	struct passkey p;
	struct hash named;

	(void)state;
	device_say(&d, CREATE, ORIGIN, "");
	device_tell(&d, HOST, REGISTERED, 0);
	device_wrap(&d, NONE);
	assert_ok(passkey_challenge(buffer_bytes(&d.client), &named));
	assert_true(hash_equal(&named, &e.challenge));
	e.challenge.bytes[31] ^= 1;
	REFUSED("challenge",
		passkey_register(&e, &(struct passkey_registration){buffer_bytes(&d.client), buffer_bytes(&d.object)},
				 &p));
}

static void refuses_flags_that_do_not_do(void **state)
{
	static const struct {
		unsigned flags;
		const char *word;
	} told[] = {
		{REGISTERED & ~(unsigned)AUTHENTICATOR_VERIFIED, "did not verify"},
		{REGISTERED & ~(unsigned)AUTHENTICATOR_PRESENT, "did not verify"},
		{REGISTERED | AUTHENTICATOR_BACKED_UP, "contradicts"},
		{VERIFIED, "cannot be read"},
		{REGISTERED | AUTHENTICATOR_EXTENSIONS, "cannot be read"},
	};
	AUTO(device) d = device_new();
	struct passkey p;

	(void)state;
	device_say(&d, CREATE, ORIGIN, "");
	for (size_t i = 0; i < COUNT(told); i++) {
		device_tell(&d, HOST, told[i].flags, 0);
		device_wrap(&d, NONE);
		REFUSED(told[i].word, registers(&d, &p));
	}
	device_tell(&d, "example.org", REGISTERED, 0);
	device_wrap(&d, NONE);
	REFUSED("another site", registers(&d, &p));
	device_tell(&d, HOST, REGISTERED | AUTHENTICATOR_ELIGIBLE | AUTHENTICATOR_BACKED_UP, 0);
	device_wrap(&d, NONE);
	assert_ok(registers(&d, &p));
	assert_true(p.eligible && p.backed_up);
}

static void refuses_a_byte_more_or_less(void **state)
{
	AUTO(device) d = device_new();
	struct passkey p;

	(void)state;
	device_say(&d, CREATE, ORIGIN, "");
	device_tell(&d, HOST, REGISTERED, 0);
	assert_ok(buffer_put_u8(&d.data, 0));
	device_wrap(&d, NONE);
	REFUSED("cannot be read", registers(&d, &p));
	device_tell(&d, HOST, REGISTERED, 0);
	device_wrap(&d, NONE);
	assert_ok(buffer_put_u8(&d.object, 0xa0));
	REFUSED("cannot be read", registers(&d, &p));
	d.object.len -= 2;
	REFUSED("cannot be read", registers(&d, &p));
}

static void walks_over_attestation_and_extensions(void **state)
{
	/* "packed" with a statement of anything, in canonical form. */
	const struct bytes packed = BYTES_LITERAL("\xa3\x63"
						  "fmt\x66"
						  "packed\x67"
						  "attStmt\xa2\x63"
						  "alg\x26\x63sig\x41x");
	const struct bytes more = BYTES_LITERAL("\xa3\x63"
						"fmt\x64none\x67"
						"attStmt\xa1\x63"
						"alg\x26");
	AUTO(device) d = device_new();
	struct passkey p;

	(void)state;
	device_say(&d, CREATE, ORIGIN, "");
	device_tell(&d, HOST, REGISTERED | AUTHENTICATOR_EXTENSIONS, 0);
	assert_ok(buffer_put(&d.data, BYTES_LITERAL("\xa1\x6b"
						    "credProtect\x02")));
	device_wrap(&d, packed);
	assert_ok(registers(&d, &p));
	device_wrap(&d, more);
	REFUSED("cannot be read", registers(&d, &p));
	device_tell(&d, HOST, REGISTERED | AUTHENTICATOR_EXTENSIONS, 0);
	assert_ok(buffer_put(&d.data, BYTES_LITERAL("\x80")));
	device_wrap(&d, NONE);
	REFUSED("cannot be read", registers(&d, &p));
}

static void refuses_keys_off_their_curve(void **state)
{
	/* The identity of Ed25519, a point of order 1. */
	const struct bytes small = BYTES_LITERAL("\xa4\x01\x01\x03\x27\x20\x06\x21\x58\x20"
						 "\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
	AUTO(device) d = device_new();
	struct passkey p;

	(void)state;
	device_say(&d, CREATE, ORIGIN, "");
	d.key.bytes[d.key.len - 1] ^= 1;
	device_tell(&d, HOST, REGISTERED, 0);
	device_wrap(&d, NONE);
	REFUSED("kind of key", registers(&d, &p));
	d.key.len = 0;
	assert_ok(buffer_put(&d.key, small));
	device_tell(&d, HOST, REGISTERED, 0);
	device_wrap(&d, NONE);
	REFUSED("kind of key", registers(&d, &p));
}

static void refuses_assertions_that_are_not_his(void **state)
{
	struct passkey p = {0};
	struct passkey_use use;
	const struct passkey_expected e = device_expected();
	AUTO(device) d = registered(&p);

	(void)state;
	device_say(&d, GET, ORIGIN, "");
	device_tell(&d, HOST, VERIFIED, 6);
	device_sign(&d);
	struct passkey_assertion a = device_assertion(&d);
	a.user_handle = BYTES_LITERAL("somebody else");
	REFUSED("not one of yours", passkey_assert(&e, &p, &a, &use));
	a.user_handle = (struct bytes){0};
	assert_ok(passkey_assert(&e, &p, &a, &use));
	a.credential.len--;
	REFUSED("not one of yours", passkey_assert(&e, &p, &a, &use));
}

static void refuses_assertions_that_were_altered(void **state)
{
	struct passkey p = {0};
	struct passkey_use use;
	AUTO(device) d = registered(&p);

	(void)state;
	device_say(&d, GET, ORIGIN, "");
	device_tell(&d, HOST, VERIFIED, 6);
	device_sign(&d);
	for (size_t i = 0; i < d.signature.len; i++) {
		d.signature.bytes[i] ^= 1;
		REFUSED("signature", asserts(&d, &p, &use));
		d.signature.bytes[i] ^= 1;
	}
	for (size_t i = 32; i < d.data.len; i++) {
		d.data.bytes[i] ^= 2;
		REFUSED("signature", asserts(&d, &p, &use));
		d.data.bytes[i] ^= 2;
	}
	assert_ok(asserts(&d, &p, &use));
	device_say(&d, GET, ORIGIN, ",\"crossOrigin\":false");
	REFUSED("signature", asserts(&d, &p, &use));
	device_say(&d, CREATE, ORIGIN, "");
	device_sign(&d);
	REFUSED("not the answer", asserts(&d, &p, &use));
}

static void refuses_assertions_that_do_not_do(void **state)
{
	struct passkey p = {0};
	struct passkey_use use;
	AUTO(device) d = registered(&p);

	(void)state;
	device_say(&d, GET, ORIGIN, "");
	device_tell(&d, HOST, AUTHENTICATOR_PRESENT, 6);
	device_sign(&d);
	REFUSED("did not verify", asserts(&d, &p, &use));
	device_tell(&d, HOST, VERIFIED | AUTHENTICATOR_ELIGIBLE, 6);
	device_sign(&d);
	REFUSED("contradicts", asserts(&d, &p, &use));
	device_tell(&d, HOST, REGISTERED, 6);
	device_sign(&d);
	REFUSED("cannot be read", asserts(&d, &p, &use));
	device_tell(&d, "localhost", VERIFIED, 6);
	device_sign(&d);
	REFUSED("another site", asserts(&d, &p, &use));
	device_tell(&d, HOST, VERIFIED, 6);
	assert_ok(buffer_put_u8(&d.data, 0));
	device_sign(&d);
	REFUSED("cannot be read", asserts(&d, &p, &use));
}

static void finds_the_host_of_an_origin(void **state)
{
	struct text host;

	(void)state;
	assert_ok(passkey_host(TEXT("https://localhost:8443"), &host));
	assert_true(text_equal(host, TEXT("localhost")));
	assert_ok(passkey_host(TEXT("https://example.org"), &host));
	assert_true(text_equal(host, TEXT("example.org")));
	assert_fails(ST_INVALID, passkey_host(TEXT("http://example.org"), &host));
	assert_fails(ST_INVALID, passkey_host(TEXT("https://"), &host));
	assert_ok(passkey_host(TEXT("https://server1"), &host));
	assert_fails(ST_INVALID, passkey_host(TEXT("https://192.0.2.7:8443"), &host));
	assert_fails(ST_INVALID, passkey_host(TEXT("https://[2001:db8::7]:8443"), &host));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(takes_a_registration_and_an_assertion),
		TEST(keeps_a_credential_in_a_row),
		TEST(counts_upwards_or_not_at_all),
		TEST(refuses_what_the_browser_was_not_asked),
		TEST(refuses_another_challenge),
		TEST(refuses_flags_that_do_not_do),
		TEST(refuses_a_byte_more_or_less),
		TEST(walks_over_attestation_and_extensions),
		TEST(refuses_keys_off_their_curve),
		TEST(refuses_assertions_that_are_not_his),
		TEST(refuses_assertions_that_were_altered),
		TEST(refuses_assertions_that_do_not_do),
		TEST(finds_the_host_of_an_origin),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
