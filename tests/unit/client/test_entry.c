/* SPDX-License-Identifier: Apache-2.0 */
/* Opened entries against their leaf: nothing shown that the leaf does not commit to (PROMISES#B2, PROMISES#K10). */
#include "testing.h"

#include <string.h>

#include "entry.h"
#include "hash.h"

static uint8_t leaf_bytes[LEAF_BYTES];
static struct buffer actor, subject;
static struct hash actor_nonce, subject_nonce, actor_hash, subject_hash;
static struct entry entry;

static int setup(void **state)
{
	const struct piece_actor a = {.user = {{{1}}}, .client = TEXT("tacenda"), .sequence = 3, .previous = {{5}}};
	const struct piece_subject s = {.kind = PIECE_USER, .id = {{2}}, .sequence = 4, .previous = {{6}}};
	struct leaf leaf = {.kind = LEAF_READ, .result = LEAF_DONE, .time = 1700000000000ull};

	(void)state;
	assert_ok(crypto_setup());
	actor = (struct buffer){.max = PIECE_MAX};
	subject = (struct buffer){.max = PIECE_MAX};
	memset(actor_nonce.bytes, 7, sizeof actor_nonce.bytes);
	memset(subject_nonce.bytes, 8, sizeof subject_nonce.bytes);
	assert_ok(piece_put_actor(&actor, &a));
	assert_ok(piece_put_subject(&subject, &s));
	assert_ok(piece_digest(&actor_nonce, buffer_bytes(&actor), &actor_hash));
	assert_ok(piece_digest(&subject_nonce, buffer_bytes(&subject), &subject_hash));
	assert_ok(leaf_commit(&actor_hash, &subject_hash, &leaf.commitment));
	leaf_encode(&leaf, leaf_bytes);
	entry = (struct entry){.index = 9,
			       .leaf = BYTES_OF(leaf_bytes),
			       .actor = {hash_bytes(&actor_nonce), buffer_bytes(&actor)},
			       .subject = {hash_bytes(&subject_nonce), buffer_bytes(&subject)}};
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	buffer_clear(&actor);
	buffer_clear(&subject);
	return 0;
}

static void both_pieces_open(void **state)
{
	struct entry_read read;

	(void)state;
	assert_ok(entry_check(&entry, &read));
	assert_true(read.has_actor && read.has_subject);
	assert_int_equal(read.actor.sequence, 3);
	assert_int_equal(read.subject.sequence, 4);
	assert_int_equal(read.leaf.kind, LEAF_READ);
}

static void a_digest_may_stand_for_a_piece(void **state)
{
	struct entry_read read;

	(void)state;
	entry.actor = (struct entry_opening){0};
	assert_fails(ST_CORRUPT, entry_check(&entry, &read));
	entry.actor_hash = hash_bytes(&actor_hash);
	assert_ok(entry_check(&entry, &read));
	assert_false(read.has_actor);
	entry.subject = (struct entry_opening){0};
	entry.subject_hash = hash_bytes(&subject_hash);
	assert_ok(entry_check(&entry, &read));
	entry.subject_hash = hash_bytes(&actor_hash);
	assert_fails(ST_CORRUPT, entry_check(&entry, &read));
}

static void every_changed_bit_is_noticed(void **state)
{
	struct entry_read read;

	(void)state;
	for (size_t i = 0; i < 8 * actor.len; i++) {
		actor.bytes[i / 8] ^= (uint8_t)(1u << i % 8);
		assert_fails(ST_CORRUPT, entry_check(&entry, &read));
		actor.bytes[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	for (size_t i = 0; i < 8 * subject.len; i++) {
		subject.bytes[i / 8] ^= (uint8_t)(1u << i % 8);
		assert_fails(ST_CORRUPT, entry_check(&entry, &read));
		subject.bytes[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	actor_nonce.bytes[0] ^= 1;
	assert_fails(ST_CORRUPT, entry_check(&entry, &read));
	actor_nonce.bytes[0] ^= 1;
	leaf_bytes[LEAF_BYTES - 1] ^= 1;
	assert_fails(ST_CORRUPT, entry_check(&entry, &read));
}

static void pieces_do_not_stand_for_each_other(void **state)
{
	struct entry_opening kept = entry.actor;
	struct entry_read read;

	(void)state;
	entry.actor = entry.subject;
	entry.subject = kept;
	assert_fails(ST_CORRUPT, entry_check(&entry, &read));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define EACH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		EACH(both_pieces_open),
		EACH(a_digest_may_stand_for_a_piece),
		EACH(every_changed_bit_is_noticed),
		EACH(pieces_do_not_stand_for_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
