/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Known answers in tests/vectors/seal.json: what is deterministic is computed again,
 * what is random is opened.  The browser's code must pass the same file.
 * `test_seal_vectors --write` prints a new one with the same fixed inputs.
 */
#include "seal_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compartmentkey.h"
#include "epochkey.h"
#include "hash.h"
#include "importtoken.h"
#include "invitation.h"
#include "json.h"
#include "jsonwriter.h"
#include "key_hash.h"
#include "os.h"
#include "recordcontent.h"
#include "recordheader.h"
#include "recordkey.h"
#include "seal_vectors.h"
#include "securityfile.h"

static struct json_document document;

/* --- Reading --- */

static struct text text_in(struct json object, const char *name)
{
	struct text t = {0};

	assert_ok(json_text(json_member(object, text_of(name)), &t));
	return t;
}

static uint64_t number_in(struct json object, const char *name)
{
	uint64_t v = 0;

	assert_ok(json_u64(json_member(object, text_of(name)), 0, UINT64_MAX, &v));
	return v;
}

/* Any length; freed with the test. */
static struct bytes hex_in(struct json object, const char *name)
{
	struct text t = text_in(object, name);
	uint8_t *bytes = test_malloc(t.len / 2 + 1);

	assert_ok(text_from_hex(t, bytes, t.len / 2));
	return bytes_of(bytes, t.len / 2);
}

static void copy_in(struct json object, const char *name, void *out, size_t len)
{
	struct bytes b = hex_in(object, name);

	assert_int_equal(b.len, len);
	memcpy(out, b.at, len);
	test_free((void *)(uintptr_t)b.at);
}

static struct secret secret_in(struct json object, const char *name)
{
	struct secret s = {0};

	assert_ok(secret_empty(32, &s));
	copy_in(object, name, s.bytes, 32);
	return s;
}

static struct epoch_place epoch_in(struct json o)
{
	struct epoch_place p = {
		.holder_kind = (enum holder_kind)number_in(o, "holder_kind"),
		.compartment = (enum compartment)number_in(o, "compartment"),
		.number = (uint32_t)number_in(o, "number"),
	};

	copy_in(o, "fingerprint", p.fingerprint.bytes, 32);
	copy_in(o, "holder", p.holder.bytes, 16);
	return p;
}

static struct record_place record_in(struct json o)
{
	struct record_place p = {
		.version = (uint32_t)number_in(o, "version"),
		.compartment = (enum compartment)number_in(o, "compartment"),
	};

	copy_in(o, "fingerprint", p.fingerprint.bytes, 32);
	copy_in(o, "patient", p.patient.uuid.bytes, 16);
	copy_in(o, "record", p.record.uuid.bytes, 16);
	return p;
}

/* Call ${check} on every element of the member ${name}. */
static void each(const char *name, void (*check)(struct json element))
{
	struct json list = json_member(json_root(&document), text_of(name));

	assert_true(json_count(list) > 0);
	for (size_t i = 0; i < json_count(list); i++)
		check(json_element(list, i));
}

/* --- Checking --- */

static void check_invitation(struct json o)
{
	AUTO(invitation) read = {0};
	AUTO(secret) pair = {0};
	AUTO(secret) expected = secret_in(o, "one_time_private");
	AUTO(buffer) code = {.max = INVITATION_TEXT_MAX, .wipe = true};
	struct p256_public public_key, named;
	uint8_t seed[16];

	assert_ok(invitation_parse(text_in(o, "code"), &read));
	copy_in(o, "seed", seed, sizeof seed);
	assert_memory_equal(seed, read.seed.bytes, sizeof seed);
	assert_true(text_equal(text_of(read.origin), text_in(o, "origin")));
	assert_int_equal(read.pin_size, number_in(o, "pin_size"));
	assert_ok(invitation_pair(&read, &pair, &public_key));
	copy_in(o, "one_time_public", named.bytes, sizeof named.bytes);
	assert_memory_equal(&public_key, &named, sizeof named);
	assert_true(secret_equal(secret_bytes(&pair), secret_bytes(&expected)));
	assert_ok(invitation_print(&read, &code));
	assert_true(text_equal(text_from(buffer_bytes(&code)), text_in(o, "code")));
}

static void check_epoch(struct json o)
{
	struct epoch_place place = epoch_in(o), before = place;
	AUTO(secret) key = secret_in(o, "key");
	AUTO(secret) previous = secret_in(o, "previous_key");
	AUTO(secret) opened = fixture_key(0);
	struct epochkey_step step;
	struct hash commitment;

	copy_in(o, "commitment", commitment.bytes, 32);
	assert_ok(epochkey_check(&place, secret_key(&key), &commitment));
	copy_in(o, "previous_sealed", step.previous_sealed.bytes, SEALED_KEY_LEN);
	before.number--;
	assert_ok(epochkey_commitment(&before, secret_key(&previous), &step.commitment));
	assert_ok(epochkey_walk(&place, secret_key(&key), &step, 1, fixture_place(&opened)));
	assert_true(secret_equal(secret_bytes(&opened), secret_bytes(&previous)));
}

static void check_wrapped(struct json o)
{
	struct epoch_place place = epoch_in(o);
	AUTO(secret) private_key = secret_in(o, "hpke_private");
	AUTO(secret) key = secret_in(o, "key");
	AUTO(secret) opened = fixture_key(0);
	struct wrappedkey_recipient recipient = {.kind = (enum recipient_kind)number_in(o, "recipient_kind")};
	struct wrappedkey_claim claim;
	struct wrapped_key wrapped;

	copy_in(o, "recipient", recipient.id.bytes, 16);
	copy_in(o, "key_hash", recipient.key_hash.bytes, 32);
	copy_in(o, "wrapped", wrapped.bytes, WRAPPED_KEY_LEN);
	copy_in(o, "wrapped_hash", claim.wrapped_hash.bytes, 32);
	assert_ok(epochkey_commitment(&place, secret_key(&key), &claim.commitment));
	assert_ok(wrappedkey_open(&place, &recipient, &private_key, &wrapped, &claim, fixture_place(&opened)));
	assert_true(secret_equal(secret_bytes(&opened), secret_bytes(&key)));
}

static void check_compartment(struct json o)
{
	AUTO(secret) identity = secret_in(o, "identity_key");
	AUTO(secret) clinical = secret_in(o, "clinical_key");
	AUTO(secret) expected = secret_in(o, "key");
	AUTO(secret) derived = fixture_key(0);
	struct hash site;

	copy_in(o, "fingerprint", site.bytes, 32);
	assert_ok(compartmentkey_derive(&site, (enum compartment)number_in(o, "compartment"), secret_key(&identity),
					secret_key(&clinical), fixture_place(&derived)));
	assert_true(secret_equal(secret_bytes(&derived), secret_bytes(&expected)));
}

static void check_content(struct json o, const struct secret *key, const struct user_id *author)
{
	AUTO(recordcontent) opening = {0};
	AUTO(buffer) plain = {.max = VECTORS_MAX, .wipe = true};
	struct record_place place = record_in(o);
	struct recordcontent_claim claim = {.size = number_in(o, "content_size")};
	struct bytes sealed = hex_in(o, "sealed_content"), expected = hex_in(o, "content");

	copy_in(o, "content_hash", claim.hash.bytes, 32);
	assert_ok(recordcontent_open_begin(secret_key(key), &place, author, &claim, &opening));
	assert_ok(recordcontent_open_add(&opening, (struct sealed){sealed}, &plain));
	assert_ok(recordcontent_open_end(&opening));
	assert_true(bytes_equal(buffer_bytes(&plain), expected));
	test_free((void *)(uintptr_t)sealed.at);
	test_free((void *)(uintptr_t)expected.at);
}

static void check_record(struct json o)
{
	AUTO(secret) compartment = secret_in(o, "compartment_key");
	AUTO(secret) expected = secret_in(o, "record_key");
	AUTO(secret) key = fixture_key(0);
	AUTO(buffer) header = {.max = LIMIT_SEALED_HEADER, .wipe = true};
	struct record_place place = record_in(o);
	struct user_id author;
	struct sealed_key sealed_key;
	struct bytes sealed = hex_in(o, "sealed_header");

	copy_in(o, "author", author.uuid.bytes, 16);
	copy_in(o, "sealed_key", sealed_key.bytes, SEALED_KEY_LEN);
	assert_ok(recordkey_open(secret_key(&compartment), &place, &sealed_key, fixture_place(&key)));
	assert_true(secret_equal(secret_bytes(&key), secret_bytes(&expected)));
	assert_ok(recordheader_open(secret_key(&key), &place, &author, (struct sealed){sealed}, &header));
	assert_true(text_equal(text_from(buffer_bytes(&header)), text_in(o, "header")));
	test_free((void *)(uintptr_t)sealed.at);
	check_content(o, &key, &author);
}

static void check_import(struct json o)
{
	AUTO(secret) private_key = secret_in(o, "hpke_private");
	AUTO(buffer) source = {.max = IMPORTTOKEN_SOURCE_MAX, .wipe = true};
	struct json list = json_member(o, TEXT("source"));
	struct bytes pieces[4];
	struct hash token, expected;
	char kind[32] = "";

	assert_in_range(json_count(list), 1, COUNT(pieces));
	for (size_t i = 0; i < json_count(list); i++) {
		struct text t;

		assert_ok(json_text(json_element(list, i), &t));
		pieces[i] = text_bytes(t);
	}
	struct text word = text_in(o, "kind");
	memcpy(kind, word.at, word.len);
	assert_ok(importtoken_source(kind, pieces, json_count(list), &source));
	assert_ok(importtoken_make(&private_key, buffer_bytes(&source), &token));
	copy_in(o, "token", expected.bytes, 32);
	assert_true(hash_equal(&token, &expected));
}

static void check_security_file(struct json o)
{
	AUTO(securityfile) file = {0};
	AUTO(securityfile_keys) keys = {0};
	AUTO(secret) hpke = secret_in(o, "hpke_private");
	AUTO(secret) sign = secret_in(o, "sign_private");
	struct hash hash;

	assert_ok(securityfile_parse(text_bytes(text_in(o, "file")), &file));
	assert_ok(securityfile_open(&file, text_bytes(text_in(o, "passphrase")), &keys));
	assert_true(secret_equal(secret_bytes(&hpke), secret_bytes(&keys.hpke_private)));
	assert_true(secret_equal(secret_bytes(&sign), secret_bytes(&keys.sign_private)));
	assert_int_equal(keys.pin.size, number_in(o, "pin_size"));
	copy_in(o, "pin_root", hash.bytes, 32);
	assert_true(hash_equal(&hash, &keys.pin.root));
	copy_in(o, "fingerprint", hash.bytes, 32);
	assert_true(hash_equal(&hash, &file.person.site));
	assert_true(text_equal(text_in(o, "origin"), file.person.origin));
	assert_true(text_equal(text_in(o, "login"), file.person.login));
	assert_ok(key_hash_user(&file.person.hpke_key, &file.person.sign_key, &hash));
	struct hash named;
	copy_in(o, "key_hash", named.bytes, 32);
	assert_true(hash_equal(&hash, &named));
}

#define CHECKS(noun) \
	static void agrees_on_##noun(void **state) \
	{ \
		(void)state; \
		each(#noun, check_##noun); \
	}
CHECKS(invitation)
CHECKS(epoch)
CHECKS(wrapped)
CHECKS(compartment)
CHECKS(record)
CHECKS(import)
CHECKS(security_file)

static int setup(void **state)
{
	const char *path = getenv("TACENDA_VECTORS");
	static const struct json_limits limits = {.bytes = VECTORS_MAX, .depth = 8};
	AUTO(buffer) source = {.max = VECTORS_MAX};
	int dir = -1;

	if (fixture_setup(state) != 0 || path == NULL)
		return 1;
	if (!ok(os_open_dir(&os_real, -100, path, false, &dir)))
		return 1;
	struct status s = os_load(&os_real, dir, "seal.json", VECTORS_MAX, &source);
	(void)os_real.close(dir);
	return ok(s) && ok(json_parse(buffer_bytes(&source), &limits, &document)) ? 0 : 1;
}

static int teardown(void **state)
{
	(void)state;
	json_document_clear(&document);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(agrees_on_invitation),    TEST(agrees_on_epoch),  TEST(agrees_on_wrapped),
		TEST(agrees_on_compartment),   TEST(agrees_on_record), TEST(agrees_on_import),
		TEST(agrees_on_security_file),
	};

	if (argc == 2 && strcmp(argv[1], "--write") == 0)
		return fixture_setup(NULL) != 0 || vectors_write();
	return cmocka_run_group_tests(tests, setup, teardown);
}
