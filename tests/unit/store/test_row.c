/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <string.h>

#include "hash.h"
#include "limits.h"
#include "reader.h"
#include "rig.h"
#include "xaes.h"

static struct row_scratch scratch;

static int setup(void **state)
{
	(void)state;
	return ok(secret_setup()) && ok(crypto_setup()) && ok(row_scratch_new(&scratch)) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	row_scratch_clear(&scratch);
	return 0;
}

static const struct uuid patient = {{7}}, owner = {{8}};

static struct row patient_row(void)
{
	return (struct row){
		.table = TABLE_PATIENT,
		.plain = {[COLUMN_PATIENT_ID] = ROW_UUID(&patient),
			  [COLUMN_PATIENT_OWNER] = ROW_UUID(&owner),
			  [COLUMN_PATIENT_SEQ] = ROW_NUMBER(258)},
		.secret = {[SECRET_PATIENT_HEAD] = BYTES_LITERAL("head"), [SECRET_PATIENT_STATE] = BYTES_LITERAL("")},
	};
}

/* What came out of the seal, opened under the given plain columns. */
static struct status open_as(const struct row *plain, struct bytes sealed, struct row *out)
{
	struct row_value values[TABLE_COLUMNS];

	memcpy(values, plain->plain, sizeof values);
	TRY(row_reserve(out, plain->table, sealed.len));
	memcpy(out->plain, values, sizeof values);
	return row_open(out, sealed, &rig_keys, &scratch);
}

static void the_sealed_form_is_the_documented_one(void **state)
{
	(void)state;
	struct row row = patient_row();
	AUTO(buffer) aad = {.max = 1000};
	AUTO(buffer) opened = {.max = 1000};
	struct key key;

	assert_ok(row_seal(&row, &rig_keys, &scratch));
	assert_int_equal(scratch.sealed.bytes[0], 1);
	assert_ok(buffer_put(&aad, bytes_of("tacenda/v1/row", 15)));
	assert_ok(buffer_put_sized(&aad, BYTES_LITERAL("patient")));
	assert_ok(buffer_put_sized(&aad, BYTES_LITERAL("\1")));
	assert_ok(buffer_put_sized(&aad, uuid_bytes(&patient)));
	assert_ok(buffer_put_sized(&aad, uuid_bytes(&owner)));
	assert_ok(buffer_put_sized(&aad, BYTES_LITERAL("\0\0\0\0\0\0\1\2")));
	assert_ok(buffer_put_sized(&aad, BYTES_LITERAL("")));
	assert_ok(rig_keys.key(rig_keys.context, ROW_PATIENT, &patient, &key));
	struct bytes sealed = bytes_of(scratch.sealed.bytes + 1, scratch.sealed.len - 1);
	assert_ok(xaes_open(&key, buffer_bytes(&aad), sealed, &opened));
	assert_int_equal(opened.len, 4 + 4 + 4 + 4 + 4);
	assert_memory_equal(opened.bytes, "\0\0\0\4head\0\0\0\0\0\0\0\0\0\0\0\0", 20);
}

static void a_row_opens_as_it_was_sealed(void **state)
{
	(void)state;
	struct row row = patient_row();
	AUTO(row) out = {0};

	assert_ok(row_seal(&row, &rig_keys, &scratch));
	assert_ok(open_as(&row, buffer_bytes(&scratch.sealed), &out));
	assert_true(bytes_equal(out.secret[SECRET_PATIENT_HEAD], BYTES_LITERAL("head")));
	assert_int_equal(out.secret[SECRET_PATIENT_STATE].len, 0);
	assert_true(scratch.plain.len == 0);
	for (size_t i = 0; i < scratch.key.len; i++)
		assert_int_equal(scratch.key.bytes[i], 0);
}

static void nothing_is_sealed_twice_alike(void **state)
{
	(void)state;
	struct row row = patient_row();
	AUTO(buffer) first = {.max = 1000};

	assert_ok(row_seal(&row, &rig_keys, &scratch));
	assert_ok(buffer_put(&first, buffer_bytes(&scratch.sealed)));
	assert_ok(row_seal(&row, &rig_keys, &scratch));
	assert_false(bytes_equal(buffer_bytes(&first), buffer_bytes(&scratch.sealed)));
}

static void every_bit_of_the_seal_counts(void **state)
{
	(void)state;
	struct row row = patient_row();
	AUTO(row) out = {0};

	assert_ok(row_seal(&row, &rig_keys, &scratch));
	for (size_t bit = 0; bit < 8 * scratch.sealed.len; bit++) {
		scratch.sealed.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		struct status s = open_as(&row, buffer_bytes(&scratch.sealed), &out);
		assert_int_equal(s.code, ST_CORRUPT);
		assert_string_equal(s.what, "patient");
		scratch.sealed.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t len = 0; len < scratch.sealed.len; len++)
		assert_fails(ST_CORRUPT, open_as(&row, bytes_of(scratch.sealed.bytes, len), &out));
}

static void the_holder_kind_decides_whose_key_it_is(void **state)
{
	(void)state;
	struct row row = {
		.table = TABLE_WRAPPED_KEY,
		.plain = {[COLUMN_WRAPPED_KEY_HOLDER_KIND] = ROW_NUMBER(TABLE_HOLDER_PATIENT),
			  [COLUMN_WRAPPED_KEY_HOLDER] = ROW_UUID(&patient),
			  [COLUMN_WRAPPED_KEY_RECIPIENT] = ROW_UUID(&owner)},
	};

	rig_destroy(&patient);
	assert_fails(ST_GONE, row_seal(&row, &rig_keys, &scratch));
	row.plain[COLUMN_WRAPPED_KEY_HOLDER_KIND].number = 2;
	assert_ok(row_seal(&row, &rig_keys, &scratch));
	struct row statement = {.table = TABLE_STATEMENT,
				.plain = {[COLUMN_STATEMENT_NAME] = ROW_HASH(&(struct hash){{1}}),
					  [COLUMN_STATEMENT_SUBJECT] = ROW_HASH(&(struct hash){{2}}),
					  [COLUMN_STATEMENT_PATIENT] = ROW_UUID(&(struct uuid){{0}})}};
	assert_ok(row_seal(&statement, &rig_keys, &scratch));
	statement.plain[COLUMN_STATEMENT_PATIENT].bytes = uuid_bytes(&patient);
	assert_fails(ST_GONE, row_seal(&statement, &rig_keys, &scratch));
	rig_destroy(&(struct uuid){0});
}

static void secrets_of_the_wrong_size_are_damage(void **state)
{
	(void)state;
	struct row row = patient_row();
	uint8_t two[2];
	uint64_t number;
	struct row_big big;

	assert_fails(ST_CORRUPT, row_secret_number(&row, SECRET_PATIENT_HEAD, &number));
	assert_fails(ST_CORRUPT, row_secret_copy(&row, SECRET_PATIENT_HEAD, two, sizeof two));
	row.secret[SECRET_PATIENT_HEAD] = row_number_bytes(&big, 0x0102030405060708);
	assert_ok(row_secret_number(&row, SECRET_PATIENT_HEAD, &number));
	assert_int_equal(number, 0x0102030405060708);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_sealed_form_is_the_documented_one),   TEST(a_row_opens_as_it_was_sealed),
		TEST(nothing_is_sealed_twice_alike),           TEST(every_bit_of_the_seal_counts),
		TEST(the_holder_kind_decides_whose_key_it_is), TEST(secrets_of_the_wrong_size_are_damage),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
