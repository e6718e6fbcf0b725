/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <pthread.h>
#include <string.h>

#include "keyslot.h"

/* More than a page has. */
#define MANY 200

static bool is_zero(const struct keyslot *k)
{
	static const uint8_t zero[KEYSLOT_LEN];

	return memcmp(k->bytes, zero, sizeof zero) == 0;
}

static void every_slot_is_its_own(void **state)
{
	struct keyslot slots[MANY] = {0};

	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		assert_ok(keyslot_take(&slots[i]));
		assert_true(is_zero(&slots[i]));
		memset(slots[i].bytes, (int)i + 1, KEYSLOT_LEN);
	}
	for (size_t i = 0; i < MANY; i++)
		for (size_t at = 0; at < KEYSLOT_LEN; at++)
			assert_int_equal(slots[i].bytes[at], (uint8_t)(i + 1));
	for (size_t i = 0; i < MANY; i++)
		keyslot_clear(&slots[i]);
}

static void what_was_given_back_is_wiped_at_once(void **state) /* PROMISES#S1 */
{
	AUTO(keyslot) first = {0}, again = {0};

	(void)state;
	assert_ok(keyslot_take(&first));
	memset(first.bytes, 0xa5, KEYSLOT_LEN);
	const struct keyslot seen = first;
	keyslot_clear(&first);
	assert_null(first.bytes);
	assert_true(is_zero(&seen));
	assert_ok(keyslot_take(&again));
	assert_ptr_equal(again.bytes, seen.bytes);
}

static void clearing_none_or_twice_is_fine(void **state)
{
	struct keyslot slot = {0}, other = {0};

	(void)state;
	keyslot_clear(&slot);
	assert_ok(keyslot_take(&slot));
	keyslot_clear(&slot);
	keyslot_clear(&slot);
	assert_ok(keyslot_take(&slot));
	assert_ok(keyslot_take(&other));
	assert_ptr_not_equal(slot.bytes, other.bytes);
	keyslot_clear(&slot);
	keyslot_clear(&other);
}

static void a_slot_serves_as_a_key(void **state)
{
	AUTO(keyslot) slot = {0};

	(void)state;
	assert_ok(keyslot_take(&slot));
	slot.bytes[31] = 7;
	assert_int_equal(keyslot_key(&slot)->bytes[31], 7);
}

/* Takes, marks, looks whether the mark is still alone there, gives back. */
static void *take_and_give(void *context)
{
	const uint8_t mark = *(const uint8_t *)context;
	bool right = true;

	for (int round = 0; round < 2000; round++) {
		struct keyslot slots[40] = {0};

		for (size_t i = 0; i < 40; i++) {
			right = ok(keyslot_take(&slots[i])) && is_zero(&slots[i]) && right;
			memset(slots[i].bytes, mark, KEYSLOT_LEN);
		}
		for (size_t i = 0; i < 40; i++) {
			for (size_t at = 0; at < KEYSLOT_LEN; at++)
				right = slots[i].bytes[at] == mark && right;
			keyslot_clear(&slots[i]);
		}
	}
	return right ? context : NULL;
}

static void threads_never_share_a_slot(void **state)
{
	pthread_t threads[4];
	uint8_t marks[4] = {1, 2, 3, 4};
	void *result;

	(void)state;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, take_and_give, &marks[i]), 0);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(threads[i], &result), 0);
		assert_non_null(result);
	}
}

static void there_is_an_end_to_it(void **state)
{
	static struct keyslot slots[20000];
	size_t taken = 0;
	struct status s = OK;

	(void)state;
	while (taken < 20000 && ok(s))
		s = keyslot_take(&slots[taken++]);
	assert_int_equal(s.code, ST_NO_MEMORY);
	for (size_t i = 0; i < taken; i++)
		keyslot_clear(&slots[i]);
	assert_ok(keyslot_take(&slots[0]));
	keyslot_clear(&slots[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_slot_is_its_own),          TEST(what_was_given_back_is_wiped_at_once),
		TEST(clearing_none_or_twice_is_fine), TEST(a_slot_serves_as_a_key),
		TEST(threads_never_share_a_slot),     TEST(there_is_an_end_to_it),
	};

	return ok(secret_setup()) ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
