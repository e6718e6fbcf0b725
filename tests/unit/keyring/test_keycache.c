/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <string.h>

#include "keycache.h"

static struct key_name name_of(uint64_t n)
{
	return key_name_number(KEY_LOG_YEAR, n);
}

static struct key key_of(uint64_t n)
{
	struct key key = {{7}};

	memcpy(key.bytes + 8, &n, sizeof n);
	return key;
}

static void put(struct keycache *c, uint64_t n)
{
	const struct key_name name = name_of(n);
	const struct key key = key_of(n);

	keycache_put(c, &name, &key);
}

static bool finds(struct keycache *c, uint64_t n)
{
	const struct key_name name = name_of(n);
	const struct key wanted = key_of(n);
	struct key got;

	if (!keycache_find(c, &name, &got))
		return false;
	assert_memory_equal(&got, &wanted, sizeof got);
	return true;
}

static void finds_what_was_put(void **state)
{
	AUTO(keycache) c = {0};

	(void)state;
	assert_ok(keycache_new(&c));
	assert_false(finds(&c, 1));
	for (uint64_t n = 1; n <= KEYCACHE_KEYS; n++)
		put(&c, n);
	for (uint64_t n = 1; n <= KEYCACHE_KEYS; n++)
		assert_true(finds(&c, n));
	assert_false(finds(&c, KEYCACHE_KEYS + 1));
}

static void a_second_put_replaces(void **state)
{
	AUTO(keycache) c = {0};
	const struct key_name name = name_of(1);
	struct key got, other = key_of(99);

	(void)state;
	assert_ok(keycache_new(&c));
	put(&c, 1);
	keycache_put(&c, &name, &other);
	assert_true(keycache_find(&c, &name, &got));
	assert_memory_equal(&got, &other, sizeof got);
}

/* Whatever is asked for again and again survives a walk over far more keys than there is room for. */
static void what_is_used_stays(void **state)
{
	AUTO(keycache) c = {0};

	(void)state;
	assert_ok(keycache_new(&c));
	for (uint64_t n = 1; n <= 50; n++)
		put(&c, n);
	for (uint64_t n = 1000; n < 1000 + 10 * KEYCACHE_KEYS; n++) {
		put(&c, n);
		if (n % 16 == 0)
			for (uint64_t used = 1; used <= 50; used++)
				assert_true(finds(&c, used));
	}
	assert_true(finds(&c, 999 + 10 * KEYCACHE_KEYS));
	assert_false(finds(&c, 1000));
}

/* The keys of one message are all there when it has been read, whatever had been used before it came. */
static void what_was_just_put_stays(void **state)
{
	AUTO(keycache) c = {0};

	(void)state;
	assert_ok(keycache_new(&c));
	for (uint64_t n = 0; n < KEYCACHE_KEYS; n++)
		put(&c, n);
	for (uint64_t n = 0; n < KEYCACHE_KEYS; n++)
		assert_true(finds(&c, n));
	put(&c, 10000);
	/* All but the one whose turn to go it is. */
	for (uint64_t n = 2; n < KEYCACHE_KEYS; n++)
		assert_true(finds(&c, n));
	assert_true(finds(&c, 10000));
	for (uint64_t n = 10001; n <= 10005; n++)
		put(&c, n);
	for (uint64_t n = 10001; n <= 10005; n++)
		assert_true(finds(&c, n));
}

static bool slab_holds(const struct keycache *c, const struct key *key)
{
	for (size_t i = 0; i + sizeof *key <= c->slab.len; i += sizeof *key)
		if (memcmp(c->slab.bytes + i, key, sizeof *key) == 0)
			return true;
	return false;
}

static void what_makes_room_is_wiped(void **state)
{
	AUTO(keycache) c = {0};
	const struct key first = key_of(1);

	(void)state;
	assert_ok(keycache_new(&c));
	for (uint64_t n = 1; n <= KEYCACHE_KEYS; n++)
		put(&c, n);
	assert_true(slab_holds(&c, &first));
	for (uint64_t n = 1; n <= KEYCACHE_KEYS; n++)
		assert_true(finds(&c, n));
	for (uint64_t n = 10000; n < 10000 + 3 * KEYCACHE_KEYS; n++)
		put(&c, n);
	assert_false(finds(&c, 1));
	assert_false(slab_holds(&c, &first));
	keycache_empty(&c);
	for (size_t i = 0; i < c.slab.len; i++)
		assert_int_equal(c.slab.bytes[i], 0);
	assert_false(finds(&c, 10000 + 3 * KEYCACHE_KEYS - 1));
	put(&c, 3);
	assert_true(finds(&c, 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(finds_what_was_put),      TEST(a_second_put_replaces),    TEST(what_is_used_stays),
		TEST(what_was_just_put_stays), TEST(what_makes_room_is_wiped),
	};

	return ok(secret_setup()) ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
