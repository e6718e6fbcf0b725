/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that showed less than there was are found in the chain of the file (PROMISES#B2). */
#include "testing.h"

#include <stdio.h>
#include <string.h>

#include "disclosure.h"
#include "hash.h"

static struct disclosure all;
static char details[16][SHOWN_DETAIL_MAX];
static size_t used;

static int setup(void **state)
{
	(void)state;
	used = 0;
	all = (struct disclosure){0};
	return ok(crypto_setup()) ? 0 : 1;
}

static int teardown(void **state)
{
	(void)state;
	disclosure_clear(&all);
	return 0;
}

static struct hash name_of(uint8_t number)
{
	return (struct hash){{number}};
}

static struct entry_read of_record(uint8_t record)
{
	return (struct entry_read){
		.leaf = {.kind = LEAF_STATEMENT, .result = LEAF_DONE},
		.has_subject = true,
		.subject = {.kind = PIECE_PATIENT, .record = {{{record}}}},
	};
}

/** Statement ${number} of the file (record 0) or of a record. */
static void stated(uint64_t index, uint8_t record, uint8_t number)
{
	struct entry_read read = of_record(record);

	read.subject.statement = name_of(number);
	assert_ok(disclosure_take(&all, index, &read));
}

/** An answer that held statements 1 to ${count} of it, taken from a log of ${size}. */
static void showed(uint64_t index, uint64_t size, uint8_t record, uint8_t count)
{
	AUTO(buffer) detail = {.max = SHOWN_DETAIL_MAX};
	struct entry_read read = of_record(record);
	struct shown shown = {.size = size};

	for (uint8_t i = 1; i <= count; i++) {
		const struct hash name = name_of(i);
		assert_ok(shown_add(&shown, &name));
	}
	assert_ok(shown_put(&shown, TEXT("patient file"), &detail));
	memcpy(details[used], detail.bytes, detail.len);
	read.leaf.kind = LEAF_LIST;
	read.subject.detail = (struct text){details[used++], detail.len};
	assert_ok(disclosure_take(&all, index, &read));
}

static void accused(uint64_t wanted)
{
	uint64_t leaf = 0;

	assert_fails(ST_CORRUPT, disclosure_check(&all, &leaf));
	assert_int_equal(leaf, wanted);
}

static void whole_answers_pass(void **state)
{
	uint64_t leaf;

	(void)state;
	assert_ok(disclosure_check(&all, &leaf));
	/* From the newest, as a chain is walked. */
	showed(9, 9, 5, 2);
	showed(8, 8, 0, 2);
	stated(7, 5, 2);
	stated(6, 0, 2);
	showed(5, 5, 5, 1);
	showed(4, 4, 0, 1);
	stated(3, 5, 1);
	stated(2, 0, 1);
	assert_ok(disclosure_check(&all, &leaf));
}

static void an_answer_without_the_newest_is_named(void **state)
{
	(void)state;
	stated(1, 0, 1);
	stated(2, 0, 2);
	showed(3, 3, 0, 2);
	showed(4, 4, 0, 1);
	showed(5, 5, 0, 1);
	accused(4);
}

static void what_came_in_just_then_may_be_missing(void **state)
{
	uint64_t leaf;

	(void)state;
	stated(1, 0, 1);
	stated(2, 0, 2);
	showed(3, 2, 0, 1);
	assert_ok(disclosure_check(&all, &leaf));
	showed(4, 3, 0, 1);
	accused(4);
}

static void what_was_not_there_yet_is_another_chain(void **state)
{
	(void)state;
	stated(1, 0, 1);
	showed(2, 2, 0, 2);
	stated(3, 0, 2);
	accused(2);
}

static void other_statements_are_another_chain(void **state)
{
	(void)state;
	stated(1, 0, 1);
	stated(2, 0, 3);
	showed(3, 3, 0, 2);
	accused(3);
}

static void records_are_chains_of_their_own(void **state)
{
	(void)state;
	stated(1, 0, 1);
	stated(2, 5, 1);
	stated(3, 6, 1);
	stated(4, 6, 2);
	showed(5, 5, 5, 1);
	showed(6, 6, 6, 1);
	showed(7, 7, 0, 1);
	accused(6);
}

static void other_lists_say_nothing(void **state)
{
	struct entry_read read = of_record(0);
	uint64_t leaf;

	(void)state;
	stated(1, 0, 1);
	read.leaf.kind = LEAF_LIST;
	read.subject.detail = TEXT("records");
	assert_ok(disclosure_take(&all, 2, &read));
	/* To somebody who may not read the record. */
	showed(3, 3, 5, 0);
	assert_ok(disclosure_check(&all, &leaf));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define EACH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		EACH(whole_answers_pass),
		EACH(an_answer_without_the_newest_is_named),
		EACH(what_came_in_just_then_may_be_missing),
		EACH(what_was_not_there_yet_is_another_chain),
		EACH(other_statements_are_another_chain),
		EACH(records_are_chains_of_their_own),
		EACH(other_lists_say_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
