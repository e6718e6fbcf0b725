/* SPDX-License-Identifier: Apache-2.0 */
/* The list in memory: kept in order whatever the order in which pages bring its files. */
#include "testing.h"

#include <string.h>

#include "patientlist.h"

/** An id that sorts as ${number}. */
static struct patient_id id_of(uint32_t number)
{
	struct patient_id id = {0};

	for (size_t i = 0; i < 4; i++)
		id.uuid.bytes[i] = (uint8_t)(number >> (24 - 8 * i));
	id.uuid.bytes[15] = 1;
	return id;
}

static struct patientlist_item item_of(uint32_t number)
{
	return (struct patientlist_item){.seq = number, .patient = id_of(number)};
}

static void check_sorted(const struct patientlist *l, size_t count)
{
	assert_int_equal(l->count, count);
	for (size_t i = 1; i < count; i++)
		assert_true(l->items[i - 1].seq < l->items[i].seq);
}

static void pages_in_any_order_make_one_sorted_list(void **state)
{
	/* Each page is every seventh number from a start of its own, backwards. */
	static const uint32_t starts[] = {3, 0, 6, 1, 5, 2, 4};
	AUTO(patientlist) l = {0};
	struct patientlist_item page[100];

	(void)state;
	for (size_t s = 0; s < COUNT(starts); s++) {
		for (uint32_t i = 0; i < COUNT(page); i++)
			page[i] = item_of(starts[s] + 7 * (uint32_t)(COUNT(page) - 1 - i));
		assert_ok(patientlist_add(&l, page, COUNT(page)));
		check_sorted(&l, (s + 1) * COUNT(page));
	}
	for (uint32_t i = 0; i < l.count; i++)
		assert_int_equal(l.items[i].seq, i);
	assert_ok(patientlist_add(&l, page, 0));
	check_sorted(&l, COUNT(starts) * COUNT(page));
}

static void pages_behind_the_last_are_appended(void **state)
{
	AUTO(patientlist) l = {0};
	struct patientlist_item page[3];
	const struct patientlist_item *found;

	(void)state;
	assert_ok(patientlist_add(&l, page, 0));
	assert_int_equal(l.count, 0);
	for (uint32_t number = 0; number < 3000; number += 3) {
		for (uint32_t i = 0; i < 3; i++)
			page[i] = item_of(number + i);
		assert_ok(patientlist_add(&l, page, 3));
	}
	check_sorted(&l, 3000);
	const struct patient_id wanted = id_of(1234), nobody = id_of(3000);
	assert_ok(patientlist_get(&l, &wanted, &found));
	assert_int_equal(found->seq, 1234);
	assert_fails(ST_NOT_FOUND, patientlist_get(&l, &nobody, &found));
}

static void a_page_that_names_a_file_twice_is_refused(void **state)
{
	AUTO(patientlist) l = {0};
	struct patientlist_item page[] = {item_of(5), item_of(9), item_of(5)};

	(void)state;
	assert_fails(ST_CORRUPT, patientlist_add(&l, page, 3));
	assert_int_equal(l.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pages_in_any_order_make_one_sorted_list),
		TEST(pages_behind_the_last_are_appended),
		TEST(a_page_that_names_a_file_twice_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
