/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <string.h>

#include "keywire.h"
#include "limits.h"

#define B(literal) BYTES_LITERAL(literal)
static const uint8_t file[32] = {1};
#define FILE_PROOF ((struct keywire_proof){SLOT_KEY_FILE, {file, sizeof file}})
#define WORDS      ((struct keywire_proof){SLOT_PASSPHRASE, BYTES_LITERAL("words")})

static const struct hash hashes[2] = {{{3}}, {{4}}};
static struct key_name names[2];

static void every_question_comes_back_as_it_was(void **state)
{
	const struct keywire_question questions[] = {
		{.id = KEYWIRE_HELLO, .version = 1},
		{.id = KEYWIRE_CREATE, .create = {TEXT("https://localhost"), TEXT("Klinik Süd"), WORDS}},
		{.id = KEYWIRE_UNSEAL, .unseal = FILE_PROOF},
		{.id = KEYWIRE_GET, .keys = {names, 2}},
		{.id = KEYWIRE_MAKE, .keys = {names, 1}},
		{.id = KEYWIRE_SIGN, .sign = {77, hashes[0], hashes, 2}},
		{.id = KEYWIRE_SIGN, .sign = {1, hashes[0], NULL, 0}},
		{.id = KEYWIRE_IDENTITY},
		{.id = KEYWIRE_RENEW},
		{.id = KEYWIRE_IMPORT, .import = {B("key"), 2, {B("leaf"), B("ca")}}},
		{.id = KEYWIRE_REWRAP},
		{.id = KEYWIRE_STATUS},
		{.id = KEYWIRE_SLOT_ADD, .slot_add = {WORDS, FILE_PROOF}},
		{.id = KEYWIRE_SLOT_REMOVE, .slot_remove = {FILE_PROOF, 3}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(questions); i++) {
		AUTO(buffer) packet = {.max = KEYWIRE_PACKET_MAX};
		AUTO(buffer) again = {.max = KEYWIRE_PACKET_MAX};
		struct keywire_question got;

		assert_ok(keywire_put_question(&packet, &questions[i]));
		assert_ok(keywire_read_question(buffer_bytes(&packet), &got));
		assert_int_equal(got.id, questions[i].id);
		assert_ok(keywire_put_question(&again, &got));
		assert_true(bytes_equal(buffer_bytes(&packet), buffer_bytes(&again)));
		/* Nothing shorter, nothing longer. */
		for (size_t len = 0; len < packet.len; len++)
			assert_fails(ST_INVALID, keywire_read_question(bytes_of(packet.bytes, len), &got));
		assert_ok(buffer_put_u8(&packet, 0));
		assert_fails(ST_INVALID, keywire_read_question(buffer_bytes(&packet), &got));
	}
}

static void a_question_out_of_bounds_is_neither_written_nor_read(void **state)
{
	static uint8_t big[KEYWIRE_CERTIFICATE_MAX + 1];
	static struct key_name many[KEYWIRE_KEYS_MAX + 1];
	struct key_name other = key_name_number(KEY_CA, 0);
	AUTO(buffer) b = {.max = 1u << 20};

	(void)state;
	for (size_t i = 0; i < COUNT(many); i++)
		many[i] = key_name_number(KEY_LOG_YEAR, i);
	const struct keywire_question questions[] = {
		{.id = 0},
		{.id = KEYWIRE_IDS},
		{.id = KEYWIRE_UNSEAL, .unseal = {SLOT_KEY_FILE, {big, 31}}},
		{.id = KEYWIRE_UNSEAL, .unseal = {SLOT_KEY_FILE, {big, KEYWIRE_SECRET_MAX + 1}}},
		{.id = KEYWIRE_UNSEAL, .unseal = {SLOT_PASSPHRASE, {big, 0}}},
		{.id = KEYWIRE_UNSEAL, .unseal = {SLOT_PASSPHRASE, {big, LIMIT_PASSPHRASE + 1}}},
		{.id = KEYWIRE_UNSEAL, .unseal = {0, {big, 40}}},
		{.id = KEYWIRE_UNSEAL, .unseal = {3, {big, 40}}},
		{.id = KEYWIRE_CREATE, .create = {{"", 0}, TEXT("S"), WORDS}},
		{.id = KEYWIRE_CREATE, .create = {TEXT("https://a"), {"", 0}, WORDS}},
		{.id = KEYWIRE_CREATE, .create = {TEXT("https://a"), TEXT("\xff"), WORDS}},
		{.id = KEYWIRE_CREATE, .create = {TEXT("https://a"), {(const char *)big, 5}, WORDS}},
		{.id = KEYWIRE_GET, .keys = {many, 0}},
		{.id = KEYWIRE_GET, .keys = {many, KEYWIRE_KEYS_MAX + 1}},
		{.id = KEYWIRE_MAKE, .keys = {&other, 1}},
		{.id = KEYWIRE_SIGN, .sign = {1, hashes[0], hashes, KEYWIRE_PROOF_MAX + 1}},
		{.id = KEYWIRE_IMPORT, .import = {{big, 0}, 1, {B("c")}}},
		{.id = KEYWIRE_IMPORT, .import = {{big, KEYWIRE_PRIVATE_MAX + 1}, 1, {B("c")}}},
		{.id = KEYWIRE_IMPORT, .import = {B("k"), 0, {B("c")}}},
		{.id = KEYWIRE_IMPORT, .import = {B("k"), KEYWIRE_CHAIN_MAX + 1, {B("c")}}},
		{.id = KEYWIRE_IMPORT, .import = {B("k"), 1, {{big, sizeof big}}}},
		{.id = KEYWIRE_IMPORT, .import = {B("k"), 2, {B("c"), {big, 0}}}},
	};
	for (size_t i = 0; i < COUNT(questions); i++) {
		assert_fails(ST_INVALID, keywire_put_question(&b, &questions[i]));
		assert_int_equal(b.len, 0);
	}
}

static void the_largest_messages_fit_a_packet(void **state)
{
	static struct key_name many[KEYWIRE_KEYS_MAX];
	AUTO(buffer) b = {.max = KEYWIRE_PACKET_MAX};

	(void)state;
	for (size_t i = 0; i < COUNT(many); i++)
		many[i] = key_name_number(KEY_LOG_YEAR, i);
	const struct keywire_question get = {.id = KEYWIRE_GET, .keys = {many, COUNT(many)}};
	assert_ok(keywire_put_question(&b, &get));
	assert_true(3 + 2 + KEYWIRE_KEYS_MAX * KEYWIRE_GET_STEP <= KEYWIRE_PACKET_MAX);
	assert_true(3 + 18 + 4 + KEYWIRE_PRIVATE_MAX + (KEYWIRE_CHAIN_MAX + 1) * (KEYWIRE_CERTIFICATE_MAX + 4) <=
		    KEYWIRE_PACKET_MAX);
}

static void every_answer_comes_back_as_it_was(void **state)
{
	const struct keywire_answer answers[] = {
		{.id = KEYWIRE_HELLO, .hello = {1, KEYWIRE_SEALED}},
		{.id = KEYWIRE_CREATE},
		{.id = KEYWIRE_SIGN, .note = B("note\n")},
		{.id = KEYWIRE_IDENTITY, .identity = {TLS_OWN_CA, 1, 2, B("ca"), {B("k"), 1, {B("c")}}}},
		{.id = KEYWIRE_RENEW, .identity = {TLS_IMPORTED, 1, 0, B(""), {B("k"), 2, {B("c"), B("d")}}}},
		{.id = KEYWIRE_REWRAP, .night = 12},
		{.id = KEYWIRE_STATUS,
		 .about = {.state = KEYWIRE_OPEN,
			   .night = 3,
			   .rewrap = REWRAP_FAILED,
			   .rewrap_failure = {ST_UNREACHABLE, REASON_HOLDER},
			   .old_night_remains = true,
			   .slot_count = 2,
			   .slots = {{SLOT_PASSPHRASE, 5}, {SLOT_KEY_FILE, 6}},
			   .keys = {0, 1, 2, 3, 4, 5, 6, 7},
			   .origin = TEXT("https://localhost")}},
		{.id = KEYWIRE_SLOT_ADD, .slots = 8},
		{.id = KEYWIRE_GET, .status = {ST_CORRUPT, REASON_ROW}},
		{.id = KEYWIRE_UNSEAL, .status = {ST_UNPROVEN, NULL}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(answers); i++) {
		AUTO(buffer) packet = {.max = KEYWIRE_PACKET_MAX};
		AUTO(buffer) again = {.max = KEYWIRE_PACKET_MAX};
		struct keywire_answer got;

		assert_ok(keywire_put_answer(&packet, &answers[i]));
		assert_ok(keywire_read_answer(buffer_bytes(&packet), &got));
		assert_int_equal(got.id, answers[i].id);
		assert_int_equal(got.status.code, answers[i].status.code);
		assert_ptr_equal(got.status.what, keywire_reason(keywire_reason_number(answers[i].status.what)));
		assert_ok(keywire_put_answer(&again, &got));
		assert_true(bytes_equal(buffer_bytes(&packet), buffer_bytes(&again)));
		for (size_t len = 0; len < packet.len; len++)
			assert_fails(ST_INVALID, keywire_read_answer(bytes_of(packet.bytes, len), &got));
	}
}

static void keys_follow_their_count(void **state)
{
	static const enum keywire_id ids[] = {KEYWIRE_GET, KEYWIRE_MAKE};
	static const uint8_t keys[2 * KEYWIRE_GET_STEP];

	(void)state;
	for (size_t i = 0; i < COUNT(ids); i++) {
		size_t step = ids[i] == KEYWIRE_GET ? KEYWIRE_GET_STEP : KEYWIRE_MAKE_STEP;
		const struct keywire_answer a = {.id = ids[i], .keys = {.count = 2}};
		AUTO(buffer) b = {.max = KEYWIRE_PACKET_MAX};
		struct keywire_answer got;

		assert_ok(keywire_put_answer(&b, &a));
		assert_fails(ST_INVALID, keywire_read_answer(buffer_bytes(&b), &got));
		assert_ok(buffer_put(&b, bytes_of(keys, 2 * step)));
		assert_ok(keywire_read_answer(buffer_bytes(&b), &got));
		assert_int_equal(got.keys.count, 2);
		assert_ptr_equal(got.keys.at, b.bytes + b.len - 2 * step);
	}
}

static void a_reason_is_a_literal_of_ours_or_nothing(void **state)
{
	uint8_t packet[3] = {KEYWIRE_GET | KEYWIRE_ANSWER, ST_IO, 255};
	struct keywire_answer got;

	(void)state;
	assert_null(keywire_reason(0));
	assert_null(keywire_reason(255));
	assert_int_equal(keywire_reason_number(NULL), 0);
	assert_int_equal(keywire_reason_number("text from outside"), 0);
	for (unsigned n = 1; n < 255 && keywire_reason((uint8_t)n) != NULL; n++)
		assert_int_equal(keywire_reason_number(keywire_reason((uint8_t)n)), n);
	assert_fails(ST_INVALID, keywire_read_answer(BYTES_OF(packet), &got));
	packet[2] = 0;
	packet[1] = ST_IO + 1;
	assert_fails(ST_INVALID, keywire_read_answer(BYTES_OF(packet), &got));
	packet[1] = ST_IO;
	packet[0] = KEYWIRE_GET;
	assert_fails(ST_INVALID, keywire_read_answer(BYTES_OF(packet), &got));
}

static void names_are_as_the_key_store_has_them(void **state)
{
	static const uint8_t year[17] = {3, [15] = 0x07, [16] = 0xea};
	const struct key_name name = key_name_number(KEY_LOG_YEAR, 2026);

	(void)state;
	assert_memory_equal(name.bytes, year, sizeof year);
	assert_int_equal(key_name_scope(&name), KEY_LOG_YEAR);
	const struct patient_id id = {{{0xaa, [15] = 0xbb}}};
	const struct key_name patient = key_name_patient(&id);
	assert_int_equal(patient.bytes[0], 1);
	assert_memory_equal(patient.bytes + 1, id.uuid.bytes, 16);
	assert_false(key_name_equal(&name, &patient));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_question_comes_back_as_it_was),
		TEST(a_question_out_of_bounds_is_neither_written_nor_read),
		TEST(the_largest_messages_fit_a_packet),
		TEST(every_answer_comes_back_as_it_was),
		TEST(keys_follow_their_count),
		TEST(a_reason_is_a_literal_of_ours_or_nothing),
		TEST(names_are_as_the_key_store_has_them),
	};

	names[0] = key_name_number(KEY_SITE_ROWS, 0);
	names[1] = key_name_number(KEY_LOG_YEAR, 2026);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
