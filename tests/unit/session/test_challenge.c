/* SPDX-License-Identifier: Apache-2.0 */
/* Nonces of sign-ins: ours, in time, once (PROMISES#S4). */
#include "testing.h"

#include "challenge.h"
#include "hash.h"

#define NOW 1700000000000ull

static struct challenges all;

static int setup(void **state)
{
	(void)state;
	return ok(secret_setup()) && ok(crypto_setup()) && ok(challenges_new(&all)) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	challenges_clear(&all);
	return 0;
}

static struct hash made_at(uint64_t now)
{
	struct hash nonce;
	uint64_t expires;

	assert_ok(challenges_make(&all, now, &nonce, &expires));
	assert_int_equal(expires, now + CHALLENGE_MS);
	return nonce;
}

static void is_taken_once(void **state)
{
	struct hash nonce = made_at(NOW), other = made_at(NOW);

	(void)state;
	assert_false(hash_equal(&nonce, &other));
	assert_ok(challenges_take(&all, NOW + 1, &nonce));
	assert_fails(ST_UNPROVEN, challenges_take(&all, NOW + 1, &nonce));
	assert_ok(challenges_take(&all, NOW + 1, &other));
	assert_fails(ST_UNPROVEN, challenges_take(&all, NOW + CHALLENGE_MS - 1, &nonce));
}

static void expires(void **state)
{
	struct hash nonce = made_at(NOW);

	(void)state;
	assert_fails(ST_UNPROVEN, challenges_take(&all, NOW + CHALLENGE_MS, &nonce));
	assert_fails(ST_UNPROVEN, challenges_take(&all, UINT64_MAX, &nonce));
	assert_ok(challenges_take(&all, NOW + CHALLENGE_MS - 1, &nonce));
}

static void taken_at_its_last_moment_is_remembered_past_its_end(void **state)
{
	struct hash nonce = made_at(NOW);

	(void)state;
	assert_ok(challenges_take(&all, NOW + CHALLENGE_MS - 1, &nonce));
	for (uint64_t later = 0; later < 3 * CHALLENGE_MS; later += 1000)
		assert_fails(ST_UNPROVEN, challenges_take(&all, NOW + CHALLENGE_MS - 1 + later, &nonce));
}

static void a_clock_set_back_proves_nothing(void **state)
{
	struct hash nonce = made_at(NOW);

	(void)state;
	assert_fails(ST_UNPROVEN, challenges_take(&all, NOW - 1, &nonce));
	assert_ok(challenges_take(&all, NOW, &nonce));
	assert_fails(ST_UNPROVEN, challenges_take(&all, NOW - 1, &nonce));
}

static void a_changed_bit_is_noticed(void **state)
{
	const struct hash nonce = made_at(NOW);

	(void)state;
	for (size_t bit = 0; bit < 8 * sizeof nonce.bytes; bit++) {
		struct hash changed = nonce;
		changed.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_fails(ST_UNPROVEN, challenges_take(&all, NOW, &changed));
	}
	assert_ok(challenges_take(&all, NOW, &nonce));
}

static void none_outlives_a_restart(void **state)
{
	struct hash nonce = made_at(NOW);

	(void)state;
	challenges_clear(&all);
	assert_ok(challenges_new(&all));
	assert_fails(ST_UNPROVEN, challenges_take(&all, NOW, &nonce));
}

static void when_too_many_were_taken_none_is_forgotten_early(void **state)
{
	struct hash first = made_at(NOW), one = made_at(NOW);

	(void)state;
	/* Full without waiting for 65,536 look-ups in a growing ring. */
	assert_ok(challenges_take(&all, NOW, &first));
	for (all.count = 1; all.count < CHALLENGE_TAKEN_MAX; all.count++)
		all.taken[(all.first + all.count) % CHALLENGE_TAKEN_MAX] =
			(struct challenge_taken){NOW + CHALLENGE_MS, {{1}}};
	assert_fails(ST_TOO_MANY, challenges_take(&all, NOW + 1, &one));
	assert_fails(ST_UNPROVEN, challenges_take(&all, NOW + 1, &first));
	/* Two minutes later there is room again, across the end of the ring. */
	for (int round = 0; round < 3; round++) {
		uint64_t now = NOW + (uint64_t)(round + 1) * CHALLENGE_MS;
		struct hash later = made_at(now);
		assert_ok(challenges_take(&all, now, &later));
		assert_int_equal(all.count, 1);
		assert_fails(ST_UNPROVEN, challenges_take(&all, now, &later));
	}
}

static void is_for_one_use(void **state)
{
	const struct challenge_use create = {BYTES_LITERAL("session 1, create"), 300000};
	const struct challenge_use get = {BYTES_LITERAL("session 1, get"), 300000};
	const struct challenge_use long_one = {BYTES_LITERAL("more than thirty-two bytes of something"), 300000};
	struct hash nonce, sign_in = made_at(NOW);
	uint64_t expires;

	(void)state;
	assert_ok(challenges_make_for(&all, &create, NOW, &nonce, &expires));
	assert_int_equal(expires, NOW + 300000);
	assert_fails(ST_UNPROVEN, challenges_take(&all, NOW, &nonce));
	assert_fails(ST_UNPROVEN, challenges_take_for(&all, &get, NOW, &nonce));
	assert_fails(ST_UNPROVEN, challenges_take_for(&all, &create, NOW, &sign_in));
	assert_ok(challenges_check_for(&all, &create, NOW + 299999, &nonce));
	assert_fails(ST_UNPROVEN, challenges_check_for(&all, &create, NOW + 300000, &nonce));
	assert_ok(challenges_take_for(&all, &create, NOW + 299999, &nonce));
	assert_fails(ST_UNPROVEN, challenges_take_for(&all, &create, NOW + 299999, &nonce));
	assert_ok(challenges_check_for(&all, &create, NOW + 299999, &nonce));
	assert_fails(ST_INVALID, challenges_make_for(&all, &long_one, NOW, &nonce, &expires));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define EACH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		EACH(is_taken_once),
		EACH(is_for_one_use),
		EACH(expires),
		EACH(taken_at_its_last_moment_is_remembered_past_its_end),
		EACH(a_clock_set_back_proves_nothing),
		EACH(a_changed_bit_is_noticed),
		EACH(none_outlives_a_restart),
		EACH(when_too_many_were_taken_none_is_forgotten_early),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
