/* SPDX-License-Identifier: Apache-2.0 */
/* What a browser answers to a challenge, verified (PROMISES#S5; WebAuthn Level 3, sections 7.1 and 7.2). */
#include "testing.h"

#include <string.h>

#include "authenticator.h"
#include "ed25519.h"
#include "hash.h"
#include "p256.h"
#include "passkey.h"

#define ORIGIN     "https://vault.example.org:8443"
#define HOST       "vault.example.org"
#define CREATE     "webauthn.create"
#define GET        "webauthn.get"
#define VERIFIED   (AUTHENTICATOR_PRESENT | AUTHENTICATOR_VERIFIED)
#define REGISTERED (VERIFIED | AUTHENTICATOR_CREDENTIAL)

static const struct user_id user = {.uuid.bytes = {1, 2, 3}};
static const uint8_t id[] = "a credential's id";

static int setup(void **state)
{
	(void)state;
	return ok(secret_setup()) && ok(crypto_setup()) ? 0 : -1;
}

/** An authenticator of ours, which says whatever a test wants it to say. */
struct device {
	struct secret private_key;
	struct p256_public public_key;
	struct buffer client, key, data, object, signature;
};
static void device_clear(struct device *d)
{
	secret_clear(&d->private_key);
	buffer_clear(&d->client);
	buffer_clear(&d->key);
	buffer_clear(&d->data);
	buffer_clear(&d->object);
	buffer_clear(&d->signature);
}
static struct device device_new(void)
{
	struct device d = {.client = {.max = 8192},
			   .key = {.max = 1024},
			   .data = {.max = 32768},
			   .object = {.max = 32768},
			   .signature = {.max = 1024}};
	static const uint8_t head[] = {0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32};

	assert_ok(p256_new(&d.private_key, &d.public_key));
	assert_ok(buffer_put(&d.key, bytes_of(head, sizeof head)));
	assert_ok(buffer_put(&d.key, bytes_of(d.public_key.bytes + 1, 32)));
	assert_ok(buffer_put(&d.key, BYTES_LITERAL("\x22\x58\x20")));
	assert_ok(buffer_put(&d.key, bytes_of(d.public_key.bytes + 33, 32)));
	return d;
}

static struct passkey_expected expected(void)
{
	struct passkey_expected e = {.origin = TEXT(ORIGIN), .user = user};

	memset(e.challenge.bytes, 7, sizeof e.challenge.bytes);
	return e;
}

static void say(struct device *d, const char *type, const char *origin, const char *more)
{
	const struct passkey_expected e = expected();

	d->client.len = 0;
	assert_ok(buffer_print(&d->client, "{\"type\":\"%s\",\"challenge\":\"", type));
	assert_ok(text_put_base64url(&d->client, hash_bytes(&e.challenge)));
	assert_ok(buffer_print(&d->client, "\",\"origin\":\"%s\"%s}", origin, more));
}

/** Authenticator data; with the credential where ${flags} say so. */
static void tell(struct device *d, const char *host, unsigned flags, uint32_t counter)
{
	struct hash hash;

	d->data.len = 0;
	assert_ok(sha256(text_bytes(text_of(host)), &hash));
	assert_ok(buffer_put(&d->data, hash_bytes(&hash)));
	assert_ok(buffer_put_u8(&d->data, (uint8_t)flags));
	assert_ok(buffer_put_u32(&d->data, counter));
	if ((flags & AUTHENTICATOR_CREDENTIAL) == 0)
		return;
	assert_ok(buffer_put(&d->data, bytes_of("0123456789abcdef", 16)));
	assert_ok(buffer_put_u16(&d->data, sizeof id));
	assert_ok(buffer_put(&d->data, bytes_of(id, sizeof id)));
	assert_ok(buffer_put(&d->data, buffer_bytes(&d->key)));
}

static void wrap(struct device *d, struct bytes before)
{
	d->object.len = 0;
	assert_ok(buffer_put(&d->object, before));
	assert_ok(buffer_put(&d->object, BYTES_LITERAL("hauthData"))); /* 'h' is 0x68: a text of 8 */
	if (d->data.len < 256) {
		assert_ok(buffer_put(&d->object, BYTES_LITERAL("\x58")));
		assert_ok(buffer_put_u8(&d->object, (uint8_t)d->data.len));
	} else {
		assert_ok(buffer_put(&d->object, BYTES_LITERAL("\x59")));
		assert_ok(buffer_put_u16(&d->object, (uint16_t)d->data.len));
	}
	assert_ok(buffer_put(&d->object, buffer_bytes(&d->data)));
}
#define NONE \
	BYTES_LITERAL("\xa3\x63" \
		      "fmt\x64none\x67" \
		      "attStmt\xa0")

static void put_integer(struct buffer *out, const uint8_t *at)
{
	size_t zeros = 0;

	while (zeros < 31 && at[zeros] == 0)
		zeros++;
	bool sign = at[zeros] >= 0x80;
	assert_ok(buffer_put_u8(out, 2));
	assert_ok(buffer_put_u8(out, (uint8_t)(32 - zeros + sign)));
	if (sign)
		assert_ok(buffer_put_u8(out, 0));
	assert_ok(buffer_put(out, bytes_of(at + zeros, 32 - zeros)));
}

static void sign(struct device *d)
{
	AUTO(buffer) message = {.max = 65536};
	AUTO(buffer) pair = {.max = 80};
	struct signature raw;
	struct hash hash;

	assert_ok(sha256(buffer_bytes(&d->client), &hash));
	assert_ok(buffer_put(&message, buffer_bytes(&d->data)));
	assert_ok(buffer_put(&message, hash_bytes(&hash)));
	assert_ok(p256_sign(&d->private_key, buffer_bytes(&message), &raw));
	put_integer(&pair, raw.bytes);
	put_integer(&pair, raw.bytes + 32);
	d->signature.len = 0;
	assert_ok(buffer_put_u8(&d->signature, 0x30));
	assert_ok(buffer_put_u8(&d->signature, (uint8_t)pair.len));
	assert_ok(buffer_put(&d->signature, buffer_bytes(&pair)));
}

static struct status registers(struct device *d, struct passkey *out)
{
	const struct passkey_expected e = expected();
	const struct passkey_registration r = {buffer_bytes(&d->client), buffer_bytes(&d->object)};

	return passkey_register(&e, &r, out);
}

/** A device that registered well, and the passkey. */
static struct device registered(struct passkey *out)
{
	struct device d = device_new();

	say(&d, CREATE, ORIGIN, ",\"crossOrigin\":false");
	tell(&d, HOST, REGISTERED, 5);
	wrap(&d, NONE);
	assert_ok(registers(&d, out));
	/* Views into the object, which the test is about to use again. */
	out->credential = bytes_of(id, sizeof id);
	out->key = buffer_bytes(&d.key);
	return d;
}

static struct passkey_assertion assertion_of(const struct device *d)
{
	return (struct passkey_assertion){.credential = bytes_of(id, sizeof id),
					  .client_data = buffer_bytes(&d->client),
					  .data = buffer_bytes(&d->data),
					  .signature = buffer_bytes(&d->signature),
					  .user_handle = uuid_bytes(&user.uuid)};
}

static struct status asserts(struct device *d, const struct passkey *p, struct passkey_use *use)
{
	const struct passkey_expected e = expected();
	const struct passkey_assertion a = assertion_of(d);

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
	say(&d, GET, ORIGIN, "");
	tell(&d, HOST, VERIFIED, 6);
	sign(&d);
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
	tell(&d, HOST, REGISTERED, 0);
	wrap(&d, NONE);
	for (size_t i = 0; i < COUNT(said); i++) {
		say(&d, said[i].type, said[i].origin, said[i].more);
		REFUSED(said[i].word, registers(&d, &p));
	}
}

static void refuses_another_challenge(void **state)
{
	struct passkey_expected e = expected();
	AUTO(device) d = device_new();
	struct passkey p;
	struct hash named;

	(void)state;
	say(&d, CREATE, ORIGIN, "");
	tell(&d, HOST, REGISTERED, 0);
	wrap(&d, NONE);
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
	say(&d, CREATE, ORIGIN, "");
	for (size_t i = 0; i < COUNT(told); i++) {
		tell(&d, HOST, told[i].flags, 0);
		wrap(&d, NONE);
		REFUSED(told[i].word, registers(&d, &p));
	}
	tell(&d, "example.org", REGISTERED, 0);
	wrap(&d, NONE);
	REFUSED("another site", registers(&d, &p));
	tell(&d, HOST, REGISTERED | AUTHENTICATOR_ELIGIBLE | AUTHENTICATOR_BACKED_UP, 0);
	wrap(&d, NONE);
	assert_ok(registers(&d, &p));
	assert_true(p.eligible && p.backed_up);
}

static void refuses_a_byte_more_or_less(void **state)
{
	AUTO(device) d = device_new();
	struct passkey p;

	(void)state;
	say(&d, CREATE, ORIGIN, "");
	tell(&d, HOST, REGISTERED, 0);
	assert_ok(buffer_put_u8(&d.data, 0));
	wrap(&d, NONE);
	REFUSED("cannot be read", registers(&d, &p));
	tell(&d, HOST, REGISTERED, 0);
	wrap(&d, NONE);
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
	say(&d, CREATE, ORIGIN, "");
	tell(&d, HOST, REGISTERED | AUTHENTICATOR_EXTENSIONS, 0);
	assert_ok(buffer_put(&d.data, BYTES_LITERAL("\xa1\x6b"
						    "credProtect\x02")));
	wrap(&d, packed);
	assert_ok(registers(&d, &p));
	wrap(&d, more);
	REFUSED("cannot be read", registers(&d, &p));
	tell(&d, HOST, REGISTERED | AUTHENTICATOR_EXTENSIONS, 0);
	assert_ok(buffer_put(&d.data, BYTES_LITERAL("\x80")));
	wrap(&d, NONE);
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
	say(&d, CREATE, ORIGIN, "");
	d.key.bytes[d.key.len - 1] ^= 1;
	tell(&d, HOST, REGISTERED, 0);
	wrap(&d, NONE);
	REFUSED("kind of key", registers(&d, &p));
	d.key.len = 0;
	assert_ok(buffer_put(&d.key, small));
	tell(&d, HOST, REGISTERED, 0);
	wrap(&d, NONE);
	REFUSED("kind of key", registers(&d, &p));
}

static void refuses_assertions_that_are_not_his(void **state)
{
	struct passkey p = {0};
	struct passkey_use use;
	const struct passkey_expected e = expected();
	AUTO(device) d = registered(&p);

	(void)state;
	say(&d, GET, ORIGIN, "");
	tell(&d, HOST, VERIFIED, 6);
	sign(&d);
	struct passkey_assertion a = assertion_of(&d);
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
	say(&d, GET, ORIGIN, "");
	tell(&d, HOST, VERIFIED, 6);
	sign(&d);
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
	say(&d, GET, ORIGIN, ",\"crossOrigin\":false");
	REFUSED("signature", asserts(&d, &p, &use));
	say(&d, CREATE, ORIGIN, "");
	sign(&d);
	REFUSED("not the answer", asserts(&d, &p, &use));
}

static void refuses_assertions_that_do_not_do(void **state)
{
	struct passkey p = {0};
	struct passkey_use use;
	AUTO(device) d = registered(&p);

	(void)state;
	say(&d, GET, ORIGIN, "");
	tell(&d, HOST, AUTHENTICATOR_PRESENT, 6);
	sign(&d);
	REFUSED("did not verify", asserts(&d, &p, &use));
	tell(&d, HOST, VERIFIED | AUTHENTICATOR_ELIGIBLE, 6);
	sign(&d);
	REFUSED("contradicts", asserts(&d, &p, &use));
	tell(&d, HOST, REGISTERED, 6);
	sign(&d);
	REFUSED("cannot be read", asserts(&d, &p, &use));
	tell(&d, "localhost", VERIFIED, 6);
	sign(&d);
	REFUSED("another site", asserts(&d, &p, &use));
	tell(&d, HOST, VERIFIED, 6);
	assert_ok(buffer_put_u8(&d.data, 0));
	sign(&d);
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
