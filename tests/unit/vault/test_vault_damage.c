/* SPDX-License-Identifier: Apache-2.0 */
/* PROMISES#S2: a damaged object is refused before its first byte leaves. */
#include "testing.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "chest.h"
#include "clock.h"
#include "limits.h"

#define FLIPS 200

static const size_t sizes[] = {4097, 16384, 100000, 262144, 262145, 700000};

static void load(uint8_t n, struct buffer *out)
{
	char name[96];

	chest_file(n, name);
	out->len = 0;
	assert_ok(os_load(&os_real, chest.rig.dir, name, out->max, out));
}

static void save(uint8_t n, struct bytes bytes)
{
	char name[96];

	chest_file(n, name);
	int fd = os_real.open(chest.rig.dir, name, O_WRONLY | O_TRUNC, 0);
	assert_true(fd >= 0);
	assert_ok(os_write_all(&os_real, fd, bytes, 0));
	close(fd);
}

/* Refused, and not one byte before that. */
static void assert_refused(uint8_t n, size_t len)
{
	AUTO(row) row = {0};
	AUTO(vault_reader) reader = {0};
	struct vault_object object;
	struct vault_range all = {0, len};

	assert_ok(chest_version(n, &row));
	assert_ok(vault_object(&row, &object));
	struct status s = vault_read_begin(chest.vault, &object, all, NULL, &reader);
	assert_int_equal(s.code, ST_CORRUPT);
	assert_string_equal(s.what, "object");
}

static void a_flipped_bit_is_refused(void **state)
{
	(void)state;
	AUTO(buffer) file = {.max = 1 << 20};

	srand(20261121);
	for (uint8_t n = 0; n < COUNT(sizes); n++)
		assert_ok(chest_write(n, n, sizes[n], 65536));
	for (int i = 0; i < FLIPS; i++) {
		uint8_t n = (uint8_t)((size_t)i % COUNT(sizes));

		load(n, &file);
		size_t at = (size_t)rand() % file.len;
		uint8_t bit = (uint8_t)(1 << rand() % 8);
		file.bytes[at] ^= bit;
		save(n, buffer_bytes(&file));
		assert_refused(n, sizes[n]);
		file.bytes[at] ^= bit;
		save(n, buffer_bytes(&file));
		assert_ok(chest_read(n, n, sizes[n]));
	}
}

static void a_shorter_or_longer_file_is_refused(void **state)
{
	(void)state;
	const size_t cuts[] = {1, 15, 16, 17, 16400, 16401};
	AUTO(buffer) file = {.max = 1 << 20};

	for (uint8_t n = 0; n < COUNT(sizes); n++) {
		assert_ok(chest_write(n, n, sizes[n], 65536));
		load(n, &file);
		for (size_t i = 0; i < COUNT(cuts) && cuts[i] < file.len; i++) {
			save(n, bytes_of(file.bytes, file.len - cuts[i]));
			assert_refused(n, sizes[n]);
		}
		save(n, (struct bytes){0});
		assert_refused(n, sizes[n]);
		assert_ok(buffer_put(&file, bytes_of(chest.content, 16400)));
		save(n, buffer_bytes(&file));
		assert_refused(n, sizes[n]);
	}
}

static void swapped_objects_are_refused(void **state)
{
	(void)state;
	AUTO(buffer) first = {.max = 1 << 20};
	AUTO(buffer) second = {.max = 1 << 20};

	for (uint8_t n = 0; n < COUNT(sizes); n++) {
		uint8_t other = (uint8_t)(n + 100);

		assert_ok(chest_write(n, 0, sizes[n], 65536));
		assert_ok(chest_write(other, 1, sizes[n], 65536));
		load(n, &first);
		load(other, &second);
		save(n, buffer_bytes(&second));
		save(other, buffer_bytes(&first));
		assert_refused(n, sizes[n]);
		assert_refused(other, sizes[n]);
	}
}

static void an_older_file_under_the_same_name_is_refused(void **state)
{
	(void)state;
	AUTO(buffer) older = {.max = 1 << 20};
	struct uuid id = chest_object(1);

	/* The same bytes, even: each writing has a key of its own. */
	assert_ok(chest_write(1, 0, 100000, 65536));
	load(1, &older);
	assert_ok(vault_remove(chest.vault, &id));
	assert_ok(chest_write(1, 0, 100000, 65536));
	assert_ok(chest_read(1, 0, 100000));
	save(1, buffer_bytes(&older));
	assert_refused(1, 100000);
}

static void chunks_that_changed_places_are_refused(void **state)
{
	(void)state;
	AUTO(buffer) file = {.max = 1 << 20};
	uint8_t chunk[CHUNKED_SEALED];

	assert_ok(chest_write(1, 0, 100000, 65536));
	load(1, &file);
	uint8_t *first = file.bytes + CHUNKED_HEADER, *second = first + CHUNKED_SEALED;
	memcpy(chunk, first, sizeof chunk);
	memcpy(first, second, sizeof chunk);
	memcpy(second, chunk, sizeof chunk);
	save(1, buffer_bytes(&file));
	assert_refused(1, 100000);
}

static void parts_that_changed_places_are_refused(void **state)
{
	(void)state;
	AUTO(vault_writer) w = {0};
	AUTO(buffer) file = {.max = 1 << 20};
	struct uuid id = chest_object(1);
	struct hash hash = chest_hash(bytes_of(chest.content, 4 * CHUNKED_PLAIN));
	const size_t part = CHUNKED_HEADER + CHUNKED_SEALED;

	assert_ok(vault_write_begin(chest.vault, &id, &w));
	for (size_t i = 0; i < 4; i++) {
		assert_ok(vault_write(&w, bytes_of(chest.content + i * CHUNKED_PLAIN, CHUNKED_PLAIN)));
		assert_ok(chest_keep(&w));
		vault_writer_clear(&w);
		assert_ok(chest_resume(1, &w));
	}
	assert_ok(vault_write_finish(&w, 4 * CHUNKED_PLAIN, &hash));
	assert_ok(chest_commit(&w, 1));
	vault_writer_clear(&w);
	assert_ok(chest_read(1, 0, 4 * CHUNKED_PLAIN));
	load(1, &file);
	uint8_t *copy = malloc(part);
	assert_non_null(copy);
	memcpy(copy, file.bytes, part);
	memcpy(file.bytes, file.bytes + part, part);
	memcpy(file.bytes + part, copy, part);
	free(copy);
	save(1, buffer_bytes(&file));
	assert_refused(1, 4 * CHUNKED_PLAIN);
}

static void a_missing_file_is_damage(void **state)
{
	(void)state;
	struct uuid id = chest_object(1);

	assert_ok(chest_write(1, 0, 100000, 65536));
	assert_ok(vault_remove(chest.vault, &id));
	assert_refused(1, 100000);
}

static void a_row_of_another_object_does_not_open_this_one(void **state)
{
	(void)state;
	AUTO(row) row = {0};
	AUTO(row) other = {0};
	AUTO(vault_reader) reader = {0};
	struct vault_object object, wrong;

	assert_ok(chest_write(1, 0, 100000, 65536));
	assert_ok(chest_write(2, 0, 100000, 65536));
	assert_ok(chest_version(1, &row));
	assert_ok(chest_version(2, &other));
	assert_ok(vault_object(&row, &object));
	assert_ok(vault_object(&other, &wrong));
	wrong.key = object.key;
	assert_fails(ST_CORRUPT, vault_read_begin(chest.vault, &wrong, (struct vault_range){0, 1}, NULL, &reader));
	object.hash.bytes[0] ^= 1; /* opens, but is not what was signed */
	assert_fails(ST_CORRUPT, vault_read_begin(chest.vault, &object, (struct vault_range){0, 1}, NULL, &reader));
}

static void a_change_after_the_comparison_stops_the_reading(void **state)
{
	(void)state;
	AUTO(row) row = {0};
	AUTO(vault_reader) reader = {0};
	AUTO(buffer) file = {.max = 1 << 20};
	struct vault_object object;
	struct bytes piece;
	size_t at = 0;

	assert_ok(chest_write(1, 0, 700000, 65536));
	assert_ok(chest_version(1, &row));
	assert_ok(vault_object(&row, &object));
	load(1, &file);
	assert_ok(vault_read_begin(chest.vault, &object, (struct vault_range){0, 700000}, NULL, &reader));
	file.bytes[500000] ^= 1;
	save(1, buffer_bytes(&file));
	struct status s = vault_read(&reader, &piece);
	for (; ok(s); s = vault_read(&reader, &piece)) {
		assert_memory_equal(piece.at, chest.content + at, piece.len);
		at += piece.len;
	}
	assert_int_equal(s.code, ST_CORRUPT);
	assert_true(at < 500000 && at > 400000);
}

static void a_session_is_not_spared_after_a_change(void **state)
{
	(void)state;
	struct uuid session = rig_patient(66);
	AUTO(buffer) out = {.max = 1 << 20};
	AUTO(buffer) file = {.max = 1 << 20};
	struct vault_range range = {1000, 10};

	assert_ok(chest_write(1, 0, 700000, 65536));
	assert_ok(chest_range(1, range, &session, &out));
	assert_ok(chest_range(1, range, &session, &out));
	load(1, &file);
	file.bytes[500000] ^= 1; /* not even in the range */
	save(1, buffer_bytes(&file));
	assert_fails(ST_CORRUPT, chest_range(1, range, &session, &out));
}

/* ---- Scrub ---- */

struct findings {
	unsigned count[VAULT_STRANGE_FILE + 1];
	struct uuid object;
};

static void find(void *context, const struct vault_finding *finding)
{
	struct findings *findings = context;

	findings->count[finding->damage]++;
	findings->object = finding->object;
	if (finding->damage <= VAULT_OBJECT_MISSING)
		assert_true(finding->key.len > 0);
}

static struct findings scrub(bool remove_orphans)
{
	struct findings findings = {0};
	struct vault_scrub walk = {.report = find, .context = &findings, .remove_orphans = remove_orphans};
	AUTO(store_snapshot) snapshot = {0};
	unsigned steps = 0;

	assert_ok(store_snapshot_new(&chest.store, &snapshot));
	while (!walk.done) {
		assert_ok(vault_scrub_step(chest.vault, &snapshot, &walk, 3));
		assert_true(++steps < 1000);
	}
	return findings;
}

static unsigned total(const struct findings *findings)
{
	unsigned sum = 0;

	for (size_t i = 0; i < COUNT(findings->count); i++)
		sum += findings->count[i];
	return sum;
}

static void a_scrub_of_whole_data_finds_nothing(void **state)
{
	(void)state;
	AUTO(vault_writer) w = {0};
	struct uuid id = chest_object(50);

	for (uint8_t n = 0; n < 10; n++)
		assert_ok(chest_write(n, n, n * 3000u, 65536));
	assert_ok(vault_write_begin(chest.vault, &id, &w));
	assert_ok(vault_write(&w, bytes_of(chest.content, 100000)));
	assert_ok(chest_keep(&w));
	struct findings findings = scrub(true);
	assert_int_equal(total(&findings), 0);
	vault_writer_clear(&w);
	findings = scrub(true);
	assert_int_equal(total(&findings), 0);
	assert_ok(chest_resume(50, &w));
}

static void a_scrub_spares_what_is_being_written(void **state)
{
	(void)state;
	AUTO(vault_writer) w = {0};
	struct uuid id = chest_object(1);
	struct hash hash = chest_hash(bytes_of(chest.content, 100000));

	assert_ok(vault_write_begin(chest.vault, &id, &w));
	assert_ok(vault_write(&w, bytes_of(chest.content, 100000)));
	struct findings findings = scrub(true);
	assert_int_equal(total(&findings), 0);
	assert_ok(vault_write_finish(&w, 100000, &hash));
	findings = scrub(true); /* durable, its row not committed yet */
	assert_int_equal(total(&findings), 0);
	assert_ok(chest_commit(&w, 1));
	vault_writer_clear(&w);
	findings = scrub(true);
	assert_int_equal(total(&findings), 0);
	assert_ok(chest_read(1, 0, 100000));
}

static void a_scrub_names_every_damage_and_goes_on(void **state)
{
	(void)state;
	AUTO(buffer) file = {.max = 1 << 20};
	AUTO(vault_writer) w = {0};
	struct uuid missing = chest_object(2), orphan = chest_object(60);
	struct hash hash = chest_hash(bytes_of(chest.content, 100000));
	struct stat status;
	char name[96];

	for (uint8_t n = 0; n < 5; n++)
		assert_ok(chest_write(n, n, 50000, 65536));
	load(1, &file);
	file.bytes[30000] ^= 4;
	save(1, buffer_bytes(&file));
	assert_ok(vault_remove(chest.vault, &missing));
	/* A crash between object and row. */
	assert_ok(vault_write_begin(chest.vault, &orphan, &w));
	assert_ok(vault_write(&w, bytes_of(chest.content, 100000)));
	assert_ok(vault_write_finish(&w, 100000, &hash));
	vault_writer_clear(&w);
	int stray = os_real.open(chest.rig.dir, "objects/stray", O_CREAT | O_WRONLY, 0600);
	assert_true(stray >= 0);
	close(stray);

	struct findings findings = scrub(false);
	assert_int_equal(findings.count[VAULT_OBJECT_DAMAGED], 1);
	assert_int_equal(findings.count[VAULT_OBJECT_MISSING], 1);
	assert_int_equal(findings.count[VAULT_OBJECT_ORPHAN], 1);
	assert_int_equal(findings.count[VAULT_STRANGE_FILE], 1);
	assert_int_equal(total(&findings), 4);
	chest_file(60, name);
	assert_int_equal(os_real.stat(chest.rig.dir, name, &status), 0);
	findings = scrub(true);
	assert_int_equal(total(&findings), 4);
	assert_int_equal(os_real.stat(chest.rig.dir, name, &status), -1);
	findings = scrub(true);
	assert_int_equal(total(&findings), 3);
}

static struct vault_sweep sweep(uint64_t before)
{
	struct vault_sweep all = {.before = before};
	AUTO(store_snapshot) snapshot = {0};

	assert_ok(store_snapshot_new(&chest.store, &snapshot));
	while (!vault_sweep_done(&all))
		assert_ok(vault_sweep_step(chest.vault, &snapshot, &all));
	return all;
}

/** What a process leaves that ends between object and row. */
static void crash_before_the_row(uint8_t n, size_t len)
{
	const pid_t pid = fork();
	int state;

	assert_true(pid >= 0);
	if (pid == 0) {
		struct vault_writer w = {0};
		struct uuid id = chest_object(n);
		struct hash hash = chest_hash(bytes_of(chest.content, len));
		_exit(ok(vault_write_begin(chest.vault, &id, &w)) &&
				      ok(vault_write(&w, bytes_of(chest.content, len))) &&
				      ok(vault_write_finish(&w, len, &hash))
			      ? 0
			      : 1);
	}
	assert_int_equal(waitpid(pid, &state, 0), pid);
	assert_true(WIFEXITED(state) && WEXITSTATUS(state) == 0);
}

static bool is_there(uint8_t n)
{
	struct stat status;
	char name[96];

	chest_file(n, name);
	return os_real.stat(chest.rig.dir, name, &status) == 0;
}

static void what_a_crash_left_is_swept_a_day_later_and_nothing_else(void **state)
{
	(void)state;
	const uint64_t now = clock_wall(&clock_system), later = now + 60000;
	AUTO(buffer) file = {.max = 1 << 20};
	AUTO(vault_writer) w = {0}, upload = {0};
	struct uuid live = chest_object(70), begun = chest_object(71);
	struct hash hash = chest_hash(bytes_of(chest.content, 100000));

	for (uint8_t n = 0; n < 5; n++)
		assert_ok(chest_write(n, n, 50000, 65536));
	load(1, &file);
	file.bytes[30000] ^= 4;
	save(1, buffer_bytes(&file));
	assert_ok(vault_write_begin(chest.vault, &live, &w));
	assert_ok(vault_write(&w, bytes_of(chest.content, 100000)));
	assert_ok(vault_write_finish(&w, 100000, &hash));
	assert_ok(vault_write_begin(chest.vault, &begun, &upload));
	assert_ok(vault_write(&upload, bytes_of(chest.content, 100000)));
	assert_ok(chest_keep(&upload));
	vault_writer_clear(&upload);
	crash_before_the_row(60, 100000);
	crash_before_the_row(61, 50000);
	assert_int_equal(sweep(now - 60000).files, 0); /* too young */
	assert_true(is_there(60) && is_there(61));
	const struct vault_sweep done = sweep(later);
	assert_int_equal(done.files, 2);
	assert_true(done.bytes > 150000);
	assert_false(is_there(60) || is_there(61));
	/* Named, damaged but named, being written, an upload: all as before. */
	for (uint8_t n = 0; n < 5; n++)
		assert_true(is_there(n));
	assert_true(is_there(70));
	assert_ok(chest_commit(&w, 70));
	vault_writer_clear(&w);
	assert_int_equal(sweep(later).files, 0);
	assert_ok(chest_read(70, 0, 100000));
	assert_ok(chest_resume(71, &upload));
}

int main(void)
{
#define FRESH(f) cmocka_unit_test_setup_teardown(f, chest_setup, chest_teardown)
	const struct CMUnitTest tests[] = {
		FRESH(a_flipped_bit_is_refused),
		FRESH(a_shorter_or_longer_file_is_refused),
		FRESH(swapped_objects_are_refused),
		FRESH(an_older_file_under_the_same_name_is_refused),
		FRESH(chunks_that_changed_places_are_refused),
		FRESH(parts_that_changed_places_are_refused),
		FRESH(a_missing_file_is_damage),
		FRESH(a_row_of_another_object_does_not_open_this_one),
		FRESH(a_change_after_the_comparison_stops_the_reading),
		FRESH(a_session_is_not_spared_after_a_change),
		FRESH(a_scrub_of_whole_data_finds_nothing),
		FRESH(a_scrub_spares_what_is_being_written),
		FRESH(a_scrub_names_every_damage_and_goes_on),
		FRESH(what_a_crash_left_is_swept_a_day_later_and_nothing_else),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
