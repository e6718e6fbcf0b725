/* SPDX-License-Identifier: Apache-2.0 */
/* Where keys stand while they are used: scratch places and the shelf. */
#include "seal_fixture.h"

#include <pthread.h>
#include <string.h>

#include "keyshelf.h"
#include "scratchkey.h"

static void a_place_is_zero_when_taken_and_wiped_when_given_back(void **state)
{
	(void)state;
	struct scratchkey a = {0}, b = {0};
	static const uint8_t zeros[2 * sizeof(struct key)];

	assert_ok(scratchkey_take(&a));
	struct key *where = a.key;
	memset(a.key, 0x5a, sizeof zeros);
	scratchkey_clear(&a);
	assert_null(a.key);
	assert_memory_equal(where, zeros, sizeof zeros);
	assert_ok(scratchkey_take(&b));
	assert_ptr_equal(b.key, where);
	scratchkey_clear(&b);
	scratchkey_clear(&b);
}

static void places_do_not_overlap_and_run_out(void **state)
{
	(void)state;
	struct scratchkey all[SCRATCHKEY_MAX] = {{0}}, none = {0};

	for (size_t i = 0; i < SCRATCHKEY_MAX; i++) {
		assert_ok(scratchkey_take(&all[i]));
		memset(all[i].key, (int)i + 1, 2 * sizeof(struct key));
	}
	assert_fails(ST_NO_MEMORY, scratchkey_take(&none));
	for (size_t i = 0; i < SCRATCHKEY_MAX; i++) {
		assert_int_equal(all[i].key[0].bytes[0], i + 1);
		assert_int_equal(all[i].key[1].bytes[31], i + 1);
		scratchkey_clear(&all[i]);
	}
	assert_ok(scratchkey_take(&none));
	scratchkey_clear(&none);
}

static void *take_elsewhere(void *context)
{
	const struct key *taken = context;
	struct scratchkey own = {0};
	bool apart = ok(scratchkey_take(&own)) && own.key != taken;

	scratchkey_clear(&own);
	return apart ? context : NULL;
}

static void each_thread_has_its_own_page(void **state)
{
	(void)state;
	AUTO(scratchkey) mine = {0};
	pthread_t threads[4];

	assert_ok(scratchkey_take(&mine));
	for (size_t i = 0; i < COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, take_elsewhere, mine.key), 0);
	for (size_t i = 0; i < COUNT(threads); i++) {
		void *result = NULL;

		assert_int_equal(pthread_join(threads[i], &result), 0);
		assert_ptr_equal(result, mine.key);
	}
}

static void a_shelf_gives_back_what_was_put_under_each_handle(void **state)
{
	(void)state;
	AUTO(keyshelf) shelf = {0};
	struct epoch_handle handles[300];
	struct keyshelf_key found;

	for (size_t i = 0; i < COUNT(handles); i++) {
		struct secret key = fixture_key((uint8_t)i);
		struct epoch_place place = fixture_epoch();

		place.number = (uint32_t)i;
		assert_ok(keyshelf_put(&shelf, &place, secret_key(&key), &handles[i]));
		secret_clear(&key);
	}
	for (size_t i = 0; i < COUNT(handles); i += 3)
		keyshelf_drop(&shelf, handles[i]);
	for (size_t i = 0; i < COUNT(handles); i++) {
		struct status s = keyshelf_get(&shelf, handles[i], &found);

		if (i % 3 == 0) {
			assert_int_equal(s.code, ST_NOT_FOUND);
			continue;
		}
		assert_ok(s);
		assert_int_equal(found.place->number, i);
		assert_int_equal(found.key->bytes[7], (uint8_t)i);
	}
}

static void guessed_handles_find_nothing(void **state)
{
	(void)state;
	AUTO(keyshelf) shelf = {0};
	AUTO(secret) key = fixture_key(1);
	struct epoch_place place = fixture_epoch();
	struct epoch_handle handle;
	struct keyshelf_key found;

	assert_fails(ST_NOT_FOUND, keyshelf_get(&shelf, (struct epoch_handle){1}, &found));
	assert_ok(keyshelf_put(&shelf, &place, secret_key(&key), &handle));
	for (int bit = 0; bit < 64; bit++)
		assert_fails(ST_NOT_FOUND,
			     keyshelf_get(&shelf, (struct epoch_handle){handle.value ^ 1ull << bit}, &found));
	/* Free slots have no name either. */
	for (uint64_t slot = 0; slot < 5000; slot++)
		if (slot != handle.value)
			assert_fails(ST_NOT_FOUND, keyshelf_get(&shelf, (struct epoch_handle){slot}, &found));
	keyshelf_clear(&shelf);
	assert_fails(ST_NOT_FOUND, keyshelf_get(&shelf, handle, &found));
	struct epoch_handle next;
	assert_ok(keyshelf_put(&shelf, &place, secret_key(&key), &next));
	assert_int_not_equal(next.value, handle.value);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_place_is_zero_when_taken_and_wiped_when_given_back),
		TEST(places_do_not_overlap_and_run_out),
		TEST(each_thread_has_its_own_page),
		TEST(a_shelf_gives_back_what_was_put_under_each_handle),
		TEST(guessed_handles_find_nothing),
	};

	return cmocka_run_group_tests(tests, fixture_setup, NULL);
}
