/* SPDX-License-Identifier: Apache-2.0 */
/* Orders and answers: what the courier takes, and that there is no room for anything else. */
#include "testing.h"

#include <string.h>

#include "order.h"

#define HEAD "{\"number\": 7, \"way\": \"mail\", \"origin\": \"https://x\""

static struct status parse(const char *text, struct order *out)
{
	AUTO(json_document) document = {0};
	AUTO(arena) arena = {.max = 65536};

	return order_read(text_bytes(text_of(text)), &document, &arena, out);
}

static void takes_an_order(void **state)
{
	struct order o;

	(void)state;
	assert_ok(parse(HEAD ", \"items\": [{\"id\": \"nt-1\", \"count\": 3}]}", &o));
	assert_true(o.number == 7 && o.way == ORDER_MAIL && o.count == 1 && !o.implicit_tls);
}

static void refuses_what_it_does_not_know(void **state)
{
	static const char *const bad[] = {
		"",
		"[]",
		HEAD ", \"items\": []}",
		HEAD "}",
		HEAD ", \"items\": [{}], \"name\": \"x\"}",
		HEAD ", \"items\": [{\"detail\": \"x\"}]}",
		HEAD ", \"items\": [{\"name\": \"x\"}]}",
		HEAD ", \"items\": [{\"kind\": \"a\\r\\nBcc: eve@evil.example\"}]}",
		HEAD ", \"from\": \"a\\nb\", \"items\": [{}]}",
		HEAD ", \"items\": [{\"text\": \"\\u00e9\"}]}",
		"{\"number\": 7, \"way\": \"pigeon\", \"origin\": \"https://x\", \"items\": [{}]}",
	};
	struct order o;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(ok(parse(bad[i], &o)));
}

static void an_answer_comes_back_as_it_was_given(void **state)
{
	for (enum order_result r = ORDER_DONE; r <= ORDER_NEVER; r++) {
		const struct order_answer given = {9, r, TEXT("answer 550")};
		AUTO(buffer) packet = {.max = ORDER_PACKET_MAX};
		AUTO(json_document) document = {0};
		AUTO(arena) arena = {.max = 65536};
		struct order_answer got;
		assert_ok(order_answer_put(&given, &packet));
		assert_ok(order_answer_read(buffer_bytes(&packet), &document, &arena, &got));
		assert_true(got.number == 9 && got.result == r && text_equal(got.why, given.why));
	}
	(void)state;
}

static void refuses_an_answer_in_no_words_of_its_own(void **state)
{
	static const char *const bad[] = {"a\nb", "\x1b[2J", "caf\xc3\xa9"};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		const struct order_answer given = {9, ORDER_NEVER, text_of(bad[i])};
		AUTO(buffer) packet = {.max = ORDER_PACKET_MAX};
		AUTO(json_document) document = {0};
		AUTO(arena) arena = {.max = 65536};
		struct order_answer got;
		assert_ok(order_answer_put(&given, &packet));
		assert_fails(ST_INVALID, order_answer_read(buffer_bytes(&packet), &document, &arena, &got));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_an_order),
		cmocka_unit_test(refuses_what_it_does_not_know),
		cmocka_unit_test(an_answer_comes_back_as_it_was_given),
		cmocka_unit_test(refuses_an_answer_in_no_words_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
