/* SPDX-License-Identifier: Apache-2.0 */
/* Published inclusion and consistency proofs, most of them tampered with.  Rows
 * about a subtree that is empty or does not begin at leaf 0 are counted and left
 * out: the product has no such proofs. */
#include "testing.h"

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "hash.h"
#include "text.h"
#include "tree.h"

static unsigned passed, left_out;

/* Some rows hold short text where a hash should be; padded with zeros they stay
 * equal to themselves and to nothing else. */
static void get_hash(const json_t *value, struct hash *out)
{
	struct buffer raw = {.max = 64};

	memset(out, 0, sizeof *out);
	if (json_is_string(value)) {
		assert_ok(text_from_base64(text_of(json_string_value(value)), &raw));
		assert_true(raw.len <= sizeof *out);
		if (raw.len > 0)
			memcpy(out->bytes, raw.bytes, raw.len);
	}
	buffer_clear(&raw);
}

/* Every number is read as a real: some are past what the parser's integers hold. */
static uint64_t get_size(const json_t *row, const char *name)
{
	const json_t *value = json_object_get(row, name);

	assert_non_null(value);
	double size = json_real_value(value);

	return size < 9.0e18 ? (uint64_t)size : UINT64_MAX;
}

/* A proof holds hashes, or pieces of other lengths which no proof may have. */
static bool get_proof(const json_t *row, struct hash *hashes, size_t *count)
{
	const json_t *proof = json_object_get(row, "proof");

	*count = json_array_size(proof);
	assert_true(*count <= TREE_PROOF_MAX);
	for (size_t i = 0; i < *count; i++) {
		const json_t *piece = json_array_get(proof, i);

		if (json_string_length(piece) != 44)
			return false;
		get_hash(piece, &hashes[i]);
	}
	return true;
}

static struct status check_row(const json_t *row, bool inclusion)
{
	struct hash hashes[TREE_PROOF_MAX], leaf;
	struct tree_head head, old;
	size_t count;

	if (!get_proof(row, hashes, &count))
		return FAIL(ST_CORRUPT);
	const bool subtree = json_object_get(row, "start") != NULL;

	if (inclusion) {
		/* An empty hash is never that of a leaf. */
		if (json_string_length(json_object_get(row, "leafHash")) == 0)
			return FAIL(ST_CORRUPT);
		head.size = get_size(row, subtree ? "end" : "treeSize");
		get_hash(json_object_get(row, "root"), &head.root);
		get_hash(json_object_get(row, "leafHash"), &leaf);
		return tree_verify_inclusion(&head, get_size(row, "leafIdx"), &leaf, hashes, count);
	}
	old.size = get_size(row, subtree ? "end" : "size1");
	head.size = get_size(row, subtree ? "size" : "size2");
	get_hash(json_object_get(row, "root1"), &old.root);
	get_hash(json_object_get(row, "root2"), &head.root);
	return tree_verify_consistency(&old, &head, hashes, count);
}

static void check_file(const char *path, bool inclusion)
{
	json_t *row = json_load_file(path, JSON_DECODE_INT_AS_REAL, NULL);

	assert_non_null(row);
	if (json_object_get(row, "start") != NULL && (get_size(row, "start") != 0 || get_size(row, "end") == 0)) {
		left_out++;
	} else {
		bool refuse = json_is_true(json_object_get(row, "wantErr"));

		if (ok(check_row(row, inclusion)) == refuse)
			fail_msg("%s: %s", path, refuse ? "accepted" : "refused");
		passed++;
	}
	json_decref(row);
}

/* Folders nest three deep at most. */
static void check_folder(const char *path, bool inclusion, unsigned depth)
{
	char name[4096];
	DIR *dir = opendir(path);

	assert_non_null(dir);
	assert_true(depth < 5);
	for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
		size_t len = strlen(e->d_name);

		if (e->d_name[0] == '.')
			continue;
		assert_true(snprintf(name, sizeof name, "%s/%s", path, e->d_name) < (int)sizeof name);
		if (len > 5 && strcmp(e->d_name + len - 5, ".json") == 0)
			check_file(name, inclusion);
		else
			check_folder(name, inclusion, depth + 1);
	}
	closedir(dir);
}

static void check_set(const char *set, bool inclusion, unsigned wanted, unsigned wanted_left_out)
{
	const char *shared = getenv("TACENDA_SHARED");
	char path[4096];
	struct stat there;

	assert_true(snprintf(path, sizeof path, "%s/data/crypto/merkle-rfc6962/%s", shared != NULL ? shared : ".",
			     set) < (int)sizeof path);
	if (stat(path, &there) != 0)
		skip();
	passed = left_out = 0;
	check_folder(path, inclusion, 0);
	assert_int_equal(passed, wanted);
	assert_int_equal(left_out, wanted_left_out);
}

static void agrees_on_inclusion(void **state)
{
	(void)state;
	check_set("inclusion", true, 98, 0);
}

static void agrees_on_consistency(void **state)
{
	(void)state;
	check_set("consistency", false, 98, 0);
}

static void agrees_on_inclusion_in_first_subtrees(void **state)
{
	(void)state;
	check_set("subtreeinclusion", true, 93, 111);
}

static void agrees_on_consistency_of_first_subtrees(void **state)
{
	(void)state;
	check_set("subtreeconsistency", false, 91, 27);
}

int main(void)
{
	if (!ok(crypto_setup()))
		return 1;
	const struct CMUnitTest tests[] = {
		TEST(agrees_on_inclusion),
		TEST(agrees_on_consistency),
		TEST(agrees_on_inclusion_in_first_subtrees),
		TEST(agrees_on_consistency_of_first_subtrees),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
