/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <string.h>

#include "batch.h"
#include "context.h"
#include "hash.h"
#include "xaes.h"

static struct secret key_memory;
static const struct key *key;
static uint8_t leaves[3 * LEAF_BYTES];

static void make_leaves(uint64_t time)
{
	for (unsigned i = 0; i < 3; i++) {
		const struct leaf leaf = {LEAF_READ, LEAF_DONE, time, {{(uint8_t)i}}};

		leaf_encode(&leaf, leaves + i * LEAF_BYTES);
	}
}

/* Three leaves from index 77 on. */
static void make_batch(struct buffer *out)
{
	AUTO(buffer) actors = {.max = 4096}, subjects = {.max = 4096}, plain = {.max = 4096};
	struct xaes_series *series;

	assert_ok(xaes_series_new(&series));
	assert_ok(xaes_series_begin(series, key));
	make_leaves(UINT64_C(1795000000000));
	for (unsigned i = 0; i < 3; i++) {
		AUTO(buffer) sealed = {.max = 4096};
		const struct batch_actor actor = {{{1}}, {{2}}, 70 + i, BYTES_LITERAL("actor")};
		const struct batch_about about = {{{3}}, 60 + i, BYTES_LITERAL("subject")};
		struct batch_subject subject = {BATCH_PATIENT, {{9, (uint8_t)i}}, {0}};

		assert_ok(batch_put_actor(&actors, &actor));
		assert_ok(batch_seal_subject(&about, 77 + i, series, &plain, &sealed));
		subject.sealed = buffer_bytes(&sealed);
		assert_ok(batch_put_subject(&subjects, &subject));
	}
	const struct batch_parts parts = {77, 3, BYTES_OF(leaves), buffer_bytes(&actors), buffer_bytes(&subjects)};

	assert_ok(batch_write(&parts, key, out));
	xaes_series_free(series);
}

static void holds_what_was_written(void **state)
{
	AUTO(buffer) record = {.max = 65536}, actors = {.max = 65536}, plain = {.max = 65536};
	struct batch_subject subject;
	struct batch_actor actor;
	struct batch_about about;
	struct batch b;

	(void)state;
	make_batch(&record);
	assert_ok(batch_parse(buffer_bytes(&record), &b));
	assert_true(b.first == 77 && b.count == 3);
	assert_ok(batch_open_actors(&b, key, &actors));
	struct reader a = reader_of(buffer_bytes(&actors)), s = reader_of(b.subjects);

	for (unsigned i = 0; i < 3; i++) {
		assert_memory_equal(batch_leaf(&b, i), leaves + i * LEAF_BYTES, LEAF_BYTES);
		assert_ok(batch_next_actor(&a, &actor));
		assert_true(actor.previous_index == 70 + i && bytes_equal(actor.piece, BYTES_LITERAL("actor")));
		assert_ok(batch_next_subject(&s, &subject));
		assert_true(subject.scope == BATCH_PATIENT && subject.patient.bytes[1] == i);
		assert_ok(batch_open_subject(&subject, 77 + i, key, &plain, &about));
		assert_true(about.previous_index == 60 + i && bytes_equal(about.piece, BYTES_LITERAL("subject")));
		/* Another leaf's place. */
		assert_fails(ST_CORRUPT, batch_open_subject(&subject, 78 + i, key, &plain, &about));
	}
	assert_ok(reader_done(&a));
	assert_ok(reader_done(&s));
	b.first++;
	assert_fails(ST_CORRUPT, batch_open_actors(&b, key, &actors));
}

/* The seals are bound by the contexts of the documentation, made by the module that everybody else uses. */
static void is_sealed_as_documented(void **state)
{
	static const uint8_t first[8] = {0, 0, 0, 0, 0, 0, 0, 77}, count[4] = {0, 0, 0, 3};
	const struct bytes arguments[] = {BYTES_OF(first), BYTES_OF(count)};
	AUTO(buffer) record = {.max = 65536}, aad = {.max = CONTEXT_MAX}, plain = {.max = 65536};
	struct batch_subject subject;
	struct batch b;

	(void)state;
	make_batch(&record);
	assert_ok(batch_parse(buffer_bytes(&record), &b));
	assert_ok(context_put(&aad, "tacenda/v1/log-actors", arguments, 2));
	assert_ok(xaes_open(key, buffer_bytes(&aad), b.actors, &plain));
	assert_int_equal(plain.len, 3 * (32 + 32 + 8 + 4 + 5));
	aad.len = plain.len = 0;
	struct reader r = reader_of(b.subjects);

	assert_ok(batch_next_subject(&r, &subject));
	assert_ok(context_put(&aad, "tacenda/v1/log-subject", arguments, 1));
	assert_ok(xaes_open(key, buffer_bytes(&aad), subject.sealed, &plain));
	assert_int_equal(plain.len, 32 + 8 + 7);
}

static void refuses_every_other_record(void **state)
{
	AUTO(buffer) record = {.max = 65536};
	struct batch b;

	(void)state;
	make_batch(&record);
	for (size_t len = 0; len < record.len; len++) {
		assert_fails(ST_CORRUPT, batch_parse(bytes_of(record.bytes, len), &b));
		assert_fails(ST_INVALID, batch_parse_form(bytes_of(record.bytes, len), &b));
	}
	for (size_t at = 0; at < record.len; at++) {
		record.bytes[at] ^= 0x20;
		assert_fails(ST_CORRUPT, batch_parse(buffer_bytes(&record), &b));
		record.bytes[at] ^= 0x20;
	}
	assert_ok(buffer_put_u8(&record, 0));
	assert_fails(ST_CORRUPT, batch_parse(buffer_bytes(&record), &b));
}

static void knows_the_year_of_a_leaf(void **state)
{
	static const struct {
		uint64_t ms;
		unsigned year;
	} rows[] = {
		{0, 1970},
		{UINT64_C(31535999999), 1970},
		{UINT64_C(31536000000), 1971},
		{UINT64_C(951782400000), 2000},
		{UINT64_C(978307199999), 2000},
		{UINT64_C(978307200000), 2001},
		{UINT64_C(1798761599999), 2026},
		{UINT64_C(1798761600000), 2027},
		{UINT64_C(4102444800000), 2100},
		{UINT64_C(4133980800000), 2101},
		{UINT64_MAX, 9999},
	};
	unsigned year;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		make_leaves(rows[i].ms);
		assert_ok(batch_year(leaves, &year));
		assert_int_equal(year, rows[i].year);
	}
	leaves[0] = 9;
	assert_fails(ST_CORRUPT, batch_year(leaves, &year));
}

static int clear_key(void **state)
{
	(void)state;
	secret_clear(&key_memory);
	return 0;
}

int main(void)
{
	if (!ok(secret_setup()) || !ok(crypto_setup()) || !ok(secret_new(sizeof(struct key), &key_memory)))
		return 1;
	key = secret_key(&key_memory);
	const struct CMUnitTest tests[] = {
		TEST(holds_what_was_written),
		TEST(is_sealed_as_documented),
		TEST(refuses_every_other_record),
		TEST(knows_the_year_of_a_leaf),
	};
	return cmocka_run_group_tests(tests, NULL, clear_key);
}
