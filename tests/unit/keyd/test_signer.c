/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <string.h>

#include "scene.h"

#define LEAVES 40

/* A log of numbered leaves, and another one that forks at leaf 20. */
static struct hash leaves[2][LEAVES];

static struct status read_node(void *context, unsigned height, uint64_t index, struct hash *out)
{
	const struct hash *log = context;
	struct hash scratch[LEAVES];
	size_t count = (size_t)1 << height;

	memcpy(scratch, log + index * count, count * sizeof *scratch);
	return tree_fold(scratch, count, out);
}

static struct tree_head head_of(int log, uint64_t size)
{
	const struct tree_reader reader = {read_node, leaves[log]};
	struct tree_head head = {.size = size};

	assert_ok(tree_root(&reader, size, &head.root));
	return head;
}

static struct status sign_with(struct keeper *k, int log, uint64_t from, uint64_t size, struct buffer *out)
{
	const struct tree_reader reader = {read_node, leaves[log]};
	const struct tree_head head = head_of(log, size);
	struct tree_proof proof = {0};

	if (from > 0 && from < size)
		assert_ok(tree_prove_consistency(&reader, from, size, &proof));
	return signer_sign(&k->signer, &head, proof.hashes, proof.count, out);
}

static int fresh(void **state)
{
	static struct folder f;
	struct keeper k;

	folder_make(&f);
	assert_ok(scene_create(&os_real, &f, &k));
	keeper_seal(&k);
	*state = &f;
	for (uint8_t log = 0; log < 2; log++)
		for (uint8_t i = 0; i < LEAVES; i++) {
			uint8_t leaf[2] = {log == 1 && i >= 20, i};

			assert_ok(tree_leaf_hash(BYTES_OF(leaf), &leaves[log][i]));
		}
	return 0;
}

static int gone(void **state)
{
	folder_remove(*state);
	return 0;
}

static void a_verifier_accepts_what_it_signs(void **state)
{
	struct keeper k;
	struct note_key key;
	struct checkpoint got;
	AUTO(buffer) note = {.max = KEYWIRE_NOTE_MAX};
	const struct tree_head head = head_of(0, 7);

	assert_ok(scene_open(&os_real, *state, &k));
	assert_ok(sign_with(&k, 0, 0, 7, &note));
	assert_ok(note_key_new(TEXT("vault.clinic.example:8443/v1/log"), NOTE_ED25519, &k.log_key, &key));
	assert_ok(checkpoint_open(buffer_bytes(&note), &key, &got));
	assert_int_equal(got.head.size, 7);
	assert_true(hash_equal(&got.head.root, &head.root));
	keeper_seal(&k);
}

static void signs_every_extension(void **state)
{
	struct keeper k;

	assert_ok(scene_open(&os_real, *state, &k));
	for (uint64_t size = 1, last = 0; size <= LEAVES; last = size, size += 1 + size % 3) {
		AUTO(buffer) note = {.max = KEYWIRE_NOTE_MAX};
		AUTO(buffer) again = {.max = KEYWIRE_NOTE_MAX};

		assert_ok(sign_with(&k, 0, last, size, &note));
		/* The same again needs no proof and gives the same. */
		assert_ok(sign_with(&k, 0, size, size, &again));
		assert_true(bytes_equal(buffer_bytes(&note), buffer_bytes(&again)));
	}
	keeper_seal(&k);
}

/* PROMISES#B2: neither fork, nor rollback, nor a proof that proves nothing, before or after a restart. */
static void refuses_everything_else(void **state)
{
	struct keeper k;
	AUTO(buffer) note = {.max = KEYWIRE_NOTE_MAX};
	const struct tree_head longer = head_of(0, 35);
	struct tree_head other = head_of(0, 30);

	assert_ok(scene_open(&os_real, *state, &k));
	assert_ok(sign_with(&k, 0, 0, 30, &note));
	for (int restart = 0; restart < 2; restart++) {
		size_t before = note.len;
		struct status s = sign_with(&k, 0, 10, 29, &note);
		assert_int_equal(s.code, ST_CORRUPT);
		assert_string_equal(s.what, REASON_SMALLER);
		s = sign_with(&k, 1, 30, 30, &note);
		assert_int_equal(s.code, ST_CORRUPT);
		assert_string_equal(s.what, REASON_OTHER_ROOT);
		s = sign_with(&k, 1, 30, 35, &note);
		assert_int_equal(s.code, ST_CORRUPT);
		assert_string_equal(s.what, REASON_NOT_EXTENDED);
		/* The right tree with no proof, or that of another step. */
		assert_fails(ST_CORRUPT, signer_sign(&k.signer, &longer, NULL, 0, &note));
		assert_fails(ST_CORRUPT, sign_with(&k, 0, 29, 35, &note));
		/* Hashes with the same size are too many. */
		assert_fails(ST_CORRUPT, signer_sign(&k.signer, &other, &longer.root, 1, &note));
		other.size = UINT64_MAX;
		assert_fails(ST_CORRUPT, signer_sign(&k.signer, &other, NULL, 0, &note));
		other.size = 30;
		assert_int_equal(note.len, before);
		assert_int_equal(k.signer.last.size, 30);
		keeper_seal(&k);
		assert_ok(scene_open(&os_real, *state, &k));
	}
	assert_ok(sign_with(&k, 0, 30, 35, &note));
	keeper_seal(&k);
}

static void the_first_one_is_not_empty_and_needs_no_proof(void **state)
{
	struct keeper k;
	AUTO(buffer) note = {.max = KEYWIRE_NOTE_MAX};
	const struct tree_head empty = {0}, one = head_of(0, 1);

	assert_ok(scene_open(&os_real, *state, &k));
	assert_fails(ST_CORRUPT, signer_sign(&k.signer, &empty, NULL, 0, &note));
	assert_fails(ST_CORRUPT, signer_sign(&k.signer, &one, &one.root, 1, &note));
	assert_ok(signer_sign(&k.signer, &one, NULL, 0, &note));
	keeper_seal(&k);
}

static void the_last_head_survives_a_night(void **state)
{
	struct keeper k;
	AUTO(buffer) note = {.max = KEYWIRE_NOTE_MAX};

	assert_ok(scene_open(&os_real, *state, &k));
	assert_ok(sign_with(&k, 0, 0, 12, &note));
	assert_ok(scene_rewrap(&k));
	keeper_seal(&k);
	assert_ok(scene_open(&os_real, *state, &k));
	assert_int_equal(k.signer.last.size, 12);
	assert_ok(sign_with(&k, 0, 12, 13, &note));
	keeper_seal(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_verifier_accepts_what_it_signs, fresh, gone),
		cmocka_unit_test_setup_teardown(signs_every_extension, fresh, gone),
		cmocka_unit_test_setup_teardown(refuses_everything_else, fresh, gone),
		cmocka_unit_test_setup_teardown(the_first_one_is_not_empty_and_needs_no_proof, fresh, gone),
		cmocka_unit_test_setup_teardown(the_last_head_survives_a_night, fresh, gone),
	};

	return scene_setup() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
