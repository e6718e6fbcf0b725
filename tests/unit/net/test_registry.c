/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <string.h>

#include "registry.h"

static struct uuid session(uint8_t n, uint8_t m)
{
	struct uuid id = {{0}};

	id.bytes[0] = m; /* same bucket, another session */
	id.bytes[15] = n;
	return id;
}

static size_t count(const struct registry *r, struct uuid id)
{
	struct registry_entry *e = NULL;
	size_t n = 0;

	while ((e = registry_next(r, &id, e)) != NULL)
		n++;
	return n;
}

static void finds_all_of_a_session_and_no_other(void **state)
{
	static struct registry r;
	struct registry_entry e[30];

	(void)state;
	memset(e, 0, sizeof e);
	for (uint8_t i = 0; i < 30; i++) {
		struct uuid id = session(i % 3, i % 2);
		registry_add(&r, &e[i], &id);
	}
	for (uint8_t n = 0; n < 3; n++)
		for (uint8_t m = 0; m < 2; m++)
			assert_int_equal(count(&r, session(n, m)), 5);
	assert_int_equal(count(&r, session(7, 0)), 0);
	for (size_t i = 0; i < 30; i += 2)
		registry_remove(&e[i]);
	for (uint8_t n = 0; n < 3; n++) {
		assert_int_equal(count(&r, session(n, 0)), 0);
		assert_int_equal(count(&r, session(n, 1)), 5);
	}
	for (size_t i = 0; i < 30; i++)
		registry_remove(&e[i]);
	for (size_t i = 0; i < REGISTRY_BUCKETS; i++)
		assert_null(r.buckets[i]);
}

static void a_second_tag_replaces_the_first(void **state)
{
	static struct registry r;
	struct registry_entry e = {0}, other = {0};
	struct uuid one = session(1, 0), two = session(2, 0);

	(void)state;
	registry_add(&r, &e, &one);
	registry_add(&r, &other, &one);
	registry_add(&r, &e, &two);
	assert_int_equal(count(&r, one), 1);
	assert_int_equal(count(&r, two), 1);
	registry_add(&r, &e, &two);
	assert_int_equal(count(&r, two), 1);
	registry_remove(&e);
	registry_remove(&e); /* twice is fine */
	registry_remove(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(finds_all_of_a_session_and_no_other),
		TEST(a_second_tag_replaces_the_first),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
