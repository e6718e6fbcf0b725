/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <string.h>

#include "rows.h"
#include "secret.h"

static struct key_name patient(uint32_t n)
{
	struct patient_id id = {{{0}}};

	memcpy(id.uuid.bytes + 12, &n, sizeof n);
	return key_name_patient(&id);
}

static struct bytes sealed(uint8_t fill)
{
	static uint8_t place[ROWS_SEALED_KEY];

	memset(place, fill, sizeof place);
	return BYTES_OF(place);
}

static void finds_what_was_put(void **state)
{
	AUTO(rows) r = {0};
	struct bytes got;

	(void)state;
	for (uint32_t i = 0; i < 5000; i++) {
		struct key_name name = patient(i);

		assert_ok(rows_put(&r, &name, sealed((uint8_t)i)));
	}
	assert_int_equal(rows_count(&r), 5000);
	for (uint32_t i = 0; i < 5000; i++) {
		struct key_name name = patient(i);

		assert_ok(rows_get(&r, &name, &got));
		assert_true(bytes_equal(got, sealed((uint8_t)i)));
	}
	struct key_name other = patient(5000);
	assert_fails(ST_NOT_FOUND, rows_get(&r, &other, &got));
}

static void an_empty_one_has_nothing(void **state)
{
	AUTO(rows) r = {0};
	struct key_name name = patient(1);
	struct bytes got;

	(void)state;
	assert_fails(ST_NOT_FOUND, rows_get(&r, &name, &got));
	rows_remove(&r, &name);
	rows_cut(&r, 0);
	assert_int_equal(rows_count(&r), 0);
}

static void takes_a_name_once(void **state)
{
	AUTO(rows) r = {0};
	struct key_name name = patient(1);
	struct bytes got;

	(void)state;
	assert_ok(rows_put(&r, &name, sealed(1)));
	assert_fails(ST_CONFLICT, rows_put(&r, &name, sealed(2)));
	assert_ok(rows_get(&r, &name, &got));
	assert_true(bytes_equal(got, sealed(1)));
}

static void refuses_what_the_format_has_not(void **state)
{
	AUTO(rows) r = {0};
	struct key_name name = patient(1), none = {{0}}, high = {{8}};
	struct key_name tls = key_name_number(KEY_TLS, 1);
	static const uint8_t big[ROWS_SEALED_MAX + 1];

	(void)state;
	assert_fails(ST_INVALID, rows_put(&r, &name, bytes_of(big, 71)));
	assert_fails(ST_INVALID, rows_put(&r, &name, bytes_of(big, 73)));
	assert_fails(ST_INVALID, rows_put(&r, &none, sealed(1)));
	assert_fails(ST_INVALID, rows_put(&r, &high, sealed(1)));
	assert_fails(ST_INVALID, rows_put(&r, &tls, bytes_of(big, 40)));
	assert_fails(ST_INVALID, rows_put(&r, &tls, bytes_of(big, ROWS_SEALED_MAX + 1)));
	assert_ok(rows_put(&r, &tls, bytes_of(big, ROWS_SEALED_MAX)));
}

static void a_removed_row_is_wiped_and_the_rest_is_found(void **state)
{
	AUTO(rows) r = {0};
	struct bytes got;

	(void)state;
	for (uint32_t i = 0; i < 3000; i++) {
		struct key_name name = patient(i);

		assert_ok(rows_put(&r, &name, sealed(0xa5)));
	}
	for (uint32_t i = 0; i < 3000; i += 3) {
		struct key_name name = patient(i);

		rows_remove(&r, &name);
	}
	assert_int_equal(rows_count(&r), 2000);
	for (uint32_t i = 0; i < 3000; i++) {
		struct key_name name = patient(i);

		assert_int_equal(rows_get(&r, &name, &got).code, i % 3 == 0 ? ST_NOT_FOUND : ST_OK);
	}
	static const uint8_t zeros[17 + ROWS_SEALED_KEY];
	for (size_t i = 0; i < 3000; i += 3) {
		const uint8_t *row = r.slab.bytes + i * (17 + 4 + ROWS_SEALED_KEY);

		assert_memory_equal(row, zeros, 17);
		assert_memory_equal(row + 21, zeros, ROWS_SEALED_KEY);
	}
	/* A destroyed name may come back, in a place of its own. */
	struct key_name again = patient(0);
	assert_ok(rows_put(&r, &again, sealed(7)));
	assert_ok(rows_get(&r, &again, &got));
	assert_true(bytes_equal(got, sealed(7)));
}

static void walks_in_order_of_arrival_and_past_its_first_end(void **state)
{
	AUTO(rows) r = {0};
	struct key_name name;
	struct bytes got;
	size_t cursor = 0;

	(void)state;
	for (uint32_t i = 0; i < 10; i++) {
		name = patient(i);
		assert_ok(rows_put(&r, &name, sealed((uint8_t)i)));
	}
	name = patient(4);
	rows_remove(&r, &name);
	for (uint32_t i = 0; i < 10; i++) {
		if (i == 4)
			continue;
		struct key_name wanted = patient(i);
		assert_true(rows_next(&r, &cursor, &name, &got));
		assert_true(key_name_equal(&name, &wanted));
	}
	assert_false(rows_next(&r, &cursor, &name, &got));
	struct key_name later = patient(99);
	assert_ok(rows_put(&r, &later, sealed(9)));
	assert_true(rows_next(&r, &cursor, &name, &got));
	assert_true(key_name_equal(&name, &later));
}

static void a_cut_takes_back_what_came_since_the_mark(void **state)
{
	AUTO(rows) r = {0};
	struct bytes got;

	(void)state;
	for (uint32_t i = 0; i < 1000; i++) {
		struct key_name name = patient(i);

		assert_ok(rows_put(&r, &name, sealed(1)));
	}
	for (uint32_t round = 0; round < 3; round++) {
		size_t mark = rows_mark(&r);

		/* Enough for the table to grow in between. */
		for (uint32_t i = 1000; i < 4000; i++) {
			struct key_name name = patient(i);

			assert_ok(rows_put(&r, &name, sealed(2)));
		}
		rows_cut(&r, mark);
		assert_int_equal(rows_count(&r), 1000);
		for (uint32_t i = 0; i < 4000; i += 7) {
			struct key_name name = patient(i);

			assert_int_equal(rows_get(&r, &name, &got).code, i < 1000 ? ST_OK : ST_NOT_FOUND);
		}
	}
}

static void counts_by_scope(void **state)
{
	AUTO(rows) r = {0};
	struct key_name a = patient(1), b = key_name_number(KEY_SITE_ROWS, 0), c = key_name_number(KEY_LOG_YEAR, 2026);

	(void)state;
	assert_ok(rows_put(&r, &a, sealed(1)));
	assert_ok(rows_put(&r, &b, sealed(1)));
	assert_ok(rows_put(&r, &c, sealed(1)));
	rows_remove(&r, &c);
	assert_int_equal(r.counts[KEY_PATIENT], 1);
	assert_int_equal(r.counts[KEY_SITE_ROWS], 1);
	assert_int_equal(r.counts[KEY_LOG_YEAR], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(finds_what_was_put),
		TEST(an_empty_one_has_nothing),
		TEST(takes_a_name_once),
		TEST(refuses_what_the_format_has_not),
		TEST(a_removed_row_is_wiped_and_the_rest_is_found),
		TEST(walks_in_order_of_arrival_and_past_its_first_end),
		TEST(a_cut_takes_back_what_came_since_the_mark),
		TEST(counts_by_scope),
	};

	assert_true(ok(secret_setup()));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
