/* SPDX-License-Identifier: Apache-2.0 */
/* The small seals of a record version: compartment key, record key, header; and the import token. */
#include "seal_fixture.h"

#include <string.h>

#include "compartmentkey.h"
#include "importtoken.h"
#include "recordheader.h"
#include "recordkey.h"

static void derives_a_key_for_each_compartment(void **state)
{
	(void)state;
	const enum compartment all[] = {COMPARTMENT_IDENTITY, COMPARTMENT_CLINICAL, COMPARTMENT_BOTH};
	AUTO(secret) identity = fixture_key(1);
	AUTO(secret) clinical = fixture_key(2);
	struct hash site = fixture_hash(0x51);
	struct secret keys[3] = {fixture_key(0), fixture_key(0), fixture_key(0)};

	for (size_t i = 0; i < 3; i++)
		assert_ok(compartmentkey_derive(&site, all[i], secret_key(&identity), secret_key(&clinical),
						fixture_place(&keys[i])));
	for (size_t i = 0; i < 3; i++)
		assert_false(secret_equal(secret_bytes(&keys[i]), secret_bytes(&keys[(i + 1) % 3])));
	for (size_t i = 0; i < 3; i++)
		secret_clear(&keys[i]);
}

/* PROMISES#K9: reading takes the keys, whatever a rule says; PROMISES#B1. */
static void a_missing_epoch_key_opens_nothing(void **state)
{
	(void)state;
	AUTO(secret) one = fixture_key(1);
	AUTO(secret) out = fixture_key(0);
	AUTO(secret) zero = fixture_key(0);
	struct hash site = fixture_hash(0x51);
	const struct key *key = secret_key(&one);

	assert_fails(ST_DENIED, compartmentkey_derive(&site, COMPARTMENT_IDENTITY, NULL, key, fixture_place(&out)));
	assert_fails(ST_DENIED, compartmentkey_derive(&site, COMPARTMENT_CLINICAL, key, NULL, fixture_place(&out)));
	assert_fails(ST_DENIED, compartmentkey_derive(&site, COMPARTMENT_BOTH, key, NULL, fixture_place(&out)));
	assert_fails(ST_DENIED, compartmentkey_derive(&site, COMPARTMENT_BOTH, NULL, key, fixture_place(&out)));
	assert_true(secret_equal(secret_bytes(&out), secret_bytes(&zero)));
}

static void identifying_needs_both_keys_in_order_and_the_site(void **state)
{
	(void)state;
	AUTO(secret) a = fixture_key(1);
	AUTO(secret) b = fixture_key(2);
	AUTO(secret) right = fixture_key(0);
	AUTO(secret) swapped = fixture_key(0);
	AUTO(secret) elsewhere = fixture_key(0);
	struct hash site = fixture_hash(0x51), other = fixture_hash(0x52);

	assert_ok(
		compartmentkey_derive(&site, COMPARTMENT_BOTH, secret_key(&a), secret_key(&b), fixture_place(&right)));
	assert_ok(compartmentkey_derive(&site, COMPARTMENT_BOTH, secret_key(&b), secret_key(&a),
					fixture_place(&swapped)));
	assert_ok(compartmentkey_derive(&other, COMPARTMENT_BOTH, secret_key(&a), secret_key(&b),
					fixture_place(&elsewhere)));
	assert_false(secret_equal(secret_bytes(&right), secret_bytes(&swapped)));
	assert_false(secret_equal(secret_bytes(&right), secret_bytes(&elsewhere)));
}

static void a_record_key_opens_only_where_it_belongs(void **state)
{
	(void)state;
	AUTO(secret) compartment = fixture_key(1);
	AUTO(secret) wrong = fixture_key(2);
	AUTO(secret) key = fixture_key(3);
	AUTO(secret) opened = fixture_key(0);
	AUTO(secret) none = fixture_key(0);
	AUTO(secret) zero = fixture_key(0);
	struct record_place place = fixture_record();
	struct sealed_key sealed;

	assert_ok(recordkey_seal(secret_key(&compartment), &place, secret_key(&key), &sealed));
	assert_ok(recordkey_open(secret_key(&compartment), &place, &sealed, fixture_place(&opened)));
	assert_true(secret_equal(secret_bytes(&opened), secret_bytes(&key)));
	assert_fails(ST_CORRUPT, recordkey_open(secret_key(&wrong), &place, &sealed, fixture_place(&none)));
	for (int i = 0; i < FIXTURE_RECORD_CHANGES; i++) {
		struct record_place changed = place;

		fixture_change_record(&changed, i);
		assert_fails(ST_CORRUPT,
			     recordkey_open(secret_key(&compartment), &changed, &sealed, fixture_place(&none)));
	}
	for (size_t bit = 0; bit < SEALED_KEY_LEN * 8; bit++) {
		sealed.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_fails(ST_CORRUPT,
			     recordkey_open(secret_key(&compartment), &place, &sealed, fixture_place(&none)));
		sealed.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_true(secret_equal(secret_bytes(&none), secret_bytes(&zero)));
}

static void a_record_key_moves_to_another_epoch(void **state)
{
	(void)state;
	AUTO(secret) from = fixture_key(1);
	AUTO(secret) to = fixture_key(2);
	AUTO(secret) key = fixture_key(3);
	AUTO(secret) opened = fixture_key(0);
	struct record_place place = fixture_record();
	struct sealed_key sealed, before;

	assert_ok(recordkey_seal(secret_key(&from), &place, secret_key(&key), &sealed));
	before = sealed;
	assert_fails(ST_CORRUPT, recordkey_reseal(secret_key(&to), secret_key(&from), &place, &sealed));
	assert_memory_equal(&before, &sealed, sizeof sealed);
	assert_ok(recordkey_reseal(secret_key(&from), secret_key(&to), &place, &sealed));
	assert_fails(ST_CORRUPT, recordkey_open(secret_key(&from), &place, &sealed, fixture_place(&opened)));
	assert_ok(recordkey_open(secret_key(&to), &place, &sealed, fixture_place(&opened)));
	assert_true(secret_equal(secret_bytes(&opened), secret_bytes(&key)));
}

static void a_header_comes_back_without_its_padding(void **state)
{
	(void)state;
	static const char json[] = "{\"title\":\"Brief an die Hausarztpraxis\",\"type\":\"application/pdf\"} ";
	AUTO(secret) key = fixture_key(4);
	AUTO(buffer) sealed = {.max = LIMIT_SEALED_HEADER};
	AUTO(buffer) plain = {.max = LIMIT_SEALED_HEADER, .wipe = true};
	struct record_place place = fixture_record();
	struct user_id author = fixture_user(1);

	assert_ok(recordheader_seal(secret_key(&key), &place, &author, plain_of(json, sizeof json - 1), &sealed));
	assert_int_equal(sealed.len, 128 + 40);
	assert_ok(recordheader_open(secret_key(&key), &place, &author, sealed_of(sealed.bytes, sealed.len), &plain));
	/* JSON never ends in a space that counts. */
	assert_int_equal(plain.len, sizeof json - 2);
	assert_memory_equal(plain.bytes, json, plain.len);
}

static void a_header_has_a_size_that_says_little(void **state)
{
	(void)state;
	AUTO(secret) key = fixture_key(4);
	struct record_place place = fixture_record();
	struct user_id author = fixture_user(1);
	static char json[RECORDHEADER_PLAIN_MAX + 1];
	static const struct {
		size_t len, sealed;
	} rows[] = {
		{1, 168}, {127, 168}, {128, 168}, {129, 296}, {RECORDHEADER_PLAIN_MAX, RECORDHEADER_PLAIN_MAX + 40}};

	memset(json, 'x', sizeof json);
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(buffer) sealed = {.max = LIMIT_SEALED_HEADER};

		assert_ok(recordheader_seal(secret_key(&key), &place, &author, plain_of(json, rows[i].len), &sealed));
		assert_int_equal(sealed.len, rows[i].sealed);
	}
	AUTO(buffer) none = {.max = LIMIT_SEALED_HEADER};
	assert_fails(ST_TOO_BIG,
		     recordheader_seal(secret_key(&key), &place, &author, plain_of(json, sizeof json), &none));
	assert_fails(ST_INVALID, recordheader_seal(secret_key(&key), &place, &author, plain_of(json, 0), &none));
}

static void a_header_opens_only_where_it_belongs(void **state)
{
	(void)state;
	AUTO(secret) key = fixture_key(4);
	AUTO(secret) wrong = fixture_key(5);
	AUTO(buffer) sealed = {.max = LIMIT_SEALED_HEADER};
	AUTO(buffer) plain = {.max = LIMIT_SEALED_HEADER, .wipe = true};
	struct record_place place = fixture_record();
	struct user_id author = fixture_user(1), other = fixture_user(2);

	assert_ok(recordheader_seal(secret_key(&key), &place, &author, plain_of("{}", 2), &sealed));
	struct sealed whole = sealed_of(sealed.bytes, sealed.len);
	assert_fails(ST_CORRUPT, recordheader_open(secret_key(&wrong), &place, &author, whole, &plain));
	assert_fails(ST_CORRUPT, recordheader_open(secret_key(&key), &place, &other, whole, &plain));
	for (int i = 0; i < FIXTURE_RECORD_CHANGES; i++) {
		struct record_place changed = place;

		fixture_change_record(&changed, i);
		assert_fails(ST_CORRUPT, recordheader_open(secret_key(&key), &changed, &author, whole, &plain));
	}
	for (size_t bit = 0; bit < sealed.len * 8; bit++) {
		sealed.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_fails(ST_CORRUPT, recordheader_open(secret_key(&key), &place, &author, whole, &plain));
		sealed.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t len = 0; len < sealed.len; len++)
		assert_fails(ST_CORRUPT, recordheader_open(secret_key(&key), &place, &author,
							   sealed_of(sealed.bytes, len), &plain));
	assert_int_equal(plain.len, 0);
}

static void token_of(uint8_t scalar, const char *kind, const char *a, const char *b, struct hash *out)
{
	AUTO(secret) private_key = fixture_key(scalar);
	AUTO(buffer) source = {.max = IMPORTTOKEN_SOURCE_MAX, .wipe = true};
	const struct bytes pieces[] = {text_bytes(text_of(a)), text_bytes(text_of(b))};

	assert_ok(importtoken_source(kind, pieces, 2, &source));
	assert_ok(importtoken_make(&private_key, buffer_bytes(&source), out));
}

static void an_import_token_is_the_owners_and_the_sources(void **state)
{
	(void)state;
	struct hash token, again, other;

	token_of(1, "patient", "urn:hospital", "4711", &token);
	token_of(1, "patient", "urn:hospital", "4711", &again);
	assert_true(hash_equal(&token, &again));
	token_of(2, "patient", "urn:hospital", "4711", &other);
	assert_false(hash_equal(&token, &other));
	token_of(1, "resource", "urn:hospital", "4711", &other);
	assert_false(hash_equal(&token, &other));
	token_of(1, "patient", "urn:hospital4", "711", &other);
	assert_false(hash_equal(&token, &other));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(derives_a_key_for_each_compartment),
		TEST(a_missing_epoch_key_opens_nothing),
		TEST(identifying_needs_both_keys_in_order_and_the_site),
		TEST(a_record_key_opens_only_where_it_belongs),
		TEST(a_record_key_moves_to_another_epoch),
		TEST(a_header_comes_back_without_its_padding),
		TEST(a_header_has_a_size_that_says_little),
		TEST(a_header_opens_only_where_it_belongs),
		TEST(an_import_token_is_the_owners_and_the_sources),
	};

	return cmocka_run_group_tests(tests, fixture_setup, NULL);
}
