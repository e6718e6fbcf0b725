/* SPDX-License-Identifier: Apache-2.0 */
#include "context.h"
#include "samples.h"

static void a_context_is_its_label_with_nul_and_sized_arguments(void **state)
{
	AUTO(buffer) out = {.max = CONTEXT_MAX};
	const struct bytes arguments[] = {BYTES_LITERAL("ab"), {NULL, 0}};

	(void)state;
	assert_ok(context_put(&out, "x/y", arguments, 2));
	assert_true(bytes_equal(buffer_bytes(&out), bytes_of("x/y\0\0\0\0\x02"
							     "ab\0\0\0\0",
							     14)));
	out.max = 20;
	assert_fails(ST_TOO_BIG, context_put(&out, "x/y", arguments, 2));
	assert_int_equal(out.len, 14);
}

static void the_wrapped_key_context_names_everything_in_order(void **state)
{
	AUTO(buffer) out = {.max = CONTEXT_MAX};
	AUTO(buffer) expected = {.max = CONTEXT_MAX};
	const struct epoch_place place = {hash_of(1), HOLDER_PATIENT, uuid_of(2), COMPARTMENT_CLINICAL, 0x01020304};
	const struct uuid recipient = uuid_of(3);
	const struct hash key = hash_of(4);

	(void)state;
	assert_ok(context_wrapped_key(&place, RECIPIENT_USER, &recipient, &key, &out));
	assert_ok(buffer_put(&expected, bytes_of("tacenda/v1/wrapped-key", 23)));
	assert_ok(buffer_put_sized(&expected, hash_bytes(&place.fingerprint)));
	assert_ok(buffer_put_sized(&expected, bytes_of("\x01", 1)));
	assert_ok(buffer_put_sized(&expected, uuid_bytes(&place.holder)));
	assert_ok(buffer_put_sized(&expected, bytes_of("\x02", 1)));
	assert_ok(buffer_put_sized(&expected, bytes_of("\x01\x02\x03\x04", 4)));
	assert_ok(buffer_put_sized(&expected, bytes_of("\x01", 1)));
	assert_ok(buffer_put_sized(&expected, uuid_bytes(&recipient)));
	assert_ok(buffer_put_sized(&expected, hash_bytes(&key)));
	assert_true(bytes_equal(buffer_bytes(&out), buffer_bytes(&expected)));
	out.len = 0;
	assert_ok(context_wrapped_key_info(&out));
	assert_true(bytes_equal(buffer_bytes(&out), bytes_of("tacenda/v1/wrapped-key\0\x01", 24)));
}

static void contexts_of_different_things_differ(void **state)
{
	const struct epoch_place epoch = {hash_of(1), HOLDER_PATIENT, uuid_of(2), COMPARTMENT_CLINICAL, 1};
	const struct record_place record = {hash_of(1), {uuid_of(2)}, {uuid_of(3)}, 1, COMPARTMENT_BOTH};
	const struct user_id author = {uuid_of(4)};
	struct buffer all[5] = {{.max = CONTEXT_MAX},
				{.max = CONTEXT_MAX},
				{.max = CONTEXT_MAX},
				{.max = CONTEXT_MAX},
				{.max = CONTEXT_MAX}};

	(void)state;
	assert_ok(context_commitment(&epoch, &all[0]));
	assert_ok(context_previous_key(&epoch, &all[1]));
	assert_ok(context_record_key(&record, &all[2]));
	assert_ok(context_record_header(&record, &author, &all[3]));
	assert_ok(context_record_content(&record, &author, &all[4]));
	for (size_t i = 0; i < COUNT(all); i++)
		for (size_t j = 0; j < i; j++)
			assert_false(bytes_equal(buffer_bytes(&all[i]), buffer_bytes(&all[j])));
	assert_int_equal(all[2].len, 22 + 4 + 32 + 4 + 16 + 4 + 16 + 4 + 4 + 4 + 1);
	assert_int_equal(all[3].len, 25 + 4 + 32 + 4 + 16 + 4 + 16 + 4 + 4 + 4 + 1 + 4 + 16);
	for (size_t i = 0; i < COUNT(all); i++)
		buffer_clear(&all[i]);
}

static void key_hashes_are_those_of_the_concatenated_keys(void **state)
{
	AUTO(pair) hpke = {0};
	AUTO(pair) sign = {0};
	uint8_t both[130];
	struct hash got;
	struct hash expected;

	(void)state;
	pair_of("hpke", &hpke);
	pair_of("sign", &sign);
	memcpy(both, hpke.public_key.bytes, 65);
	memcpy(both + 65, sign.public_key.bytes, 65);
	assert_ok(sha256(bytes_of(both, 130), &expected));
	assert_ok(key_hash_user(&hpke.public_key, &sign.public_key, &got));
	assert_true(hash_equal(&got, &expected));
	assert_ok(sha256(bytes_of(both, 65), &expected));
	assert_ok(key_hash_invitation(&hpke.public_key, &got));
	assert_true(hash_equal(&got, &expected));
}

static int setup(void **state)
{
	(void)state;
	return ok(secret_setup()) && ok(crypto_setup()) ? 0 : 1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_context_is_its_label_with_nul_and_sized_arguments),
		TEST(the_wrapped_key_context_names_everything_in_order),
		TEST(contexts_of_different_things_differ),
		TEST(key_hashes_are_those_of_the_concatenated_keys),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}
