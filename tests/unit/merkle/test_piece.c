/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <string.h>

#include "hash.h"
#include "piece.h"

static const uint8_t address[16] = {0xfe, 0x80, 1};

static struct piece_actor some_actor(void)
{
	struct piece_actor p = {
		.address = BYTES_OF(address),
		.client = TEXT("tacenda/0.1.0 (linux)"),
		.sequence = 7,
		.detail = TEXT("second factor: passkey"),
	};

	p.user.uuid.bytes[0] = 1;
	p.session.uuid.bytes[1] = 2;
	p.device.uuid.bytes[2] = 3;
	p.previous.bytes[3] = 4;
	return p;
}

static struct piece_subject some_subject(void)
{
	struct piece_subject p = {.kind = PIECE_PATIENT, .sequence = 9, .version = 2, .detail = TEXT("")};

	p.id.bytes[0] = 1;
	p.previous.bytes[1] = 2;
	p.statement.bytes[2] = 3;
	p.record.uuid.bytes[3] = 4;
	return p;
}

static void round_trips_every_field(void **state)
{
	(void)state;
	AUTO(buffer) b = {.max = PIECE_MAX};
	const struct piece_actor a = some_actor();
	const struct piece_subject s = some_subject();
	struct piece_actor actor;
	struct piece_subject subject;

	assert_ok(piece_put_actor(&b, &a));
	assert_int_equal(b.len, 4 + 16 + 4 + 16 + 4 + 16 + 4 + 16 + 4 + 21 + 4 + 8 + 4 + 32 + 4 + 22);
	assert_ok(piece_parse_actor(buffer_bytes(&b), &actor));
	assert_memory_equal(&actor.user, &a.user, 16);
	assert_memory_equal(&actor.session, &a.session, 16);
	assert_memory_equal(&actor.device, &a.device, 16);
	assert_true(bytes_equal(actor.address, a.address) && text_equal(actor.client, a.client));
	assert_true(actor.sequence == 7 && hash_equal(&actor.previous, &a.previous));
	assert_true(text_equal(actor.detail, a.detail));
	b.len = 0;
	assert_ok(piece_put_subject(&b, &s));
	assert_int_equal(b.len, 1 + 4 + 16 + 4 + 8 + 4 + 32 + 4 + 32 + 4 + 20 + 4);
	assert_ok(piece_parse_subject(buffer_bytes(&b), &subject));
	assert_int_equal(subject.kind, PIECE_PATIENT);
	assert_memory_equal(&subject.id, &s.id, 16);
	assert_true(subject.sequence == 9 && hash_equal(&subject.previous, &s.previous));
	assert_true(hash_equal(&subject.statement, &s.statement) && subject.version == 2);
	assert_memory_equal(&subject.record, &s.record, 16);
}

static void a_stranger_has_no_chain(void **state)
{
	(void)state;
	AUTO(buffer) b = {.max = PIECE_MAX};
	struct piece_actor p = {.address = bytes_of(address, 4), .client = TEXT(""), .detail = TEXT("")}, got;

	assert_ok(piece_put_actor(&b, &p));
	assert_int_equal(b.len, 3 * 4 + 4 + 4 + 4 + 4 + 8 + 4 + 32 + 4);
	assert_ok(piece_parse_actor(buffer_bytes(&b), &got));
	assert_true(uuid_is_zero(&got.user.uuid) && got.address.len == 4);
	p.sequence = 1;
	assert_fails(ST_INVALID, piece_put_actor(&b, &p));
	p.previous.bytes[0] = 1;
	assert_fails(ST_INVALID, piece_put_actor(&b, &p));
	p.user.uuid.bytes[0] = 1;
	assert_ok(piece_put_actor(&b, &p));
	p.sequence = 0;
	assert_fails(ST_INVALID, piece_put_actor(&b, &p));
}

static void refuses_values_no_actor_has(void **state)
{
	(void)state;
	static char longest[PIECE_DETAIL_MAX + 1];
	AUTO(buffer) b = {.max = PIECE_MAX};
	struct piece_actor p = some_actor();

	memset(longest, 'a', sizeof longest);
	p.address.len = 5;
	assert_fails(ST_INVALID, piece_put_actor(&b, &p));
	p = some_actor();
	p.client = (struct text){longest, PIECE_CLIENT_MAX + 1};
	assert_fails(ST_INVALID, piece_put_actor(&b, &p));
	p.client = TEXT("\xff");
	assert_fails(ST_INVALID, piece_put_actor(&b, &p));
	p = some_actor();
	p.detail = (struct text){longest, PIECE_DETAIL_MAX + 1};
	assert_fails(ST_INVALID, piece_put_actor(&b, &p));
	assert_int_equal(b.len, 0);
	p.detail.len = PIECE_DETAIL_MAX;
	p.client = (struct text){longest, PIECE_CLIENT_MAX};
	assert_ok(piece_put_actor(&b, &p));
	assert_true(b.len <= PIECE_MAX);
}

static void refuses_values_no_subject_has(void **state)
{
	(void)state;
	AUTO(buffer) b = {.max = PIECE_MAX};
	struct piece_subject p = some_subject();

	p.id = (struct uuid){{0}};
	assert_fails(ST_INVALID, piece_put_subject(&b, &p));
	p.kind = PIECE_SITE;
	assert_ok(piece_put_subject(&b, &p));
	p.kind = PIECE_NONE;
	assert_fails(ST_INVALID, piece_put_subject(&b, &p));
	p.sequence = 0;
	p.previous = (struct hash){{0}};
	assert_ok(piece_put_subject(&b, &p));
	p.id.bytes[0] = 1;
	assert_fails(ST_INVALID, piece_put_subject(&b, &p));
	p = some_subject();
	p.version = 0;
	assert_fails(ST_INVALID, piece_put_subject(&b, &p));
	p = some_subject();
	p.record = (struct record_id){0};
	assert_fails(ST_INVALID, piece_put_subject(&b, &p));
}

/* Cut anywhere, or longer: refused.  Changed anywhere: refused, or it says so. */
static void refuses_every_other_length(void **state)
{
	(void)state;
	AUTO(buffer) b = {.max = PIECE_MAX}, again = {.max = PIECE_MAX};
	const struct piece_actor a = some_actor();
	const struct piece_subject s = some_subject();
	struct piece_actor actor;
	struct piece_subject subject;

	assert_ok(piece_put_actor(&b, &a));
	for (size_t len = 0; len < b.len; len++)
		assert_fails(ST_INVALID, piece_parse_actor(bytes_of(b.bytes, len), &actor));
	assert_ok(buffer_put_u8(&b, 0));
	assert_fails(ST_INVALID, piece_parse_actor(buffer_bytes(&b), &actor));
	b.len = 0;
	assert_ok(piece_put_subject(&b, &s));
	for (size_t len = 0; len < b.len; len++)
		assert_fails(ST_INVALID, piece_parse_subject(bytes_of(b.bytes, len), &subject));
	for (size_t i = 0; i < b.len; i++) {
		b.bytes[i] ^= 0x40;
		again.len = 0;
		if (ok(piece_parse_subject(buffer_bytes(&b), &subject))) {
			assert_ok(piece_put_subject(&again, &subject));
			assert_true(bytes_equal(buffer_bytes(&b), buffer_bytes(&again)));
		}
		b.bytes[i] ^= 0x40;
	}
	assert_ok(buffer_put_u8(&b, 0));
	assert_fails(ST_INVALID, piece_parse_subject(buffer_bytes(&b), &subject));
}

static void the_digest_needs_the_nonce(void **state)
{
	(void)state;
	struct hash nonce = {{1}}, digest, wanted;
	uint8_t both[35] = {1};

	memcpy(both + 32, "abc", 3);
	assert_ok(sha256(BYTES_OF(both), &wanted));
	assert_ok(piece_digest(&nonce, BYTES_LITERAL("abc"), &digest));
	assert_true(hash_equal(&digest, &wanted));
}

int main(void)
{
	if (!ok(crypto_setup()))
		return 1;
	const struct CMUnitTest tests[] = {
		TEST(round_trips_every_field),     TEST(a_stranger_has_no_chain),
		TEST(refuses_values_no_actor_has), TEST(refuses_values_no_subject_has),
		TEST(refuses_every_other_length),  TEST(the_digest_needs_the_nonce),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
