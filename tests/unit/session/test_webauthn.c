/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The test vectors of Web Authentication Level 3, section 16 (PROMISES#S5; tests/vectors/webauthn.json, which
 * webauthn.py beside it derives): what the standard calls valid is taken, but for what this server is stricter about:
 * user verification, pages inside of others, kinds of key.
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

/* ---- The standard's own text, where it is at hand ---- */

/** The value of "NAME = h'...'" after ${from}, before ${end}; NULL where there is none. */
static const char *published(const char *from, const char *end, const char *name, char *out, size_t max)
{
	char line[64];

	(void)snprintf(line, sizeof line, "\n%s = h'", name);
	const char *at = strstr(from, line);
	if (at == NULL || at >= end)
		return NULL;
	at += strlen(line);
	size_t len = strspn(at, "0123456789abcdef");
	assert_true(len < max);
	memcpy(out, at, len);
	out[len] = '\0';
	return out;
}

/** Ours, ceremony by ceremony, against what stands between two headings. */
static void compare(const char *from, const char *end, struct json vector, const char *name)
{
	static const char *const ceremonies[] = {"registration", "authentication"};
	static char hex[1 << 14];
	const char *blocks[] = {strstr(from, "<xmp"), NULL, end};
	struct text member, value;
	struct json read;

	blocks[1] = strstr(blocks[0] + 1, "<xmp");
	for (size_t i = 0; i < COUNT(ceremonies); i++) {
		struct json_members members = json_members_of(json_member(vector, text_of(ceremonies[i])));
		while (json_members_next(&members, &member, &read)) {
			char field[32] = "";
			memcpy(field, member.at, member.len);
			assert_ok(json_text(read, &value));
			const char *theirs = published(blocks[i], blocks[i + 1], field, hex, sizeof hex);
			if (theirs == NULL || !text_equal(value, text_of(theirs)))
				fail_msg("%s: %s of the %s", name, field, ceremonies[i]);
		}
	}
}

/** The standard's section into ${text}; false where it is not at hand. */
static bool find_standard(char *text, size_t max)
{
	char file_name[512];
	const char *shared = getenv("TACENDA_SHARED");

	(void)snprintf(file_name, sizeof file_name, "%s/data/crypto/webauthn/test-vectors-section.md",
		       shared != NULL ? shared : "");
	FILE *file = fopen(file_name, "re");
	if (file == NULL)
		return false;
	text[fread(text, 1, max - 1, file)] = '\0';
	(void)fclose(file);
	return true;
}

/** Between which headings a vector stands. */
static const char *find_vector(const char *text, const char *info, const char **end)
{
	const char *from = strstr(text, info);

	assert_non_null(from);
	*end = strstr(from, "\n## ");
	if (*end == NULL)
		*end = text + strlen(text);
	while (from > text && strncmp(from, "\n## ", 4) != 0)
		from--;
	return from;
}

static char standard[1 << 18];

static void derives_what_the_standard_prints(void **state)
{
	struct json vectors = json_member(json_root(&document), TEXT("vectors"));

	(void)state;
	if (!find_standard(standard, sizeof standard))
		skip();
	for (size_t i = 0; i < json_count(vectors); i++) {
		struct json vector = json_element(vectors, i);
		struct text name;
		char info[64];
		assert_ok(json_text(json_member(vector, TEXT("name")), &name));
		(void)snprintf(info, sizeof info, "info='%.*s'", TEXT_ARG(name));
		const char *end, *from = find_vector(standard, info, &end);
		compare(from, end, vector, info);
	}
}

static void read_published(const char *from, const char *end, const char *name, struct value *out)
{
	static char hex[1 << 14];

	assert_non_null(published(from, end, name, hex, sizeof hex));
	out->len = strlen(hex) / 2;
	assert_true(out->len <= sizeof out->at);
	assert_ok(text_from_hex(text_of(hex), out->at, out->len));
}

static void walks_over_every_format_of_the_standard(void **state)
{
	static const char *const infos[] = {"info='tpm.ES256'", "info='android-key.ES256'", "info='apple.ES256'",
					    "info='fido-u2f.ES256'"};
	struct authenticator_attestation attestation;
	struct passkey p;

	(void)state;
	if (!find_standard(standard, sizeof standard))
		skip();
	for (size_t i = 0; i < COUNT(infos); i++) {
		const char *end, *from = find_vector(standard, infos[i], &end);
		read_published(from, end, "challenge", &challenge);
		read_published(from, end, "clientDataJSON", &client);
		read_published(from, end, "attestationObject", &object);
		assert_ok(authenticator_attestation_read(bytes(&object), &attestation));
		object.at[(size_t)(attestation.data.at - object.at) + sizeof(struct hash)] |= AUTHENTICATOR_VERIFIED;
		const struct passkey_expected e = expecting(&challenge);
		const struct passkey_registration r = {bytes(&client), bytes(&object)};
		same(infos[i], "", passkey_register(&e, &r, &p));
	}
}

int main(int count, char **arguments)
{
	const struct CMUnitTest tests[] = {TEST(verifies_the_vectors_of_the_standard),
					   TEST(derives_what_the_standard_prints),
					   TEST(walks_over_every_format_of_the_standard)};

	path = count > 1 ? arguments[1] : "";
	return cmocka_run_group_tests(tests, setup, teardown);
}
