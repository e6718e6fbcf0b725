/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The test vectors of Web Authentication Level 3, section 16 (tests/vectors/webauthn.json, which webauthn.py beside it
 * derives): what the standard calls valid is taken, but for what this server is stricter about: user verification,
 * pages inside of others, kinds of key.
 */
#include "testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authenticator.h"
#include "hash.h"
#include "json.h"
#include "passkey.h"

static const char *path;
static struct json_document document;

static int setup(void **state)
{
	static char source[1 << 18];
	FILE *file = fopen(path, "re");

	(void)state;
	if (file == NULL)
		return -1;
	size_t len = fread(source, 1, sizeof source, file);
	(void)fclose(file);
	return ok(secret_setup()) && ok(crypto_setup()) &&
			       ok(json_parse(bytes_of(source, len), &json_limits_body, &document))
		       ? 0
		       : -1;
}
static int teardown(void **state)
{
	(void)state;
	json_document_clear(&document);
	return 0;
}

/** What a vector's member holds; lives until the test ends. */
struct value {
	uint8_t at[4096];
	size_t len;
};
static void read(struct json of, struct text name, struct value *out)
{
	struct text hex;

	assert_ok(json_text(json_member(of, name), &hex));
	out->len = hex.len / 2;
	assert_true(out->len <= sizeof out->at);
	assert_ok(text_from_hex(hex, out->at, out->len));
}
static struct bytes bytes(const struct value *v)
{
	return bytes_of(v->at, v->len);
}

static struct passkey_expected expecting(const struct value *challenge)
{
	struct passkey_expected e = {.origin = TEXT("https://example.org")};

	memcpy(e.challenge.bytes, challenge->at, sizeof e.challenge.bytes);
	return e;
}

static void same(const char *name, const char *expected, struct status got)
{
	const char *said = ok(got) ? "" : got.what;

	if (*expected == '\0' ? !ok(got) : strstr(said, expected) == NULL)
		fail_msg("%s: '%s' instead of '%s'", name, said, expected);
}

static struct value challenge, client, object, data, signature;

static void registers(struct json vector, const char *name, const char *expected, const char *verified)
{
	struct json of = json_member(vector, TEXT("registration"));
	struct authenticator_attestation attestation;
	struct passkey p;

	read(of, TEXT("challenge"), &challenge);
	read(of, TEXT("clientDataJSON"), &client);
	read(of, TEXT("attestationObject"), &object);
	const struct passkey_expected e = expecting(&challenge);
	const struct passkey_registration r = {bytes(&client), bytes(&object)};
	same(name, expected, passkey_register(&e, &r, &p));
	/* Where only the person was not verified: nothing else was wrong with it.  No attestation is looked into. */
	assert_ok(authenticator_attestation_read(bytes(&object), &attestation));
	object.at[(size_t)(attestation.data.at - object.at) + sizeof(struct hash)] |= AUTHENTICATOR_VERIFIED;
	same(name, verified, passkey_register(&e, &r, &p));
}

static void asserts(struct json vector, const char *name, const char *expected)
{
	struct json of = json_member(vector, TEXT("authentication"));
	struct authenticator_attestation attestation;
	struct authenticator_data credential;
	struct passkey_use use;

	assert_ok(authenticator_attestation_read(bytes(&object), &attestation));
	assert_ok(authenticator_read(attestation.data, &credential));
	read(of, TEXT("challenge"), &challenge);
	read(of, TEXT("clientDataJSON"), &client);
	read(of, TEXT("authenticatorData"), &data);
	read(of, TEXT("signature"), &signature);
	const struct passkey p = {.credential = credential.credential,
				  .key = credential.key,
				  .eligible = (credential.flags & AUTHENTICATOR_ELIGIBLE) != 0};
	const struct passkey_expected e = expecting(&challenge);
	const struct passkey_assertion a = {.credential = credential.credential,
					    .client_data = bytes(&client),
					    .data = bytes(&data),
					    .signature = bytes(&signature)};
	same(name, expected, passkey_assert(&e, &p, &a, &use));
	if (*expected != '\0' && strcmp(expected, "did not verify") != 0)
		return;
	signature.at[signature.len - 1] ^= 1;
	same(name, "signature", passkey_assert(&e, &p, &a, &use));
}

static void verifies_the_vectors_of_the_standard(void **state)
{
	/* As registered; with the person verified; the assertion. "": taken. */
	static const struct {
		const char *name, *registered, *verified, *asserted;
	} rows[] = {
		{"none.ES256", "did not verify", "", "did not verify"},
		{"packed-self.ES256", "", "", "did not verify"},
		{"none.ES256.crossOrigin", "inside a page", "inside a page", "inside a page"},
		{"none.ES256.topOrigin", "inside a page", "inside a page", "inside a page"},
		{"none.ES256.long-credential-id", "did not verify", "", ""},
		{"packed.ES256", "", "", ""},
		/* A row with such a key would be damage. */
		{"packed.ES384", "did not verify", "kind of key", "passkey"},
		/* Its challenge is one of 128 bytes, which is none of ours. */
		{"packed.ES512", "challenge", "challenge", "challenge"},
		{"packed.RS256", "", "", "did not verify"},
		{"packed.EdDSA", "did not verify", "", "did not verify"},
		{"packed.Ed448", "did not verify", "kind of key", "passkey"},
	};
	struct json vectors = json_member(json_root(&document), TEXT("vectors"));

	(void)state;
	assert_int_equal(json_count(vectors), COUNT(rows));
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json vector = json_element(vectors, i);
		struct text name;
		assert_ok(json_text(json_member(vector, TEXT("name")), &name));
		assert_true(text_equal(name, text_of(rows[i].name)));
		registers(vector, rows[i].name, rows[i].registered, rows[i].verified);
		asserts(vector, rows[i].name, rows[i].asserted);
	}
}

int main(int count, char **arguments)
{
	const struct CMUnitTest tests[] = {TEST(verifies_the_vectors_of_the_standard)};

	path = count > 1 ? arguments[1] : "";
	return cmocka_run_group_tests(tests, setup, teardown);
}
