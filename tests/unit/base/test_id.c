/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <stdlib.h>
#include <string.h>

#include "id.h"
#include "secret.h"

static void holds_time_version_and_variant(void **state)
{
	(void)state;
	struct uuid u = uuid_new(UINT64_C(0x0123456789ab));
	const uint8_t time[] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab};

	assert_memory_equal(u.bytes, time, sizeof time);
	assert_int_equal(u.bytes[6] >> 4, 7);
	assert_int_equal(u.bytes[8] >> 6, 2);
}

static int by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct uuid));
}

static void no_two_are_equal(void **state)
{
	(void)state;
	enum { MANY = 100000 };
	struct uuid *all = calloc(MANY, sizeof *all);

	assert_non_null(all);
	for (size_t i = 0; i < MANY; i++)
		all[i] = uuid_new(1);
	qsort(all, MANY, sizeof *all, by_bytes);
	for (size_t i = 1; i < MANY; i++)
		assert_false(uuid_equal(&all[i - 1], &all[i]));
	free(all);
}

static void prints_and_parses_every_kind(void **state)
{
	(void)state;
	for (int kind = ID_USER; kind <= ID_NOTICE; kind++) {
		struct uuid u = uuid_new((uint64_t)kind << 40), back;
		struct id_text t = id_print((enum id_kind)kind, &u);

		assert_int_equal(strlen(t.at), ID_TEXT_LEN);
		assert_ok(id_parse((enum id_kind)kind, text_of(t.at), &back));
		assert_true(uuid_equal(&u, &back));
		for (int other = ID_USER; other <= ID_NOTICE; other++)
			if (other != kind)
				assert_fails(ST_INVALID, id_parse((enum id_kind)other, text_of(t.at), &back));
	}
}

static void has_the_documented_form(void **state)
{
	(void)state;
	const struct uuid ones = {
		{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
	const struct uuid zero = {0};

	assert_string_equal(id_print(ID_PATIENT, &zero).at, "pt-00000000000000000000000000");
	assert_string_equal(id_print(ID_RECORD, &ones).at, "rc-vvvvvvvvvvvvvvvvvvvvvvvvvs");
	assert_true(uuid_is_zero(&zero));
	assert_false(uuid_is_zero(&ones));
}

static void text_keeps_the_order_of_time(void **state)
{
	(void)state;
	struct id_text last = {0};

	for (uint64_t ms = 1; ms < UINT64_C(1) << 47; ms = ms * 3 + 1) {
		struct uuid u = uuid_new(ms);
		struct id_text now = id_print(ID_OBJECT, &u);

		assert_true(strcmp(last.at, now.at) < 0);
		last = now;
	}
}

static void refuses_all_but_the_full_form(void **state)
{
	(void)state;
	struct uuid out = {{1}};
	const struct uuid zero = {0};
	struct id_text good = id_print(ID_PATIENT, &zero);
	static const char *const bad[] = {
		"",
		"pt-",
		"pt-0000000000000000000000000",
		"pt-000000000000000000000000000",
		"PT-00000000000000000000000000",
		"pt_00000000000000000000000000",
		"pt-0000000000000000000000000V",
		"pt-0000000000000000000000000w",
		"pt-00000000000000000000000001",
		"pt-0000000000000 000000000000",
	};

	for (size_t i = 0; i < COUNT(bad); i++)
		assert_fails(ST_INVALID, id_parse(ID_PATIENT, text_of(bad[i]), &out));
	for (size_t len = 0; len < ID_TEXT_LEN; len++)
		assert_fails(ST_INVALID, id_parse(ID_PATIENT, (struct text){good.at, len}, &out));
	assert_int_equal(out.bytes[0], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(holds_time_version_and_variant), TEST(no_two_are_equal),
		TEST(prints_and_parses_every_kind),   TEST(has_the_documented_form),
		TEST(text_keeps_the_order_of_time),   TEST(refuses_all_but_the_full_form),
	};
	return ok(secret_setup()) ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
