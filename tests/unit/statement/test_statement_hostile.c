/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that are nearly a statement. */
#include "samples.h"
#include "statement_fields.h"

static struct pair author;

/** The position in the encoding of every field after the kind: [begin of its length, end). */
struct extent {
	const struct statement_field *field;
	size_t begin, end;
};

static size_t u32_at(struct bytes b, size_t at)
{
	return (size_t)b.at[at] << 24 | (size_t)b.at[at + 1] << 16 | (size_t)b.at[at + 2] << 8 | b.at[at + 3];
}

static size_t extents_of(enum statement_kind kind, struct bytes b, struct extent *out)
{
	const struct statement_layout *layouts[] = {&statement_fields_head, statement_fields_of(kind)};
	size_t at = strlen("tacenda/v1/") + strlen(statement_fields_of(kind)->word) + 1;
	size_t count = 0;

	for (size_t l = 0; l < COUNT(layouts); l++) {
		for (size_t i = 0; i < layouts[l]->count; i++) {
			const size_t end = at + 4 + u32_at(b, at);
			out[count++] = (struct extent){&layouts[l]->fields[i], at, end};
			at = end;
		}
	}
	assert_int_equal(at + 64, b.len);
	return count;
}

static void signed_sample(enum statement_kind kind, struct buffer *out)
{
	AUTO(buffer) rows = {.max = 4096};
	struct statement draft;

	sample_draft(kind, &author.public_key, &rows, &draft);
	assert_ok(statement_sign(&draft, &author.private_key, out));
}

/** with_field(from, e, value, out): ${from} with field ${e} replaced. */
static void with_field(struct bytes from, const struct extent *e, struct bytes value, struct buffer *out)
{
	out->len = 0;
	assert_ok(buffer_put(out, bytes_of(from.at, e->begin)));
	assert_ok(buffer_put_sized(out, value));
	assert_ok(buffer_put(out, bytes_of(from.at + e->end, from.len - e->end)));
}

typedef void each_field(enum statement_kind kind, struct bytes sample, const struct extent *e);

static void for_each_field(each_field *check)
{
	for (unsigned kind = 0; kind < STATEMENT_KINDS; kind++) {
		AUTO(buffer) sample = {.max = LIMIT_STATEMENT_BYTES};
		struct extent extents[32];

		signed_sample((enum statement_kind)kind, &sample);
		const size_t count = extents_of((enum statement_kind)kind, buffer_bytes(&sample), extents);
		for (size_t i = 0; i < count; i++)
			check((enum statement_kind)kind, buffer_bytes(&sample), &extents[i]);
	}
}

static void refuse_value(struct bytes sample, const struct extent *e, struct bytes value)
{
	AUTO(buffer) changed = {.max = 2 * LIMIT_STATEMENT_BYTES};
	struct statement parsed;

	with_field(sample, e, value, &changed);
	const struct status got = statement_parse(buffer_bytes(&changed), &parsed);
	if (got.code != ST_INVALID || got.what == NULL || strcmp(got.what, e->field->name) != 0)
		fail_msg("%s of %zu bytes: %s (%s)", e->field->name, value.len, status_name(got.code),
			 got.what != NULL ? got.what : "-");
}

static void check_lengths(enum statement_kind kind, struct bytes sample, const struct extent *e)
{
	uint8_t longer[512] = {0};
	const size_t len = e->end - e->begin - 4;

	(void)kind;
	assert_true(len < sizeof longer);
	if (e->field->type == FIELD_TEXT) {
		memset(longer, 'a', sizeof longer);
		refuse_value(sample, e, bytes_of(longer, e->field->max + 1));
		if (e->field->min > 0)
			refuse_value(sample, e, bytes_of(longer, 0));
		return;
	}
	memcpy(longer, sample.at + e->begin + 4, len);
	if (e->field->type == FIELD_OPTIONAL) {
		refuse_value(sample, e, bytes_of(longer, e->field->max - 1));
		refuse_value(sample, e, bytes_of(longer, e->field->max + 1));
		refuse_value(sample, e, bytes_of(longer, 1));
		return;
	}
	refuse_value(sample, e, bytes_of(longer, len + 1));
	refuse_value(sample, e, bytes_of(longer, len - 1));
	if (e->field->type != FIELD_RECIPIENTS)
		refuse_value(sample, e, bytes_of(longer, 0));
}

static void refuses_every_field_one_byte_short_or_long(void **state)
{
	(void)state;
	for_each_field(check_lengths);
}

static void check_words(enum statement_kind kind, struct bytes sample, const struct extent *e)
{
	AUTO(buffer) changed = {.max = LIMIT_STATEMENT_BYTES};
	struct statement parsed;

	(void)kind;
	if (e->field->type != FIELD_WORD)
		return;
	for (unsigned value = 0; value < 256; value++) {
		const uint8_t byte = (uint8_t)value;
		if (!vocabulary_knows(e->field->vocabulary, value)) {
			refuse_value(sample, e, bytes_of(&byte, 1));
			continue;
		}
		with_field(sample, e, bytes_of(&byte, 1), &changed);
		const struct status got = statement_parse(buffer_bytes(&changed), &parsed);
		/* Known words may still contradict other fields. */
		assert_true(ok(got) || got.code == ST_INVALID);
	}
}

static void refuses_unknown_enumeration_values(void **state)
{
	(void)state;
	for_each_field(check_words);
}

static void check_rights(enum statement_kind kind, struct bytes sample, const struct extent *e)
{
	(void)kind;
	if (e->field->type != FIELD_RIGHTS)
		return;
	for (unsigned bit = 8; bit < 32; bit++) {
		const uint32_t v = UINT32_C(1) << bit;
		const uint8_t value[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), 1};
		refuse_value(sample, e, bytes_of(value, 4));
	}
}

static void refuses_reserved_bits(void **state)
{
	(void)state;
	for_each_field(check_rights);
}

static void check_texts(enum statement_kind kind, struct bytes sample, const struct extent *e)
{
	static const char *const bad[] = {"a\nb", "\x1b[31m", "\x7f", "\xff", "\xc0\x80", "\xed\xa0\x80", "a\xc3"};

	(void)kind;
	if (e->field->type != FIELD_TEXT)
		return;
	for (size_t i = 0; i < COUNT(bad); i++)
		refuse_value(sample, e, text_bytes(text_of(bad[i])));
	refuse_value(sample, e, bytes_of("a\0b", 3));
}

static void refuses_text_that_is_not_clean_utf8(void **state)
{
	(void)state;
	for_each_field(check_texts);
}

static void refuses_every_truncation_and_every_trailing_byte(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < STATEMENT_KINDS; kind++) {
		AUTO(buffer) sample = {.max = LIMIT_STATEMENT_BYTES};
		struct statement parsed;

		signed_sample((enum statement_kind)kind, &sample);
		for (size_t len = 0; len < sample.len; len++) {
			/* A copy of its own size lets the sanitizer see a read past the end. */
			uint8_t *cut = malloc(len + 1);
			assert_non_null(cut);
			memcpy(cut, sample.bytes, len);
			assert_fails(ST_INVALID, statement_parse(bytes_of(cut, len), &parsed));
			free(cut);
		}
		assert_ok(buffer_put_u8(&sample, 0));
		assert_fails(ST_INVALID, statement_parse(buffer_bytes(&sample), &parsed));
	}
}

static void refuses_unknown_kinds_and_other_prefixes(void **state)
{
	static const struct {
		const char *at;
		size_t len;
	} starts[] = {
		{"", 0},
		{"tacenda/v2/grant", 17},
		{"tacenda/v1/", 11},
		{"tacenda/v1/list", 16},
		{"tacenda/v1/Grant", 17},
		{"tacenda/v1/grant ", 18},
		{"tacenda/v1/gran", 16},
		{"Tacenda/v1/grant", 17},
		{"tacenda/v1/record-", 19},
		{"tacenda/v1/patient-", 20},
		{"tacenda/v1/patient-gone", 24},
	};
	AUTO(buffer) sample = {.max = LIMIT_STATEMENT_BYTES};
	struct statement parsed;

	(void)state;
	signed_sample(STATEMENT_GRANT, &sample);
	for (size_t i = 0; i < COUNT(starts); i++) {
		AUTO(buffer) changed = {.max = LIMIT_STATEMENT_BYTES};
		assert_ok(buffer_put(&changed, bytes_of(starts[i].at, starts[i].len)));
		assert_ok(buffer_put(&changed, bytes_of(sample.bytes + 17, sample.len - 17)));
		assert_fails(ST_INVALID, statement_parse(buffer_bytes(&changed), &parsed));
	}
}

static void refuses_more_than_the_limit_unread(void **state)
{
	AUTO(buffer) big = {.max = 2 * LIMIT_STATEMENT_BYTES};
	struct statement parsed;

	(void)state;
	signed_sample(STATEMENT_EPOCH, &big);
	while (big.len <= LIMIT_STATEMENT_BYTES)
		assert_ok(buffer_put_u64(&big, 0));
	assert_fails(ST_TOO_BIG, statement_parse(buffer_bytes(&big), &parsed));
}

static void a_signature_over_one_kind_never_passes_for_another(void **state)
{
	/* record-end and revocation: same author, words of the same length are not
	 * needed: whatever is changed of the bytes, the signature no longer fits. */
	(void)state;
	for (unsigned kind = 0; kind < STATEMENT_KINDS; kind++) {
		AUTO(buffer) sample = {.max = LIMIT_STATEMENT_BYTES};
		AUTO(buffer) rows = {.max = 4096};
		struct signature taken;

		signed_sample((enum statement_kind)kind, &sample);
		memcpy(taken.bytes, sample.bytes + sample.len - 64, 64);
		for (unsigned other = 0; other < STATEMENT_KINDS; other++) {
			AUTO(buffer) forged = {.max = LIMIT_STATEMENT_BYTES};
			struct statement draft;
			struct statement parsed;

			sample_draft((enum statement_kind)other, &author.public_key, &rows, &draft);
			assert_ok(statement_encode(&draft, &forged));
			assert_ok(buffer_put(&forged, BYTES_OF(taken)));
			assert_ok(statement_parse(buffer_bytes(&forged), &parsed));
			assert_int_equal(ok(statement_verify(&parsed, &author.public_key)), kind == other);
		}
	}
}

static void every_flipped_bit_is_refused(void **state)
{
	AUTO(p256_verifier) verifier = {0};
	AUTO(buffer) sample = {.max = LIMIT_STATEMENT_BYTES};
	struct statement parsed;

	(void)state;
	assert_ok(p256_verifier_new(&author.public_key, &verifier));
	signed_sample(STATEMENT_GRANT, &sample);
	for (size_t bit = 0; bit < sample.len * 8; bit++) {
		sample.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (ok(statement_parse(buffer_bytes(&sample), &parsed)))
			assert_fails(ST_UNPROVEN, statement_verify_with(&parsed, &verifier));
		sample.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_ok(statement_parse(buffer_bytes(&sample), &parsed));
	assert_ok(statement_verify_with(&parsed, &verifier));
}

static void expect_contradiction(const struct statement *draft, const char *field)
{
	AUTO(buffer) bytes = {.max = LIMIT_STATEMENT_BYTES};
	const struct status got = statement_encode(draft, &bytes);

	assert_int_equal(got.code, ST_INVALID);
	assert_string_equal(got.what, field);
}

static void refuses_fields_that_contradict_each_other(void **state)
{
	AUTO(buffer) rows = {.max = 4096};
	struct statement s;

	(void)state;
	sample_draft(STATEMENT_SITE, &author.public_key, &rows, &s);
	s.head.site = hash_of(1);
	expect_contradiction(&s, "site");
	sample_draft(STATEMENT_USER, &author.public_key, &rows, &s);
	s.head.site = (struct hash){{0}};
	expect_contradiction(&s, "site");
	sample_draft(STATEMENT_USER, &author.public_key, &rows, &s);
	s.head.seen_size = 0;
	expect_contradiction(&s, "seen_root");
	s.head.seen_size = 1;
	s.head.seen_root = (struct hash){{0}};
	expect_contradiction(&s, "seen_root");
	sample_draft(STATEMENT_SIGN_IN, &author.public_key, &rows, &s);
	s.head.previous = hash_of(1);
	expect_contradiction(&s, "previous");
	sample_draft(STATEMENT_EPOCH, &author.public_key, &rows, &s);
	s.epoch.compartment = COMPARTMENT_BOTH;
	expect_contradiction(&s, "compartment");
	sample_draft(STATEMENT_EPOCH, &author.public_key, &rows, &s);
	s.epoch.number = 0;
	expect_contradiction(&s, "previous_sealed");
	s.epoch.number = 1;
	s.epoch.previous_sealed.len = 0;
	expect_contradiction(&s, "previous_sealed");
	sample_draft(STATEMENT_RECORD, &author.public_key, &rows, &s);
	s.record.compartment = COMPARTMENT_CLINICAL;
	expect_contradiction(&s, "identity_epoch");
	s.record.compartment = COMPARTMENT_IDENTITY;
	expect_contradiction(&s, "clinical_epoch");
}

static void put_rows(struct buffer *rows, const uint8_t *fills, size_t count)
{
	rows->len = 0;
	for (size_t i = 0; i < count; i++) {
		const struct recipient row = recipient_of(fills[i]);
		assert_ok(statement_put_recipient(rows, &row));
	}
}

static void refuses_recipients_out_of_order_or_twice(void **state)
{
	AUTO(buffer) sample = {.max = LIMIT_STATEMENT_BYTES};
	AUTO(buffer) rows = {.max = 4096};
	struct extent extents[32];

	(void)state;
	signed_sample(STATEMENT_EPOCH, &sample);
	const size_t last = extents_of(STATEMENT_EPOCH, buffer_bytes(&sample), extents) - 1;
	put_rows(&rows, (const uint8_t[]){2, 1}, 2);
	refuse_value(buffer_bytes(&sample), &extents[last], buffer_bytes(&rows));
	put_rows(&rows, (const uint8_t[]){2, 2}, 2);
	refuse_value(buffer_bytes(&sample), &extents[last], buffer_bytes(&rows));
	/* The same recipient under two keys is still the same recipient. */
	rows.bytes[STATEMENT_RECIPIENT_BYTES + 20] ^= 0xff;
	refuse_value(buffer_bytes(&sample), &extents[last], buffer_bytes(&rows));
	put_rows(&rows, (const uint8_t[]){1, 2}, 2);
	rows.bytes[0] = 5;
	refuse_value(buffer_bytes(&sample), &extents[last], buffer_bytes(&rows));
	rows.bytes[0] = RECIPIENT_LIST; /* kinds ascend before ids */
	refuse_value(buffer_bytes(&sample), &extents[last], buffer_bytes(&rows));
}

static int setup(void **state)
{
	(void)state;
	if (!ok(secret_setup()) || !ok(crypto_setup()))
		return 1;
	pair_of("author", &author);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pair_clear(&author);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(refuses_every_field_one_byte_short_or_long),
		TEST(refuses_unknown_enumeration_values),
		TEST(refuses_reserved_bits),
		TEST(refuses_text_that_is_not_clean_utf8),
		TEST(refuses_every_truncation_and_every_trailing_byte),
		TEST(refuses_unknown_kinds_and_other_prefixes),
		TEST(refuses_more_than_the_limit_unread),
		TEST(a_signature_over_one_kind_never_passes_for_another),
		TEST(every_flipped_bit_is_refused),
		TEST(refuses_fields_that_contradict_each_other),
		TEST(refuses_recipients_out_of_order_or_twice),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
