/* SPDX-License-Identifier: Apache-2.0 */
/* Passwords as hashes in sealed rows (PROMISES#S1), and unknown logins that take the same path (PROMISES#S4). */
#include "testing.h"

#include <stdio.h>
#include <string.h>

#include "credential.h"
#include "rig.h"

#define PASSWORD "Correct-horse-9!"

static struct rig rig;
static struct store store;

static int setup(void **state)
{
	(void)state;
	rig = rig_new();
	return ok(store_open(&rig.options, &store)) && ok(credential_setup()) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	store_clear(&store);
	rig_end(&rig);
	return 0;
}

static const struct argon2_cost cost = {.memory = 19u << 20, .passes = 2};

static struct user_id user_number(uint8_t n)
{
	return (struct user_id){rig_patient(n)};
}

static struct status put(uint8_t n, const struct credential *c)
{
	struct user_id user = user_number(n);
	AUTO(store_txn) txn = {0};

	TRY(store_begin(&store, &txn));
	TRY(credential_put(&txn, &user, c));
	TRY(store_txn_audit(&txn, BYTES_LITERAL("a password was set"), NULL));
	return store_commit(&txn);
}

static struct status get(uint8_t n, struct credential *out)
{
	struct user_id user = user_number(n);
	AUTO(store_snapshot) snapshot = {0};

	TRY(store_snapshot_new(&store, &snapshot));
	return credential_get(snapshot.view, &user, out);
}

static void the_right_password_and_no_other_is_taken(void **state)
{
	struct credential made, kept;

	(void)state;
	assert_ok(credential_hash(BYTES_LITERAL(PASSWORD), cost, 77, &made));
	assert_ok(put(1, &made));
	assert_ok(get(1, &kept));
	assert_int_equal(kept.changed, 77);
	assert_ok(credential_check(&kept, BYTES_LITERAL(PASSWORD)));
	assert_fails(ST_UNPROVEN, credential_check(&kept, BYTES_LITERAL("correct-horse-9!")));
	assert_fails(ST_UNPROVEN, credential_check(&kept, BYTES_LITERAL(PASSWORD "\0")));
	assert_fails(ST_UNPROVEN, credential_check(&kept, BYTES_LITERAL("")));
	assert_fails(ST_NOT_FOUND, get(2, &kept));
}

static void the_last_of_a_hundred_characters_counts(void **state)
{
	struct credential made;
	char one[100], other[100];

	(void)state;
	memset(one, 'a', sizeof one);
	memcpy(other, one, sizeof other);
	other[99] = 'b';
	assert_ok(credential_hash(BYTES_OF(one), cost, 77, &made));
	assert_ok(credential_check(&made, BYTES_OF(one)));
	assert_fails(ST_UNPROVEN, credential_check(&made, BYTES_OF(other)));
	assert_fails(ST_UNPROVEN, credential_check(&made, bytes_of(one, 99)));
}

static void the_same_password_has_another_hash_each_time(void **state)
{
	struct credential a, b;

	(void)state;
	assert_ok(credential_hash(BYTES_LITERAL(PASSWORD), cost, 1, &a));
	assert_ok(credential_hash(BYTES_LITERAL(PASSWORD), cost, 1, &b));
	assert_string_not_equal(a.hash, b.hash);
	assert_null(strstr(a.hash, PASSWORD));
}

static void a_new_password_replaces_the_old(void **state)
{
	struct credential made, kept;

	(void)state;
	assert_ok(credential_hash(BYTES_LITERAL(PASSWORD), cost, 1, &made));
	assert_ok(put(1, &made));
	assert_ok(credential_hash(BYTES_LITERAL("Other-horse-8!"), cost, 2, &made));
	assert_ok(put(1, &made));
	assert_ok(get(1, &kept));
	assert_fails(ST_UNPROVEN, credential_check(&kept, BYTES_LITERAL(PASSWORD)));
	assert_ok(credential_check(&kept, BYTES_LITERAL("Other-horse-8!")));
}

/** "$argon2id$v=19$m=19456,t=2,p=1": all that decides how long a check takes. */
static void cost_of(const char *hash, char out[64])
{
	const char *salt = strstr(hash, ",p=");

	assert_non_null(salt);
	(void)snprintf(out, 64, "%.*s", (int)(salt - hash) + 4, hash);
}

static void an_unknown_login_costs_the_same_and_opens_to_nothing(void **state)
{
	struct credential made, nobody;
	char real[64], none[64];

	(void)state;
	assert_ok(credential_hash(BYTES_LITERAL(PASSWORD), cost, 1, &made));
	credential_nobody(cost, &nobody);
	cost_of(made.hash, real);
	cost_of(nobody.hash, none);
	assert_string_equal(none, real);
	assert_string_equal(real, "$argon2id$v=19$m=19456,t=2,p=1");
	assert_int_equal(strlen(nobody.hash), strlen(made.hash));
	/* The same answer as to a wrong password, not an unreadable hash. */
	assert_fails(ST_UNPROVEN, credential_check(&nobody, BYTES_LITERAL(PASSWORD)));
	assert_fails(ST_UNPROVEN, credential_check(&nobody, BYTES_LITERAL("")));
}

static void remembers_twelve_passwords_and_no_more(void **state)
{
	const struct argon2_cost cheap = {.memory = 8192, .passes = 1};
	struct credential now, next;
	char text[16];

	(void)state;
	assert_ok(credential_hash(BYTES_LITERAL("password 0"), cheap, 1, &now));
	for (uint64_t i = 1; i <= 14; i++) {
		(void)snprintf(text, sizeof text, "password %u", (unsigned)i);
		assert_ok(credential_hash(text_bytes(text_of(text)), cheap, i, &next));
		credential_follow(&now, &next);
		assert_ok(put(1, &next));
		assert_ok(get(1, &now));
		assert_int_equal(now.changed, i);
		assert_int_equal(now.history_count, i < CREDENTIAL_HISTORY ? i : CREDENTIAL_HISTORY);
	}
	/* 3 to 14 are the last twelve. */
	for (unsigned i = 0; i <= 14; i++) {
		(void)snprintf(text, sizeof text, "password %u", i);
		assert_int_equal(credential_was(&now, text_bytes(text_of(text)), 12), i >= 3);
	}
	assert_false(credential_was(&now, BYTES_LITERAL("password 15"), 12));
	assert_false(credential_was(&now, BYTES_LITERAL("password 13"), 1));
	assert_true(credential_was(&now, BYTES_LITERAL("password 14"), 1));
}

static void a_higher_cost_is_taken_over_and_a_lower_one_is_not(void **state)
{
	const struct argon2_cost low = {.memory = 8u << 20, .passes = 2},
				 more_passes = {.memory = 8u << 20, .passes = 3};
	struct credential c, before;
	char real[64];

	(void)state;
	assert_ok(credential_hash(BYTES_LITERAL(PASSWORD), low, 5, &c));
	before = c;
	assert_false(credential_weaker(&c, low));
	assert_true(credential_weaker(&c, more_passes));
	assert_true(credential_weaker(&c, cost));
	assert_ok(credential_raise(&c, BYTES_LITERAL(PASSWORD), cost));
	cost_of(c.hash, real);
	assert_string_equal(real, "$argon2id$v=19$m=19456,t=2,p=1");
	assert_int_equal(c.changed, 5);
	assert_ok(credential_check(&c, BYTES_LITERAL(PASSWORD)));
	assert_false(credential_weaker(&c, low));
	/* What was verified before is not what is there now. */
	assert_ok(put(1, &c));
	AUTO(store_snapshot) snapshot = {0};
	struct user_id user = user_number(1);
	assert_ok(store_snapshot_new(&store, &snapshot));
	assert_ok(credential_same(snapshot.view, &user, &c));
	assert_fails(ST_CONFLICT, credential_same(snapshot.view, &user, &before));
}

static void the_disk_has_neither_password_nor_hash_in_clear(void **state)
{
	static char file[1 << 20];
	struct credential made;

	(void)state;
	assert_ok(credential_hash(BYTES_LITERAL(PASSWORD), cost, 1, &made));
	assert_ok(put(1, &made));
	store_clear(&store);
	FILE *f = fopen(rig_file(&rig, "tacenda.db"), "rb");
	assert_non_null(f);
	size_t len = fread(file, 1, sizeof file, f);
	assert_int_equal(fclose(f), 0);
	assert_true(len > 4096);
	assert_null(memmem(file, len, PASSWORD, strlen(PASSWORD)));
	assert_null(memmem(file, len, "$argon2", 7));
	assert_ok(store_open(&rig.options, &store));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define EACH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		EACH(the_right_password_and_no_other_is_taken),
		EACH(the_last_of_a_hundred_characters_counts),
		EACH(the_same_password_has_another_hash_each_time),
		EACH(a_new_password_replaces_the_old),
		EACH(an_unknown_login_costs_the_same_and_opens_to_nothing),
		EACH(remembers_twelve_passwords_and_no_more),
		EACH(a_higher_cost_is_taken_over_and_a_lower_one_is_not),
		EACH(the_disk_has_neither_password_nor_hash_in_clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
