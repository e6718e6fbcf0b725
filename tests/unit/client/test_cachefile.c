/* SPDX-License-Identifier: Apache-2.0 */
/* The sealed cache: what was kept comes back whole, or not at all (PROMISES#S2, PROMISES#K7). */
#include "home_fixture.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cachefile.h"
#include "keyholder_local.h"

/* "TCF2", the save's id, the count. */
#define HEAD ((size_t)4 + 16 + 4)

static struct home home;
static struct keyholder holder;
static struct cachefile cache;

static int setup(void **state)
{
	(void)fixture_setup(state);
	home_new(&home);
	assert_ok(keyholder_local_open(&os_real, home.fd, BYTES_LITERAL(HOME_PASSPHRASE), &holder));
	cache = (struct cachefile){&os_real, home.fd, &holder, "patients"};
	return 0;
}

/* Whether it is there or not. */
static void drop_raw(const char *name)
{
	int folder;

	assert_ok(os_open_dir(&os_real, home.fd, "cache", true, &folder));
	(void)unlinkat(folder, name, 0);
	close(folder);
}

static int teardown(void **state)
{
	(void)state;
	keyholder_clear(&holder);
	drop_raw(cache.name);
	(void)unlinkat(home.fd, "cache", AT_REMOVEDIR);
	home_clear(&home);
	return 0;
}

/** Its bytes as they lie in the folder. */
static void load_raw(const char *name, struct buffer *out)
{
	int folder;

	assert_ok(os_open_dir(&os_real, home.fd, "cache", true, &folder));
	assert_ok(os_load(&os_real, folder, name, out->max, out));
	close(folder);
}

static void save_raw(const char *name, struct bytes raw)
{
	int folder;

	assert_ok(os_open_dir(&os_real, home.fd, "cache", true, &folder));
	assert_ok(os_save(&os_real, folder, name, raw));
	close(folder);
}

static struct status load(struct buffer *out)
{
	out->len = 0;
	return cachefile_load(&cache, out);
}

static void what_was_saved_comes_back(void **state)
{
	static const size_t sizes[] = {
		0, 1, 1000, KEYHOLDER_BLOCK_MAX - 256, KEYHOLDER_BLOCK_MAX, 3 * KEYHOLDER_BLOCK_MAX + 17};
	AUTO(buffer) out = {.max = 8 * KEYHOLDER_BLOCK_MAX, .wipe = true};

	(void)state;
	assert_fails(ST_NOT_FOUND, load(&out));
	for (size_t i = 0; i < COUNT(sizes); i++) {
		uint8_t *plain = calloc(1, sizes[i] + 1);
		assert_non_null(plain);
		memset(plain, (int)(i + 'a'), sizes[i]);
		assert_ok(cachefile_save(&cache, bytes_of(plain, sizes[i])));
		assert_ok(load(&out));
		assert_true(bytes_equal(buffer_bytes(&out), bytes_of(plain, sizes[i])));
		free(plain);
	}
	drop_raw(cache.name);
	assert_fails(ST_NOT_FOUND, load(&out));
}

static void every_changed_byte_is_noticed(void **state)
{
	AUTO(buffer) raw = {.max = 4096}, out = {.max = 65536, .wipe = true};

	(void)state;
	assert_ok(cachefile_save(&cache, BYTES_LITERAL("CACHE-CANARY of names")));
	load_raw("patients", &raw);
	assert_null(memmem(raw.bytes, raw.len, "CANARY", 6));
	for (size_t i = 0; i < raw.len; i++) {
		raw.bytes[i] ^= (uint8_t)(1u << i % 8);
		save_raw("patients", buffer_bytes(&raw));
		assert_fails(ST_CORRUPT, load(&out));
		assert_int_equal(out.len, 0);
		raw.bytes[i] ^= (uint8_t)(1u << i % 8);
	}
	for (size_t len = 0; len < raw.len; len++) {
		save_raw("patients", bytes_of(raw.bytes, len));
		assert_fails(ST_CORRUPT, load(&out));
	}
	assert_ok(buffer_put_u8(&raw, 0));
	save_raw("patients", buffer_bytes(&raw));
	assert_fails(ST_CORRUPT, load(&out));
	raw.len--;
	save_raw("patients", buffer_bytes(&raw));
	assert_ok(load(&out));
}

static void another_file_is_none(void **state)
{
	AUTO(buffer) raw = {.max = 4096}, out = {.max = 65536, .wipe = true};

	(void)state;
	assert_ok(cachefile_save(&cache, BYTES_LITERAL("patients")));
	load_raw("patients", &raw);
	cache.name = "directory";
	save_raw("directory", buffer_bytes(&raw));
	assert_fails(ST_CORRUPT, load(&out));
	drop_raw(cache.name);
	cache.name = "patients";
}

static void blocks_moved_or_missing_are_noticed(void **state)
{
	const size_t block = KEYHOLDER_BLOCK_MAX - 256;
	AUTO(buffer) raw = {.max = 8 * KEYHOLDER_BLOCK_MAX}, moved = {.max = 8 * KEYHOLDER_BLOCK_MAX};
	AUTO(buffer) out = {.max = 8 * KEYHOLDER_BLOCK_MAX, .wipe = true};
	uint8_t *plain = calloc(2, block);

	(void)state;
	assert_non_null(plain);
	memset(plain, 'a', block);
	assert_ok(cachefile_save(&cache, bytes_of(plain, 2 * block)));
	free(plain);
	load_raw("patients", &raw);
	const size_t sealed = (raw.len - HEAD) / 2;
	assert_ok(buffer_put(&moved, bytes_of(raw.bytes, HEAD)));
	assert_ok(buffer_put(&moved, bytes_of(raw.bytes + HEAD + sealed, sealed)));
	assert_ok(buffer_put(&moved, bytes_of(raw.bytes + HEAD, sealed)));
	save_raw("patients", buffer_bytes(&moved));
	assert_fails(ST_CORRUPT, load(&out));
	/* One block and a count of one. */
	moved.len = 0;
	assert_ok(buffer_put(&moved, bytes_of(raw.bytes, HEAD + sealed)));
	moved.bytes[HEAD - 1] = 1;
	save_raw("patients", buffer_bytes(&moved));
	assert_fails(ST_CORRUPT, load(&out));
	assert_int_equal(out.len, 0);
}

/* Whoever writes the disk has every save there ever was: he may put an old one back, but not make one of two. */
static void blocks_of_two_saves_are_not_mixed(void **state)
{
	const size_t block = KEYHOLDER_BLOCK_MAX - 256;
	AUTO(buffer) first = {.max = 8 * KEYHOLDER_BLOCK_MAX}, second = {.max = 8 * KEYHOLDER_BLOCK_MAX};
	AUTO(buffer) mixed = {.max = 8 * KEYHOLDER_BLOCK_MAX}, out = {.max = 8 * KEYHOLDER_BLOCK_MAX, .wipe = true};
	uint8_t *plain = calloc(2, block);

	(void)state;
	assert_non_null(plain);
	assert_ok(cachefile_save(&cache, bytes_of(plain, 2 * block)));
	load_raw("patients", &first);
	memset(plain, 'b', 2 * block);
	assert_ok(cachefile_save(&cache, bytes_of(plain, 2 * block)));
	free(plain);
	load_raw("patients", &second);
	assert_int_equal(first.len, second.len);
	const size_t half = HEAD + (first.len - HEAD) / 2;
	assert_ok(buffer_put(&mixed, bytes_of(second.bytes, half)));
	assert_ok(buffer_put(&mixed, bytes_of(first.bytes + half, first.len - half)));
	save_raw("patients", buffer_bytes(&mixed));
	assert_fails(ST_CORRUPT, load(&out));
	assert_int_equal(out.len, 0);
	/* The id of the other save under the same blocks. */
	memcpy(mixed.bytes, first.bytes, HEAD);
	save_raw("patients", buffer_bytes(&mixed));
	assert_fails(ST_CORRUPT, load(&out));
	save_raw("patients", buffer_bytes(&first));
	assert_ok(load(&out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define EACH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		EACH(what_was_saved_comes_back),
		EACH(every_changed_byte_is_noticed),
		EACH(another_file_is_none),
		EACH(blocks_moved_or_missing_are_noticed),
		EACH(blocks_of_two_saves_are_not_mixed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
