/* SPDX-License-Identifier: Apache-2.0 */
#include "seal_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "json.h"
#include "key_hash.h"
#include "securityfile.h"

static const struct argon2_cost cheapest = {.memory = LIMIT_ARGON2_MEMORY_MIN, .passes = 1};
#define PASSPHRASE BYTES_LITERAL("correct horse battery staple")
#define ANOTHER    BYTES_LITERAL("nineteen quiet herons")

static const uint8_t certificate[300] = {0x30, 0x82, 0x01, 0x28};

static struct securityfile_person person_of(void)
{
	return (struct securityfile_person){
		.site = fixture_hash(0x51),
		.origin = TEXT("https://clinic.example:8443"),
		.ca = BYTES_OF(certificate),
		.user = fixture_user(1),
		.login = TEXT("anna.weber"),
	};
}

/** A file made once: deriving a key costs more than everything else here. */
static struct {
	struct securityfile file;
	struct securityfile_keys keys;
	struct buffer json;
} shared;

static int setup(void **state)
{
	struct securityfile_person person = person_of();
	struct securityfile_pin pin = {.size = 42, .root = fixture_hash(0x42)};

	shared.json.max = SECURITYFILE_MAX;
	return fixture_setup(state) == 0 && ok(securityfile_new(&person, &pin, &shared.file, &shared.keys)) &&
			       ok(securityfile_add_slot(&shared.file, &shared.keys, PASSPHRASE, cheapest)) &&
			       ok(securityfile_print(&shared.file, &shared.json))
		       ? 0
		       : 1;
}

static int teardown(void **state)
{
	(void)state;
	securityfile_clear(&shared.file);
	securityfile_keys_clear(&shared.keys);
	buffer_clear(&shared.json);
	return 0;
}

static void assert_same_keys(const struct securityfile_keys *a, const struct securityfile_keys *b)
{
	assert_true(secret_equal(secret_bytes(&a->file_key), secret_bytes(&b->file_key)));
	assert_true(secret_equal(secret_bytes(&a->hpke_private), secret_bytes(&b->hpke_private)));
	assert_true(secret_equal(secret_bytes(&a->sign_private), secret_bytes(&b->sign_private)));
	assert_int_equal(a->pin.size, b->pin.size);
	assert_true(hash_equal(&a->pin.root, &b->pin.root));
}

static void opens_with_its_passphrase_to_what_was_put_in(void **state)
{
	(void)state;
	AUTO(securityfile) file = {0};
	AUTO(securityfile_keys) keys = {0};
	struct securityfile_person person = person_of();
	struct p256_public own;

	assert_ok(securityfile_parse(buffer_bytes(&shared.json), &file));
	assert_true(hash_equal(&file.person.site, &person.site));
	assert_true(text_equal(file.person.origin, person.origin));
	assert_true(text_equal(file.person.login, person.login));
	assert_true(bytes_equal(file.person.ca, person.ca));
	assert_true(uuid_equal(&file.person.user.uuid, &person.user.uuid));
	assert_ok(securityfile_open(&file, PASSPHRASE, &keys));
	assert_same_keys(&keys, &shared.keys);
	assert_ok(p256_public_of(&keys.sign_private, &own));
	assert_memory_equal(&own, &file.person.sign_key, sizeof own);
	assert_ok(p256_public_of(&keys.hpke_private, &own));
	assert_memory_equal(&own, &file.person.hpke_key, sizeof own);
}

static void tells_a_wrong_passphrase_from_damage(void **state)
{
	(void)state;
	AUTO(securityfile) file = {0};
	AUTO(securityfile_keys) keys = {0};

	assert_ok(securityfile_parse(buffer_bytes(&shared.json), &file));
	assert_fails(ST_UNPROVEN, securityfile_open(&file, BYTES_LITERAL("correct horse battery stapl"), &keys));
	assert_fails(ST_UNPROVEN, securityfile_open(&file, BYTES_LITERAL("correct horse battery staple "), &keys));
	assert_fails(ST_UNPROVEN, securityfile_open(&file, (struct bytes){0}, &keys));
	assert_null(keys.file_key.bytes);
}

static void refuses_every_flipped_bit(void **state)
{
	(void)state;
	AUTO(buffer) json = {.max = SECURITYFILE_MAX};

	assert_ok(buffer_put(&json, buffer_bytes(&shared.json)));
	for (size_t bit = 0; bit < json.len * 8; bit++) {
		AUTO(securityfile) file = {0};

		json.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		struct status s = securityfile_parse(buffer_bytes(&json), &file);
		/* ST_INVALID only for what says which format it is. */
		if (s.code != ST_CORRUPT && s.code != ST_INVALID)
			fail_msg("bit %zu: %s", bit, status_name(s.code));
		assert_null(file.public_part.bytes);
		json.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void refuses_every_truncation(void **state)
{
	(void)state;

	for (size_t len = 0; len < shared.json.len; len++) {
		AUTO(securityfile) file = {0};

		assert_fails(ST_CORRUPT, securityfile_parse(bytes_of(shared.json.bytes, len), &file));
	}
}

/* Whoever tampers can make `check` fit again: then the seals must hold. */
static struct status reopen(struct securityfile *changed)
{
	AUTO(buffer) json = {.max = SECURITYFILE_MAX};
	AUTO(securityfile) file = {0};
	AUTO(securityfile_keys) keys = {0};

	assert_ok(securityfile_print(changed, &json));
	TRY(securityfile_parse(buffer_bytes(&json), &file));
	return securityfile_open(&file, PASSPHRASE, &keys);
}

static void tampering_that_fits_again_opens_nothing(void **state)
{
	(void)state;
	struct securityslot *slot = &shared.file.slots[0];
	uint8_t *public_part = shared.file.public_part.bytes;
	const size_t origin_at = 25 + 36 + 4, login_at = 25 + 36 + 31 + 304 + 20 + 4;

	shared.file.sealed[60] ^= 1;
	assert_fails(ST_CORRUPT, reopen(&shared.file));
	shared.file.sealed[60] ^= 1;
	slot->salt[0] ^= 1;
	assert_fails(ST_UNPROVEN, reopen(&shared.file));
	slot->salt[0] ^= 1;
	slot->sealed.bytes[30] ^= 1;
	assert_fails(ST_UNPROVEN, reopen(&shared.file));
	slot->sealed.bytes[30] ^= 1;
	slot->cost.passes++;
	assert_fails(ST_UNPROVEN, reopen(&shared.file));
	slot->cost.passes--;
	/* Another address, another login: the person would be led elsewhere. */
	assert_int_equal(public_part[origin_at + 8], 'c');
	public_part[origin_at + 8] = 'd';
	assert_fails(ST_UNPROVEN, reopen(&shared.file));
	public_part[origin_at + 8] = 'c';
	assert_int_equal(public_part[login_at], 'a');
	public_part[login_at] = 'b';
	assert_fails(ST_UNPROVEN, reopen(&shared.file));
	public_part[login_at] = 'a';
	assert_ok(reopen(&shared.file));
}

static void pieces_of_two_files_do_not_mix(void **state)
{
	(void)state;
	AUTO(securityfile) other = {0};
	AUTO(securityfile_keys) keys = {0};
	struct securityfile_person person = person_of();
	struct securityslot own = shared.file.slots[0];
	uint8_t sealed[SECURITYFILE_SEALED];

	assert_ok(securityfile_new(&person, &(struct securityfile_pin){0}, &other, &keys));
	assert_ok(securityfile_add_slot(&other, &keys, PASSPHRASE, cheapest));
	shared.file.slots[0] = other.slots[0];
	assert_fails(ST_UNPROVEN, reopen(&shared.file));
	shared.file.slots[0] = own;
	memcpy(sealed, shared.file.sealed, sizeof sealed);
	memcpy(shared.file.sealed, other.sealed, sizeof sealed);
	assert_fails(ST_CORRUPT, reopen(&shared.file));
	memcpy(shared.file.sealed, sealed, sizeof sealed);
}

static void refuses_a_cost_out_of_bounds_before_deriving(void **state)
{
	(void)state;
	static const struct argon2_cost refused[] = {
		{.memory = LIMIT_ARGON2_MEMORY_MIN - 1024, .passes = 1},
		{.memory = 8192, .passes = 1},
		{.memory = 0, .passes = 1},
		{.memory = LIMIT_ARGON2_MEMORY_MIN + 1, .passes = 1},
		{.memory = LIMIT_ARGON2_MEMORY_MAX + 1024, .passes = 1},
		{.memory = UINT32_MAX, .passes = 1},
		{.memory = LIMIT_ARGON2_MEMORY_MIN, .passes = 0},
		{.memory = LIMIT_ARGON2_MEMORY_MIN, .passes = LIMIT_ARGON2_PASSES_MAX + 1},
		{.memory = LIMIT_ARGON2_MEMORY_MIN, .passes = UINT32_MAX},
	};

	for (size_t i = 0; i < COUNT(refused); i++) {
		struct securityslot slot = shared.file.slots[0];
		AUTO(secret) file_key = {0};

		assert_fails(ST_INVALID, securityfile_add_slot(&shared.file, &shared.keys, PASSPHRASE, refused[i]));
		slot.cost = refused[i];
		assert_fails(ST_INVALID,
			     securityslot_open(&slot, buffer_bytes(&shared.file.public_part), PASSPHRASE, &file_key));
		struct securityslot own = shared.file.slots[0];
		shared.file.slots[0] = slot;
		assert_fails(ST_INVALID, reopen(&shared.file));
		shared.file.slots[0] = own;
	}
	assert_int_equal(shared.file.slot_count, 1);
}

static void any_of_several_slots_opens_it(void **state)
{
	(void)state;
	AUTO(securityfile) file = {0};
	AUTO(securityfile) again = {0};
	AUTO(buffer) json = {.max = SECURITYFILE_MAX};

	assert_ok(securityfile_parse(buffer_bytes(&shared.json), &file));
	assert_ok(securityfile_add_slot(&file, &shared.keys, ANOTHER, cheapest));
	assert_ok(securityfile_print(&file, &json));
	assert_ok(securityfile_parse(buffer_bytes(&json), &again));
	assert_int_equal(again.slot_count, 2);
	for (int i = 0; i < 2; i++) {
		AUTO(securityfile_keys) keys = {0};

		assert_ok(securityfile_open(&again, i == 0 ? PASSPHRASE : ANOTHER, &keys));
		assert_same_keys(&keys, &shared.keys);
	}
}

static void holds_no_more_slots_than_it_can_read_back(void **state)
{
	(void)state;
	AUTO(securityfile) file = {0};
	AUTO(securityfile) again = {0};
	AUTO(buffer) json = {.max = SECURITYFILE_MAX};

	assert_ok(securityfile_parse(buffer_bytes(&shared.json), &file));
	file.slot_count = SECURITYFILE_SLOTS;
	for (size_t i = 1; i < SECURITYFILE_SLOTS; i++)
		file.slots[i] = file.slots[0];
	assert_fails(ST_TOO_MANY, securityfile_add_slot(&file, &shared.keys, ANOTHER, cheapest));
	assert_ok(securityfile_print(&file, &json));
	assert_ok(securityfile_parse(buffer_bytes(&json), &again));
	file.slot_count = 0;
	assert_fails(ST_INVALID, securityfile_print(&file, &json));
}

static void a_changed_passphrase_replaces_the_old_one(void **state)
{
	(void)state;
	AUTO(securityfile) file = {0};
	AUTO(securityfile_keys) keys = {0};

	assert_ok(securityfile_parse(buffer_bytes(&shared.json), &file));
	assert_fails(ST_UNPROVEN, securityfile_change(&file, ANOTHER, ANOTHER, cheapest));
	assert_ok(securityfile_change(&file, PASSPHRASE, ANOTHER, cheapest));
	assert_int_equal(file.slot_count, 1);
	assert_fails(ST_UNPROVEN, securityfile_open(&file, PASSPHRASE, &keys));
	assert_ok(securityfile_open(&file, ANOTHER, &keys));
	assert_same_keys(&keys, &shared.keys);
	assert_fails(ST_INVALID, securityfile_change(&file, ANOTHER, (struct bytes){0}, cheapest));
	assert_ok(securityslot_check(SECURITYSLOT_COST));
}

static void a_pin_moves_forward_only(void **state)
{
	(void)state;
	AUTO(securityfile) file = {0};
	AUTO(securityfile_keys) keys = {0};
	AUTO(securityfile_keys) again = {0};
	struct securityfile_pin pin = {.size = 50, .root = fixture_hash(0x50)};

	assert_ok(securityfile_parse(buffer_bytes(&shared.json), &file));
	assert_ok(securityfile_open_with(&file, &shared.keys.file_key, &keys));
	assert_ok(securityfile_pin(&file, &keys, &pin));
	assert_int_equal(keys.pin.size, 50);
	assert_ok(securityfile_pin(&file, &keys, &(struct securityfile_pin){.size = 49, .root = fixture_hash(1)}));
	assert_ok(securityfile_pin(&file, &keys, &(struct securityfile_pin){0}));
	assert_ok(securityfile_open_with(&file, &shared.keys.file_key, &again));
	assert_int_equal(again.pin.size, 50);
	assert_true(hash_equal(&again.pin.root, &pin.root));
}

/* PROMISES#B2: two histories of one length are noticed. */
static void a_forked_pin_is_refused(void **state)
{
	(void)state;
	AUTO(securityfile) file = {0};
	AUTO(securityfile_keys) keys = {0};
	struct securityfile_pin fork = {.size = 42, .root = fixture_hash(0x43)};

	assert_ok(securityfile_parse(buffer_bytes(&shared.json), &file));
	assert_ok(securityfile_open_with(&file, &shared.keys.file_key, &keys));
	struct status s = securityfile_pin(&file, &keys, &fork);
	assert_int_equal(s.code, ST_CORRUPT);
	assert_string_equal(s.what, "checkpoint");
	fork.size = 0;
	assert_fails(ST_INVALID, securityfile_pin(&file, &keys, &fork));
	assert_int_equal(keys.pin.size, 42);
}

/* PROMISES#K7: without the passphrase the file is no use. */
static void hides_its_private_keys(void **state)
{
	(void)state;
	AUTO(json_document) document = {0};
	AUTO(buffer) sealed = {.max = SECURITYFILE_MAX};
	static const struct json_limits limits = {.bytes = SECURITYFILE_MAX, .depth = 4};
	struct text text;

	assert_ok(json_parse(buffer_bytes(&shared.json), &limits, &document));
	assert_ok(json_text(json_member(json_root(&document), TEXT("sealed")), &text));
	assert_ok(text_from_base64(text, &sealed));
	assert_int_equal(sealed.len, SECURITYFILE_SEALED);
	assert_null(memmem(sealed.bytes, sealed.len, shared.keys.sign_private.bytes, 8));
	assert_null(memmem(sealed.bytes, sealed.len, shared.keys.hpke_private.bytes, 8));
	assert_null(memmem(sealed.bytes, sealed.len, shared.keys.pin.root.bytes, 8));
}

static void refuses_fields_out_of_their_bounds(void **state)
{
	(void)state;
	static uint8_t big[SECURITYFILE_CA_MAX + 1];
	struct securityfile_pin pin = {0};
	struct securityfile_person person = person_of();
	AUTO(securityfile) file = {0};
	AUTO(securityfile_keys) keys = {0};

	person.ca = BYTES_OF(big);
	assert_int_not_equal(securityfile_new(&person, &pin, &file, &keys).code, ST_OK);
	person = person_of();
	person.login = (struct text){0};
	assert_fails(ST_INVALID, securityfile_new(&person, &pin, &file, &keys));
	person.login = TEXT("an\xffna");
	assert_fails(ST_INVALID, securityfile_new(&person, &pin, &file, &keys));
	person.login = (struct text){(const char *)big, LIMIT_LOGIN + 1};
	assert_int_not_equal(securityfile_new(&person, &pin, &file, &keys).code, ST_OK);
	person = person_of();
	person.origin = TEXT("http://clinic.example");
	assert_fails(ST_INVALID, securityfile_new(&person, &pin, &file, &keys));
	pin.size = 3;
	person = person_of();
	assert_fails(ST_INVALID, securityfile_new(&person, &pin, &file, &keys));
	assert_null(keys.file_key.bytes);
	assert_null(file.public_part.bytes);
}

static void fits_its_own_ceiling_at_its_longest(void **state)
{
	(void)state;
	static uint8_t ca[SECURITYFILE_CA_MAX];
	static char login[LIMIT_LOGIN];
	char origin[ORIGIN_MAX];
	struct securityfile_person person = person_of();
	AUTO(securityfile) file = {0};
	AUTO(securityfile) again = {0};
	AUTO(securityfile_keys) keys = {0};
	AUTO(buffer) json = {.max = SECURITYFILE_MAX};

	memset(login, 'l', sizeof login);
	memset(origin, 'o', sizeof origin);
	memcpy(origin, "https://", 8);
	for (size_t i = 40; i < sizeof origin - 1; i += 40)
		origin[i] = '.';
	person.ca = BYTES_OF(ca);
	person.login = (struct text){login, sizeof login};
	person.origin = (struct text){origin, sizeof origin};
	assert_ok(securityfile_new(&person, &(struct securityfile_pin){0}, &file, &keys));
	for (size_t i = 0; i < SECURITYFILE_SLOTS; i++)
		file.slots[i] = shared.file.slots[0];
	file.slot_count = SECURITYFILE_SLOTS;
	assert_ok(securityfile_print(&file, &json));
	assert_ok(securityfile_parse(buffer_bytes(&json), &again));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(opens_with_its_passphrase_to_what_was_put_in),
		TEST(tells_a_wrong_passphrase_from_damage),
		TEST(refuses_every_flipped_bit),
		TEST(refuses_every_truncation),
		TEST(tampering_that_fits_again_opens_nothing),
		TEST(pieces_of_two_files_do_not_mix),
		TEST(refuses_a_cost_out_of_bounds_before_deriving),
		TEST(any_of_several_slots_opens_it),
		TEST(holds_no_more_slots_than_it_can_read_back),
		TEST(a_changed_passphrase_replaces_the_old_one),
		TEST(a_pin_moves_forward_only),
		TEST(a_forked_pin_is_refused),
		TEST(hides_its_private_keys),
		TEST(refuses_fields_out_of_their_bounds),
		TEST(fits_its_own_ceiling_at_its_longest),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
