/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "heads.h"
#include "secret.h"

static struct uuid id_of(uint32_t n)
{
	struct uuid id = {{0}};

	/* All alike but for a counter: what a hostile client would send. */
	id.bytes[12] = (uint8_t)(n >> 24);
	id.bytes[13] = (uint8_t)(n >> 16);
	id.bytes[14] = (uint8_t)(n >> 8);
	id.bytes[15] = (uint8_t)n;
	return id;
}

static void an_unknown_chain_is_empty(void **state)
{
	struct heads h = {0};
	struct head head;
	const struct uuid id = id_of(1);

	(void)state;
	assert_false(heads_get(&h, HEADS_PATIENT, &id, &head));
	assert_true(head.length == 0 && head.index == HEADS_NO_INDEX && hash_is_zero(&head.link));
	assert_true(head.role == HEADS_PATIENT && uuid_equal(&head.id, &id));
	heads_clear(&h);
}

static void keeps_many_chains_apart(void **state)
{
	struct heads h = {0}, copy = {0};
	struct head head;
	const struct hash link = {{7}};

	(void)state;
	for (uint32_t n = 0; n < 20000; n++) {
		const struct uuid id = id_of(n / 4);

		assert_false(heads_get(&h, (enum heads_role)(n % 4), &id, &head));
		assert_true(head.length == 0);
		for (uint32_t i = 0; i <= n % 3; i++)
			head_add(&head, n + i, &link);
		assert_ok(heads_put(&h, &head));
	}
	assert_int_equal(h.count, 20000);
	assert_true(h.count <= h.capacity / 4 * 3);
	assert_ok(heads_copy(&h, &copy));
	heads_empty(&h);
	assert_int_equal(h.count, 0);
	for (uint32_t n = 0; n < 20000; n++) {
		const struct uuid id = id_of(n / 4);

		assert_true(heads_get(&copy, (enum heads_role)(n % 4), &id, &head));
		assert_true(head.length == n % 3 + 1 && head.index == n + n % 3 && hash_equal(&head.link, &link));
		assert_false(heads_get(&h, (enum heads_role)(n % 4), &id, &head));
	}
	heads_clear(&h);
	heads_clear(&copy);
}

static void gives_every_chain_once(void **state)
{
	struct heads h = {0};
	struct head head;
	size_t at = 0;
	bool seen[500] = {false};

	(void)state;
	for (uint32_t n = 0; n < COUNT(seen); n++) {
		const struct uuid id = id_of(n);

		(void)heads_get(&h, HEADS_USER, &id, &head);
		head.index = n;
		assert_ok(heads_put(&h, &head));
		assert_ok(heads_put(&h, &head));
	}
	assert_int_equal(h.count, COUNT(seen));
	for (const struct head *one = heads_next(&h, &at); one != NULL; one = heads_next(&h, &at)) {
		assert_true(one->index < COUNT(seen) && !seen[one->index]);
		seen[one->index] = true;
		h.count--;
	}
	assert_int_equal(h.count, 0);
	heads_clear(&h);
}

static void what_is_reserved_is_there(void **state)
{
	struct heads h = {0};

	(void)state;
	assert_ok(heads_reserve(&h, 1000));
	const size_t capacity = h.capacity;

	for (uint32_t n = 0; n < 1000; n++)
		assert_ok(heads_put(&h, &(struct head){.id = id_of(n), .role = HEADS_LIST}));
	assert_int_equal(h.capacity, capacity);
	assert_fails(ST_NO_MEMORY, heads_reserve(&h, SIZE_MAX / 2));
	assert_int_equal(h.count, 1000);
	heads_clear(&h);
}

int main(void)
{
	if (!ok(secret_setup()))
		return 1;
	const struct CMUnitTest tests[] = {
		TEST(an_unknown_chain_is_empty),
		TEST(keeps_many_chains_apart),
		TEST(gives_every_chain_once),
		TEST(what_is_reserved_is_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
