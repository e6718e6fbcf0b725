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
#include "securityfile.h"

#define FILE_MAX (256 * 1024)

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
	AUTO(buffer) plain = {.max = FILE_MAX, .wipe = true};
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

/* --- Writing --- */

static void put_epoch_place(struct jsonwriter *w, const struct epoch_place *p)
{
	jsonwriter_hash(w, "fingerprint", &p->fingerprint);
	jsonwriter_u64(w, "holder_kind", (uint64_t)p->holder_kind);
	jsonwriter_hex(w, "holder", uuid_bytes(&p->holder));
	jsonwriter_u64(w, "compartment", (uint64_t)p->compartment);
	jsonwriter_u64(w, "number", p->number);
}

static void write_invitation(struct jsonwriter *w, bool with_ca)
{
	struct hash ca = fixture_hash(0xca);
	struct invitation_site site = {TEXT("https://clinic.example:8443"), fixture_hash(0x51), 7, fixture_hash(0x77),
				       with_ca ? &ca : NULL};
	AUTO(invitation) made = {0};
	AUTO(buffer) code = {.max = INVITATION_TEXT_MAX, .wipe = true};
	AUTO(secret) private_key = {0};
	struct p256_public public_key;

	assert_ok(invitation_new(&site, &made));
	for (uint8_t i = 0; i < made.seed.len; i++)
		made.seed.bytes[i] = (uint8_t)(i * 17);
	assert_ok(invitation_print(&made, &code));
	assert_ok(invitation_pair(&made, &private_key, &public_key));
	jsonwriter_object(w, NULL);
	jsonwriter_hex(w, "seed", secret_bytes(&made.seed));
	jsonwriter_text(w, "origin", site.origin);
	jsonwriter_u64(w, "pin_size", site.pin_size);
	jsonwriter_text(w, "code", text_from(buffer_bytes(&code)));
	jsonwriter_hex(w, "one_time_private", secret_bytes(&private_key));
	jsonwriter_hex(w, "one_time_public", p256_public_bytes(&public_key));
	jsonwriter_end(w);
}

static void write_epoch(struct jsonwriter *w)
{
	struct epoch_place place = fixture_epoch();
	AUTO(secret) key = fixture_key(0x0e);
	AUTO(secret) previous = fixture_key(0x0d);
	struct hash commitment;
	struct sealed_key sealed;

	assert_ok(epochkey_commitment(&place, secret_key(&key), &commitment));
	assert_ok(epochkey_previous_seal(&place, secret_key(&key), secret_key(&previous), &sealed));
	jsonwriter_object(w, NULL);
	put_epoch_place(w, &place);
	jsonwriter_hex(w, "key", secret_bytes(&key));
	jsonwriter_hash(w, "commitment", &commitment);
	jsonwriter_hex(w, "previous_key", secret_bytes(&previous));
	jsonwriter_hex(w, "previous_sealed", BYTES_OF(sealed));
	jsonwriter_end(w);
}

static void write_wrapped(struct jsonwriter *w)
{
	struct epoch_place place = fixture_epoch();
	struct fixture_person person;
	AUTO(secret) key = fixture_key(0x0e);
	struct wrapped_key wrapped;
	struct hash hash;

	fixture_person_new(&person, 1);
	assert_ok(wrappedkey_wrap(&place, secret_key(&key), &person.recipient, &person.public_key, &wrapped));
	assert_ok(wrappedkey_hash(&wrapped, &hash));
	jsonwriter_object(w, NULL);
	put_epoch_place(w, &place);
	jsonwriter_hex(w, "hpke_private", secret_bytes(&person.private_key));
	jsonwriter_u64(w, "recipient_kind", (uint64_t)person.recipient.kind);
	jsonwriter_hex(w, "recipient", uuid_bytes(&person.recipient.id));
	jsonwriter_hash(w, "key_hash", &person.recipient.key_hash);
	jsonwriter_hex(w, "wrapped", BYTES_OF(wrapped));
	jsonwriter_hash(w, "wrapped_hash", &hash);
	jsonwriter_hex(w, "key", secret_bytes(&key));
	jsonwriter_end(w);
	fixture_person_clear(&person);
}

static void write_compartment(struct jsonwriter *w, enum compartment compartment)
{
	AUTO(secret) identity = fixture_key(0x1d);
	AUTO(secret) clinical = fixture_key(0xc1);
	AUTO(secret) key = fixture_key(0);
	struct hash site = fixture_hash(0x51);

	assert_ok(compartmentkey_derive(&site, compartment, secret_key(&identity), secret_key(&clinical),
					fixture_place(&key)));
	jsonwriter_object(w, NULL);
	jsonwriter_hash(w, "fingerprint", &site);
	jsonwriter_u64(w, "compartment", (uint64_t)compartment);
	jsonwriter_hex(w, "identity_key", secret_bytes(&identity));
	jsonwriter_hex(w, "clinical_key", secret_bytes(&clinical));
	jsonwriter_hex(w, "key", secret_bytes(&key));
	jsonwriter_end(w);
}

static void write_content(struct jsonwriter *w, const struct secret *key, const struct record_place *place, size_t len)
{
	struct user_id author = fixture_user(1);
	AUTO(recordcontent) sealing = {0};
	AUTO(buffer) sealed = {.max = FILE_MAX};
	AUTO(buffer) plain = {.max = FILE_MAX};
	struct recordcontent_claim claim;

	for (size_t i = 0; i < len; i++)
		assert_ok(buffer_put_u8(&plain, (uint8_t)(i % 251)));
	assert_ok(recordcontent_seal_begin(secret_key(key), place, &author, &sealed, &sealing));
	assert_ok(recordcontent_seal_add(&sealing, (struct plain){buffer_bytes(&plain)}, &sealed));
	assert_ok(recordcontent_seal_end(&sealing, &sealed, &claim));
	jsonwriter_hex(w, "content", buffer_bytes(&plain));
	jsonwriter_hex(w, "sealed_content", buffer_bytes(&sealed));
	jsonwriter_u64(w, "content_size", claim.size);
	jsonwriter_hash(w, "content_hash", &claim.hash);
}

static void write_record(struct jsonwriter *w, size_t content)
{
	static const char header[] = "{\"title\":\"Chest, two views\",\"type\":\"image/jpeg\"}";
	struct record_place place = fixture_record();
	struct user_id author = fixture_user(1);
	AUTO(secret) compartment = fixture_key(0x33);
	AUTO(secret) key = fixture_key(0x44);
	AUTO(buffer) sealed = {.max = LIMIT_SEALED_HEADER};
	struct sealed_key sealed_key;

	assert_ok(recordkey_seal(secret_key(&compartment), &place, secret_key(&key), &sealed_key));
	assert_ok(recordheader_seal(secret_key(&key), &place, &author, plain_of(header, sizeof header - 1), &sealed));
	jsonwriter_object(w, NULL);
	jsonwriter_hash(w, "fingerprint", &place.fingerprint);
	jsonwriter_hex(w, "patient", uuid_bytes(&place.patient.uuid));
	jsonwriter_hex(w, "record", uuid_bytes(&place.record.uuid));
	jsonwriter_u64(w, "version", place.version);
	jsonwriter_u64(w, "compartment", (uint64_t)place.compartment);
	jsonwriter_hex(w, "author", uuid_bytes(&author.uuid));
	jsonwriter_hex(w, "compartment_key", secret_bytes(&compartment));
	jsonwriter_hex(w, "record_key", secret_bytes(&key));
	jsonwriter_hex(w, "sealed_key", BYTES_OF(sealed_key));
	jsonwriter_string(w, "header", header);
	jsonwriter_hex(w, "sealed_header", buffer_bytes(&sealed));
	write_content(w, &key, &place, content);
	jsonwriter_end(w);
}

static void write_import(struct jsonwriter *w)
{
	AUTO(secret) private_key = fixture_key(0x1b);
	AUTO(buffer) source = {.max = IMPORTTOKEN_SOURCE_MAX, .wipe = true};
	const struct bytes pieces[] = {BYTES_LITERAL("urn:oid:2.16.840.1.113883.2.9"), BYTES_LITERAL("4711-\xc3\xa4")};
	struct hash token;

	assert_ok(importtoken_source("patient", pieces, COUNT(pieces), &source));
	assert_ok(importtoken_make(&private_key, buffer_bytes(&source), &token));
	jsonwriter_object(w, NULL);
	jsonwriter_hex(w, "hpke_private", secret_bytes(&private_key));
	jsonwriter_string(w, "kind", "patient");
	jsonwriter_array(w, "source");
	for (size_t i = 0; i < COUNT(pieces); i++)
		jsonwriter_text(w, NULL, text_from(pieces[i]));
	jsonwriter_end(w);
	jsonwriter_hash(w, "token", &token);
	jsonwriter_end(w);
}

static void write_security_file(struct jsonwriter *w)
{
	static const uint8_t ca[] = {0x30, 0x03, 0x02, 0x01, 0x01};
	static const char passphrase[] = "kein schl\xc3\xbcssel f\xc3\xbcr jeden";
	struct securityfile_person person = {.site = fixture_hash(0x51),
					     .origin = TEXT("https://clinic.example:8443"),
					     .ca = BYTES_OF(ca),
					     .user = fixture_user(1),
					     .login = TEXT("anna.weber")};
	struct securityfile_pin pin = {.size = 42, .root = fixture_hash(0x42)};
	const struct argon2_cost cost = {.memory = LIMIT_ARGON2_MEMORY_MIN, .passes = 2};
	AUTO(securityfile) file = {0};
	AUTO(securityfile_keys) keys = {0};
	AUTO(buffer) json = {.max = SECURITYFILE_MAX};
	struct hash key_hash;

	assert_ok(securityfile_new(&person, &pin, &file, &keys));
	assert_ok(securityfile_add_slot(&file, &keys, bytes_of(passphrase, sizeof passphrase - 1), cost));
	assert_ok(securityfile_print(&file, &json));
	assert_ok(key_hash_user(&file.person.hpke_key, &file.person.sign_key, &key_hash));
	jsonwriter_object(w, NULL);
	jsonwriter_text(w, "file", text_from(buffer_bytes(&json)));
	jsonwriter_string(w, "passphrase", passphrase);
	jsonwriter_hash(w, "fingerprint", &person.site);
	jsonwriter_text(w, "origin", person.origin);
	jsonwriter_text(w, "login", person.login);
	jsonwriter_hex(w, "user", uuid_bytes(&person.user.uuid));
	jsonwriter_hash(w, "key_hash", &key_hash);
	jsonwriter_hex(w, "hpke_private", secret_bytes(&keys.hpke_private));
	jsonwriter_hex(w, "sign_private", secret_bytes(&keys.sign_private));
	jsonwriter_u64(w, "pin_size", keys.pin.size);
	jsonwriter_hash(w, "pin_root", &keys.pin.root);
	jsonwriter_end(w);
}

static int write_file(void)
{
	AUTO(buffer) out = {.max = FILE_MAX};
	struct jsonwriter w = jsonwriter_of(&out);

	jsonwriter_object(&w, NULL);
	jsonwriter_string(&w, "about", "Known answers for docs/FORMATS.md section 2. Binary values are hex.");
	jsonwriter_array(&w, "invitation");
	write_invitation(&w, false);
	write_invitation(&w, true);
	jsonwriter_end(&w);
	jsonwriter_array(&w, "epoch");
	write_epoch(&w);
	jsonwriter_end(&w);
	jsonwriter_array(&w, "wrapped");
	write_wrapped(&w);
	jsonwriter_end(&w);
	jsonwriter_array(&w, "compartment");
	write_compartment(&w, COMPARTMENT_IDENTITY);
	write_compartment(&w, COMPARTMENT_CLINICAL);
	write_compartment(&w, COMPARTMENT_BOTH);
	jsonwriter_end(&w);
	jsonwriter_array(&w, "record");
	write_record(&w, 0);
	write_record(&w, 100);
	write_record(&w, CHUNKED_PLAIN);
	jsonwriter_end(&w);
	jsonwriter_array(&w, "import");
	write_import(&w);
	jsonwriter_end(&w);
	jsonwriter_array(&w, "security_file");
	write_security_file(&w);
	jsonwriter_end(&w);
	jsonwriter_end(&w);
	assert_ok(jsonwriter_done(&w));
	printf("%.*s\n", (int)out.len, (const char *)out.bytes);
	return 0;
}

static int setup(void **state)
{
	const char *path = getenv("TACENDA_VECTORS");
	static const struct json_limits limits = {.bytes = FILE_MAX, .depth = 8};
	AUTO(buffer) source = {.max = FILE_MAX};
	int dir = -1;

	if (fixture_setup(state) != 0 || path == NULL)
		return 1;
	if (!ok(os_open_dir(&os_real, -100, path, false, &dir)))
		return 1;
	struct status s = os_load(&os_real, dir, "seal.json", FILE_MAX, &source);
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
		return fixture_setup(NULL) != 0 || write_file();
	return cmocka_run_group_tests(tests, setup, teardown);
}
