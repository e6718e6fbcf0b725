/* SPDX-License-Identifier: Apache-2.0 */
#include "seal_fixture.h"

#include <string.h>

#include "epochkey.h"

static void commits_to_one_key_at_one_place(void **state)
{
	(void)state;
	AUTO(secret) key = fixture_key(1);
	AUTO(secret) other = fixture_key(2);
	struct epoch_place place = fixture_epoch();
	struct hash commitment;

	assert_ok(epochkey_commitment(&place, secret_key(&key), &commitment));
	assert_ok(epochkey_check(&place, secret_key(&key), &commitment));
	assert_fails(ST_CORRUPT, epochkey_check(&place, secret_key(&other), &commitment));
	for (int i = 0; i < FIXTURE_EPOCH_CHANGES; i++) {
		struct epoch_place changed = place;

		fixture_change_epoch(&changed, i);
		assert_fails(ST_CORRUPT, epochkey_check(&changed, secret_key(&key), &commitment));
	}
}

static void makes_a_different_key_each_time(void **state)
{
	(void)state;
	AUTO(secret) a = fixture_key(0);
	AUTO(secret) b = fixture_key(0);

	epochkey_new(fixture_place(&a));
	epochkey_new(fixture_place(&b));
	assert_false(secret_equal(secret_bytes(&a), secret_bytes(&b)));
}

#define EPOCHS 6
/** Epochs 0 to 5: keys, and the steps that lead from 5 back to 0. */
struct history {
	struct secret keys[EPOCHS];
	struct epochkey_step steps[EPOCHS - 1];
};

static struct epoch_place epoch_at(uint32_t number)
{
	struct epoch_place place = fixture_epoch();

	place.number = number;
	return place;
}

static void history_new(struct history *h)
{
	for (uint32_t i = 0; i < EPOCHS; i++)
		h->keys[i] = fixture_key((uint8_t)(10 + i));
	for (uint32_t i = EPOCHS - 1; i > 0; i--) {
		struct epochkey_step *step = &h->steps[EPOCHS - 1 - i];
		struct epoch_place at = epoch_at(i), before = epoch_at(i - 1);

		assert_ok(epochkey_previous_seal(&at, secret_key(&h->keys[i]), secret_key(&h->keys[i - 1]),
						 &step->previous_sealed));
		assert_ok(epochkey_commitment(&before, secret_key(&h->keys[i - 1]), &step->commitment));
	}
}

static void history_clear(struct history *h)
{
	for (size_t i = 0; i < EPOCHS; i++)
		secret_clear(&h->keys[i]);
}

static void walks_back_to_every_older_epoch(void **state)
{
	(void)state;
	AUTO(history) h = {0};
	AUTO(secret) got = fixture_key(0);
	struct epoch_place place = epoch_at(EPOCHS - 1);

	history_new(&h);
	for (size_t back = 0; back < EPOCHS; back++) {
		assert_ok(epochkey_walk(&place, secret_key(&h.keys[EPOCHS - 1]), h.steps, back, fixture_place(&got)));
		assert_true(secret_equal(secret_bytes(&got), secret_bytes(&h.keys[EPOCHS - 1 - back])));
	}
}

static void refuses_a_walk_past_the_first_epoch(void **state)
{
	(void)state;
	AUTO(history) h = {0};
	AUTO(secret) got = fixture_key(0);
	struct epoch_place place = epoch_at(2);

	history_new(&h);
	assert_fails(ST_INVALID, epochkey_walk(&place, secret_key(&h.keys[2]), h.steps, 3, fixture_place(&got)));
	place.number = 0;
	assert_fails(ST_INVALID, epochkey_previous_seal(&place, secret_key(&h.keys[0]), secret_key(&h.keys[1]),
							&h.steps[0].previous_sealed));
}

static void refuses_a_step_with_any_bit_flipped(void **state)
{
	(void)state;
	AUTO(history) h = {0};
	AUTO(secret) got = fixture_key(0x77);
	AUTO(secret) untouched = fixture_key(0x77);
	struct epoch_place place = epoch_at(EPOCHS - 1);
	uint8_t *bytes;

	history_new(&h);
	bytes = (uint8_t *)&h.steps[2];
	for (size_t bit = 0; bit < sizeof h.steps[2] * 8; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_fails(ST_CORRUPT,
			     epochkey_walk(&place, secret_key(&h.keys[EPOCHS - 1]), h.steps, 4, fixture_place(&got)));
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_true(secret_equal(secret_bytes(&got), secret_bytes(&untouched)));
}

static void refuses_a_step_from_another_place(void **state)
{
	(void)state;
	AUTO(history) h = {0};
	AUTO(secret) got = fixture_key(0);

	history_new(&h);
	for (int i = 0; i < FIXTURE_EPOCH_CHANGES; i++) {
		struct epoch_place place = epoch_at(EPOCHS - 1);

		fixture_change_epoch(&place, i);
		assert_fails(ST_CORRUPT,
			     epochkey_walk(&place, secret_key(&h.keys[EPOCHS - 1]), h.steps, 1, fixture_place(&got)));
	}
}

/* PROMISES#B5: who had a key before a revocation opens nothing written after it. */
static void never_opens_a_newer_epoch(void **state)
{
	(void)state;
	AUTO(history) h = {0};
	AUTO(secret) got = fixture_key(0);
	struct epoch_place place = epoch_at(EPOCHS - 1);

	history_new(&h);
	/* The holder of the last but one key has every statement, and still gets nowhere. */
	assert_fails(ST_CORRUPT,
		     epochkey_walk(&place, secret_key(&h.keys[EPOCHS - 2]), h.steps, 1, fixture_place(&got)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(commits_to_one_key_at_one_place),     TEST(makes_a_different_key_each_time),
		TEST(walks_back_to_every_older_epoch),     TEST(refuses_a_walk_past_the_first_epoch),
		TEST(refuses_a_step_with_any_bit_flipped), TEST(refuses_a_step_from_another_place),
		TEST(never_opens_a_newer_epoch),
	};

	return cmocka_run_group_tests(tests, fixture_setup, NULL);
}
