/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors.h"

#include <string.h>

#include "password.h"
#include "text.h"

/* Made with the reference implementation, libargon2. */
static void has_the_keys_of_the_reference_implementation(void **state)
{
	(void)state;
	static const struct {
		const char *password, *salt, *key;
		struct argon2_cost cost;
	} rows[] = {
		{"password",
		 "0123456789abcdef",
		 "771338d819573c67116b39e1788ae8e04b0eb0cf9dfbbfe2e6d746cf3e464fc7",
		 {8 * 1024, 1}},
		{"correct horse battery staple",
		 "sixteen byte slt",
		 "93cd68be4f1f907d4fa2b03fdfacc29042a26b6f2d4323106228df692e51432e",
		 {19456 * 1024, 2}},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(secret) got = {0};
		uint8_t wanted[32];
		struct bytes password = text_bytes(text_of(rows[i].password));

		LITERAL(rows[i].key, wanted);
		assert_ok(password_key(password, (const uint8_t *)rows[i].salt, rows[i].cost, &got));
		assert_true(secret_equal(secret_bytes(&got), BYTES_OF(wanted)));
	}
}

static void reads_the_strings_of_the_reference_implementation(void **state)
{
	(void)state;
	/* Those of its own tests.  One has two lanes. */
	static const struct {
		const char *password, *hash;
	} rows[] = {
		{"password", "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"},
		{"password", "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc"},
		{"password", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"},
		{"password", "$argon2id$v=19$m=65536,t=1,p=1$c29tZXNhbHQ$9qWtwbpyPd3vm1rB1GThgPzZ3/ydHL92zKL+15XZypg"},
		{"password", "$argon2id$v=19$m=65536,t=4,p=1$c29tZXNhbHQ$kCXUjmjvc5XMqQedpMTsOv+zyJEf5PhtGiUghW9jFyw"},
		{"differentpassword",
		 "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$C4TWUs9rDEvq7w3+J4umqA32aWKB1+DSiRuBfYxFj94"},
		{"password", "$argon2id$v=19$m=65536,t=2,p=1$ZGlmZnNhbHQ$vfMrBczELrFdWP0ZsfhWsRPaHppYdP3MVEMIVlqoFBw"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_ok(password_check(text_bytes(text_of(rows[i].password)), rows[i].hash));
		assert_fails(ST_UNPROVEN, password_check(BYTES_LITERAL("passwore"), rows[i].hash));
		assert_fails(ST_UNPROVEN, password_check(BYTES_LITERAL(""), rows[i].hash));
	}
}

/* So the vectors above, which have salts of eight bytes, speak for keys as well. */
static void a_key_is_what_a_string_of_its_cost_says(void **state)
{
	(void)state;
	const struct argon2_cost cost = {64 << 20, 2};
	const uint8_t salt[16] = "0123456789abcde";
	AUTO(secret) key = {0};
	AUTO(buffer) salt_text = {.max = 64}, key_text = {.max = 64}, string = {.max = 256};

	assert_ok(password_key(BYTES_LITERAL("password"), salt, cost, &key));
	assert_ok(text_put_base64(&salt_text, BYTES_OF(salt)));
	assert_ok(text_put_base64(&key_text, secret_bytes(&key)));
	/* Without padding: "==" and "=". */
	assert_ok(buffer_print(&string, "$argon2id$v=19$m=65536,t=2,p=1$%.*s$%.*s%c", (int)salt_text.len - 2,
			       (const char *)salt_text.bytes, (int)key_text.len - 1, (const char *)key_text.bytes, 0));
	assert_ok(password_check(BYTES_LITERAL("password"), (const char *)string.bytes));
	assert_fails(ST_UNPROVEN, password_check(BYTES_LITERAL("Password"), (const char *)string.bytes));
}

static void checks_what_it_hashed(void **state)
{
	(void)state;
	const struct argon2_cost cost = {8192, 1};
	char one[PASSWORD_HASH_MAX], other[PASSWORD_HASH_MAX];

	assert_ok(password_hash(BYTES_LITERAL("correct horse"), cost, one));
	assert_ok(password_hash(BYTES_LITERAL("correct horse"), cost, other));
	assert_string_not_equal(one, other);
	assert_true(text_starts(text_of(one), TEXT("$argon2id$v=19$m=8,t=1,p=1$")));
	assert_ok(password_check(BYTES_LITERAL("correct horse"), one));
	assert_ok(password_check(BYTES_LITERAL("correct horse"), other));
	assert_fails(ST_UNPROVEN, password_check(BYTES_LITERAL("correct hors"), one));
	assert_ok(password_hash((struct bytes){0}, cost, one));
	assert_ok(password_check((struct bytes){0}, one));
}

static void damage_is_not_a_wrong_password(void **state)
{
	(void)state;
	static const char too_long[] = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8"
				       "ArZWb2GRPPcAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
	static const char *const bad[] = {
		"",
		"password",
		"$argon2i$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
		"$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ",
		"$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc$",
		"$argon2id$v=19$m=256$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
		too_long,
	};

	for (size_t i = 0; i < COUNT(bad); i++)
		assert_fails(ST_CORRUPT, password_check(BYTES_LITERAL("password"), bad[i]));
}

static void a_cost_below_the_minimum_is_refused(void **state)
{
	(void)state;
	AUTO(secret) key = {0};
	char hash[PASSWORD_HASH_MAX] = "untouched";
	const uint8_t salt[16] = {0};

	assert_fails(ST_INVALID, password_key(BYTES_LITERAL("x"), salt, (struct argon2_cost){8191, 1}, &key));
	assert_fails(ST_INVALID, password_key(BYTES_LITERAL("x"), salt, (struct argon2_cost){8192, 0}, &key));
	assert_fails(ST_INVALID, password_hash(BYTES_LITERAL("x"), (struct argon2_cost){0, 0}, hash));
	assert_null(key.bytes);
	assert_string_equal(hash, "untouched");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(has_the_keys_of_the_reference_implementation),
		TEST(reads_the_strings_of_the_reference_implementation),
		TEST(a_key_is_what_a_string_of_its_cost_says),
		TEST(checks_what_it_hashed),
		TEST(damage_is_not_a_wrong_password),
		TEST(a_cost_below_the_minimum_is_refused),
	};
	return ok(secret_setup()) ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
