/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <stdio.h>
#include <string.h>

#include "bundle.h"
#include "forest.h"
#include "hash.h"
#include "savedlog.h"

/* A saved log in memory: every file by its path. */
#define FILES 32
static struct {
	char path[80];
	struct buffer bytes;
} files[FILES];
static size_t file_count;
static struct secret seed;
static struct note_key key;
static struct forest wood;
static uint8_t leaves[FOREST_MAX][LEAF_BYTES];

static struct buffer *file_of(const char *path)
{
	for (size_t i = 0; i < file_count; i++)
		if (strcmp(files[i].path, path) == 0)
			return &files[i].bytes;
	return NULL;
}

static struct buffer *new_file(const char *path)
{
	assert_true(file_count < FILES);
	memcpy(files[file_count].path, path, strlen(path) + 1);
	files[file_count].bytes = (struct buffer){.max = 1 << 16};
	return &files[file_count++].bytes;
}

static struct status load(void *context, const char *path, size_t max, struct buffer *out)
{
	const struct buffer *file = file_of(path);

	(void)context;
	if (file == NULL)
		return FAIL(ST_NOT_FOUND);
	if (file->len > max)
		return FAIL(ST_TOO_BIG);
	return buffer_put(out, buffer_bytes(file));
}
static const struct savedlog_source source = {load, NULL};

static void save_checkpoint(uint64_t size)
{
	struct tree_head head = {.size = size};
	struct buffer *file = file_of("checkpoint");

	if (file == NULL)
		file = new_file("checkpoint");
	file->len = 0;
	forest_hash(wood.leaves, size, &head.root);
	assert_ok(checkpoint_sign(&head, &key, &seed, file));
}

static void save_log(uint64_t size)
{
	struct tile_walk walk = {.size = size};
	struct tile t;

	for (size_t i = 0; i < file_count; i++) {
		buffer_clear(&files[i].bytes);
		files[i].path[0] = '\0';
	}
	file_count = 0;
	wood.size = wood.grown = size;
	memset(wood.known, 0, sizeof wood.known);
	for (uint64_t i = 0; i < size; i++) {
		const struct leaf leaf = {LEAF_READ, LEAF_DONE, 1000 + i / 3, {{(uint8_t)i, (uint8_t)(i >> 8)}}};

		leaf_encode(&leaf, leaves[i]);
		assert_ok(tree_leaf_hash(BYTES_OF(leaves[i]), &wood.leaves[i]));
	}
	save_checkpoint(size);
	while (tile_walk_next(&walk, &t)) {
		struct hash hashes[TILE_WIDTH];

		assert_ok(forest_load(&wood, &t, hashes));
		assert_ok(buffer_put(new_file(tile_print_path(&t).at), bytes_of(hashes, t.width * sizeof *hashes)));
		if (t.level > 0)
			continue;
		t.kind = TILE_ENTRIES;
		struct buffer *file = new_file(tile_print_path(&t).at);

		for (uint64_t i = t.index * 256; i < t.index * 256 + t.width; i++)
			assert_ok(bundle_put(file, BYTES_OF(leaves[i])));
	}
}

static void verifies_whole_logs(void **state)
{
	(void)state;
	static const uint64_t sizes[] = {0, 1, 255, 256, 257, 600, 1024};
	struct savedlog_report report;

	for (size_t i = 0; i < COUNT(sizes); i++) {
		save_log(sizes[i]);
		assert_ok(savedlog_verify(&source, &key, &report));
		assert_true(report.leaves == sizes[i] && report.kinds[LEAF_READ] == sizes[i]);
		assert_true(report.head.size == sizes[i]);
		assert_true(report.last_time == (sizes[i] == 0 ? 0 : 1000 + (sizes[i] - 1) / 3));
		assert_string_equal(report.path, "");
	}
}

static void names_every_damaged_or_missing_file(void **state)
{
	(void)state;
	struct savedlog_report report;

	save_log(600);
	for (size_t i = 0; i < file_count; i++) {
		struct buffer *b = &files[i].bytes;

		for (size_t at = 0; at < b->len; at += 1 + b->len / 97) {
			b->bytes[at] ^= 4;
			struct status s = savedlog_verify(&source, &key, &report);

			b->bytes[at] ^= 4;
			assert_false(ok(s));
			/* What a tile holds is known to be wrong only at the edge as a whole. */
			if (strncmp(files[i].path, "tile/entries", 12) == 0)
				assert_string_equal(report.path, files[i].path);
		}
		b->len--;
		assert_false(ok(savedlog_verify(&source, &key, &report)));
		b->len++;
		files[i].path[0] ^= 1;
		assert_fails(ST_NOT_FOUND, savedlog_verify(&source, &key, &report));
		files[i].path[0] ^= 1;
	}
	assert_ok(savedlog_verify(&source, &key, &report));
}

static void refuses_another_key(void **state)
{
	(void)state;
	AUTO(secret) other_seed = {0};
	struct ed25519_public other_public;
	struct note_key other;
	struct savedlog_report report;

	save_log(3);
	assert_ok(ed25519_new(&other_seed, &other_public));
	assert_ok(note_key_new(note_key_name(&key), NOTE_ED25519, &other_public, &other));
	assert_fails(ST_UNPROVEN, savedlog_verify(&source, &other, &report));
	assert_string_equal(report.path, "checkpoint");
	assert_true(report.head.size == 0);
}

/* Leaves may be served as they were when more had been added. */
static void whole_tiles_serve_for_partial_ones(void **state)
{
	(void)state;
	struct savedlog_report report;

	save_log(512);
	save_checkpoint(300);
	assert_fails(ST_NOT_FOUND, savedlog_verify(&source, &key, &report));
	assert_string_equal(report.path, "tile/1/000");
	struct buffer *edge = new_file("tile/1/000.p/1");

	assert_ok(buffer_put(edge, bytes_of(file_of("tile/1/000.p/2")->bytes, 32)));
	assert_ok(savedlog_verify(&source, &key, &report));
	assert_true(report.leaves == 300);
}

static void refuses_time_that_runs_back(void **state)
{
	(void)state;
	struct savedlog_report report;
	struct leaf leaf;

	save_log(2);
	assert_ok(leaf_parse(BYTES_OF(leaves[0]), &leaf));
	leaf.time += 5000;
	leaf_encode(&leaf, leaves[0]);
	assert_ok(tree_leaf_hash(BYTES_OF(leaves[0]), &wood.leaves[0]));
	memcpy(file_of("tile/0/000.p/2")->bytes, &wood.leaves[0], 32);
	memcpy(file_of("tile/entries/000.p/2")->bytes + 2, leaves[0], LEAF_BYTES);
	save_checkpoint(2);
	assert_fails(ST_CORRUPT, savedlog_verify(&source, &key, &report));
	assert_string_equal(report.path, "tile/entries/000.p/2");
}

static int clear_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < file_count; i++)
		buffer_clear(&files[i].bytes);
	secret_clear(&seed);
	return 0;
}

int main(void)
{
	struct ed25519_public public_key;

	if (!ok(secret_setup()) || !ok(crypto_setup()) || !ok(ed25519_new(&seed, &public_key)) ||
	    !ok(note_key_new(TEXT("vault.example/v1/log"), NOTE_ED25519, &public_key, &key)))
		return 1;
	const struct CMUnitTest tests[] = {
		TEST(verifies_whole_logs),         TEST(names_every_damaged_or_missing_file),
		TEST(refuses_another_key),         TEST(whole_tiles_serve_for_partial_ones),
		TEST(refuses_time_that_runs_back),
	};
	return cmocka_run_group_tests(tests, NULL, clear_files);
}
