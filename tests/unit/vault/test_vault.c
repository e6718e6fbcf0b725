/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chest.h"
#include "limits.h"

static void objects_of_every_size_come_back(void **state)
{
	(void)state;
	const size_t sizes[] = {0,      1,      4095,   4096,           4097,     16383,   16384,
				16385,  32768,  49152,  65535,          65536,    65537,   81920,
				262143, 262144, 262145, 262144 + 16384, 1u << 20, 1234567, 3u << 20};
	const size_t pieces[] = {1 << 20, 1000, 16384, 65536, 65535};

	for (size_t i = 0; i < COUNT(sizes); i++) {
		assert_ok(chest_write((uint8_t)i, 0, sizes[i], pieces[i % COUNT(pieces)]));
		assert_ok(chest_read((uint8_t)i, 0, sizes[i]));
	}
	chest_close();
	assert_ok(chest_open());
	for (size_t i = 0; i < COUNT(sizes); i++)
		assert_ok(chest_read((uint8_t)i, 0, sizes[i]));
}

static void ranges_are_cut_exactly(void **state)
{
	(void)state;
	struct uuid session = rig_patient(77);
	AUTO(buffer) out = {.max = sizeof chest.content};
	const size_t sizes[] = {4000, 200000, 1000000};

	for (uint8_t n = 0; n < COUNT(sizes); n++) {
		assert_ok(chest_write(n, 0, sizes[n], 1 << 20));
		for (unsigned seed = 1; seed < 200; seed++) {
			uint64_t at = seed * 2654435761u % (sizes[n] + 1);
			struct vault_range range = {at, (seed * 40503u % 70000) % (sizes[n] - at + 1)};

			out.len = 0;
			assert_ok(chest_range(n, range, seed % 3 ? &session : NULL, &out));
			assert_int_equal(out.len, range.len);
			assert_true(bytes_equal(buffer_bytes(&out), bytes_of(chest.content + at, range.len)));
		}
		out.len = 0;
		assert_fails(ST_INVALID, chest_range(n, (struct vault_range){sizes[n], 1}, NULL, &out));
		assert_fails(ST_INVALID, chest_range(n, (struct vault_range){UINT64_MAX, 2}, NULL, &out));
	}
}

static void bytes_that_do_not_fit_the_signature_are_not_stored(void **state)
{
	(void)state;
	const size_t sizes[] = {100, 20000, 300000};

	for (uint8_t n = 0; n < COUNT(sizes); n++) {
		struct uuid id = chest_object(n);
		struct hash hash = chest_hash(bytes_of(chest.content, sizes[n]));
		AUTO(vault_writer) w = {0};
		struct stat status;

		assert_ok(vault_write_begin(chest.vault, &id, &w));
		assert_ok(vault_write(&w, bytes_of(chest.content, sizes[n])));
		assert_fails(ST_MISMATCH, vault_write_finish(&w, sizes[n] + 1, &hash));
		vault_writer_clear(&w);
		assert_ok(vault_write_begin(chest.vault, &id, &w));
		assert_ok(vault_write(&w, bytes_of(chest.content + 1, sizes[n])));
		assert_fails(ST_MISMATCH, vault_write_finish(&w, sizes[n], &hash));
		vault_writer_clear(&w);
		char name[64];
		(void)snprintf(name, sizeof name, "uploads/%s", id_print(ID_UPLOAD, &id).at);
		assert_int_equal(os_real.stat(chest.rig.dir, name, &status), -1);
	}
}

/* ---- Uploads ---- */

/* Appends pieces of ${piece} bytes, each by a process of its own that afterwards
 * writes ${lost} bytes more and dies without keeping them. */
static struct status upload_in_pieces(uint8_t n, size_t len, size_t piece, size_t lost)
{
	AUTO(vault_writer) w = {0};
	struct uuid id = chest_object(n);
	struct hash hash = chest_hash(bytes_of(chest.content, len));

	TRY(vault_write_begin(chest.vault, &id, &w));
	TRY(chest_keep(&w));
	for (size_t at = 0; at < len; at += piece) {
		w.file.keep = true;
		vault_writer_clear(&w);
		chest_close();
		assert_ok(chest_open());
		TRY(chest_resume(n, &w));
		assert_int_equal(w.size, at);
		TRY(vault_write(&w, bytes_of(chest.content + at, len - at < piece ? len - at : piece)));
		TRY(chest_keep(&w));
		TRY(vault_write(&w, bytes_of(chest.content, lost)));
	}
	vault_writer_clear(&w);
	TRY(chest_resume(n, &w));
	TRY(vault_write_finish(&w, len, &hash));
	return chest_commit(&w, n);
}

static void an_upload_goes_on_after_a_restart(void **state)
{
	(void)state;
	const struct {
		size_t len, piece, lost;
	} cases[] = {{300000, 70000, 100000}, {300000, 16384, 0},    {300000, 16384, 200000}, {50000, 4999, 70000},
		     {4000, 1000, 50000},     {98304, 32768, 16384}, {16384, 16384, 65536},   {1000000, 333333, 1}};

	for (uint8_t n = 0; n < COUNT(cases); n++) {
		assert_ok(upload_in_pieces(n, cases[n].len, cases[n].piece, cases[n].lost));
		assert_ok(chest_read(n, 0, cases[n].len));
		struct uuid session = rig_patient(77);
		AUTO(buffer) out = {.max = sizeof chest.content};
		for (int again = 0; again < 2; again++) {
			struct vault_range range = {cases[n].len / 3, cases[n].len / 2};

			out.len = 0;
			assert_ok(chest_range(n, range, &session, &out));
			assert_true(bytes_equal(buffer_bytes(&out), bytes_of(chest.content + range.at, range.len)));
		}
	}
}

static void an_upload_in_one_process_needs_no_second_part(void **state)
{
	(void)state;
	AUTO(vault_writer) w = {0};
	AUTO(row) row = {0};
	struct uuid id = chest_object(1);
	struct hash hash = chest_hash(bytes_of(chest.content, 500000));

	assert_ok(vault_write_begin(chest.vault, &id, &w));
	for (size_t at = 0; at < 500000; at += 50000) {
		assert_ok(vault_write(&w, bytes_of(chest.content + at, 50000)));
		assert_ok(chest_keep(&w));
	}
	assert_ok(vault_write_finish(&w, 500000, &hash));
	assert_ok(chest_commit(&w, 1));
	assert_ok(chest_version(1, &row));
	assert_int_equal(row.secret[SECRET_VERSION_PARTS].len, 0);
	assert_ok(chest_read(1, 0, 500000));
}

static void two_writers_of_one_upload_are_refused(void **state)
{
	(void)state;
	AUTO(vault_writer) w = {0};
	AUTO(vault_writer) second = {0};
	struct uuid id = chest_object(1);

	assert_ok(vault_write_begin(chest.vault, &id, &w));
	assert_ok(vault_write(&w, bytes_of(chest.content, 100000)));
	assert_ok(chest_keep(&w));
	assert_fails(ST_BUSY, chest_resume(1, &second));
	vault_writer_clear(&w);
	assert_ok(chest_resume(1, &second));
}

static void a_refused_commit_leaves_the_upload_whole(void **state)
{
	(void)state;
	AUTO(vault_writer) w = {0};
	struct uuid id = chest_object(1);
	struct hash hash = chest_hash(bytes_of(chest.content, 100000));

	assert_ok(vault_write_begin(chest.vault, &id, &w));
	assert_ok(vault_write(&w, bytes_of(chest.content, 100000)));
	assert_ok(chest_keep(&w));
	assert_ok(vault_write_finish(&w, 100000, &hash));
	assert_ok(vault_write_undo(&w));
	vault_writer_clear(&w);
	assert_ok(chest_resume(1, &w));
	assert_ok(vault_write_finish(&w, 100000, &hash));
	assert_ok(chest_commit(&w, 1));
	assert_ok(chest_read(1, 0, 100000));
}

static void a_record_past_the_limit_is_refused(void **state)
{
	(void)state;
	AUTO(vault_writer) w = {0};
	struct uuid id = chest_object(1);

	assert_ok(vault_write_begin(chest.vault, &id, &w));
	w.size = chunked_sealed_len(LIMIT_RECORD_BYTES) - 10;
	assert_fails(ST_TOO_BIG, vault_write(&w, bytes_of(chest.content, 11)));
}

static void old_uploads_expire(void **state)
{
	(void)state;
	AUTO(vault_writer) w = {0};
	AUTO(store_txn) txn = {0};
	struct uuid id = chest_object(1), expired[4];
	size_t count;

	assert_ok(vault_write_begin(chest.vault, &id, &w));
	assert_ok(vault_write(&w, bytes_of(chest.content, 100000)));
	assert_ok(chest_keep(&w));
	vault_writer_clear(&w);
	assert_ok(store_begin(&chest.store, &txn));
	assert_ok(vault_expire(&txn, 1000 + LIMIT_UPLOAD_AGE_MS - 1, expired, COUNT(expired), &count));
	assert_int_equal(count, 0);
	assert_ok(vault_expire(&txn, 1000 + LIMIT_UPLOAD_AGE_MS, expired, COUNT(expired), &count));
	assert_int_equal(count, 1);
	assert_ok(store_commit(&txn));
	assert_ok(vault_discard(chest.vault, &expired[0]));
	assert_fails(ST_NOT_FOUND, chest_resume(1, &w));
}

/* ---- PROMISES#S1 ---- */

static const char canary[] = "canary-Zwetschgenkuchen-1927";
static size_t searched;

static int search(const char *path, const struct stat *status, int kind)
{
	AUTO(buffer) file = {.max = 64 << 20};

	(void)status;
	if (kind != FTW_F)
		return 0;
	if (!ok(os_load(&os_real, AT_FDCWD, path, file.max, &file)))
		return 1;
	searched += file.len;
	return memmem(file.bytes, file.len, canary, sizeof canary - 1) != NULL;
}

static void nothing_that_was_stored_can_be_found_in_any_file(void **state)
{
	(void)state;
	const size_t sizes[] = {100, 4096, 5000, 100000};
	AUTO(vault_writer) w = {0};
	struct uuid id = chest_object(9);

	for (size_t at = 0; at < sizeof chest.content - sizeof canary; at += 60)
		memcpy(chest.content + at, canary, sizeof canary - 1);
	for (uint8_t n = 0; n < COUNT(sizes); n++)
		assert_ok(chest_write(n, 0, sizes[n], 65536));
	assert_ok(rig_commit_user(&chest.store, 1, canary));
	assert_ok(vault_write_begin(chest.vault, &id, &w));
	assert_ok(vault_write(&w, bytes_of(chest.content, 50000)));
	assert_ok(chest_keep(&w));                            /* its tail lies in the row */
	assert_int_equal(ftw(chest.rig.path, search, 16), 0); /* with the log full */
	assert_true(searched > 200000);
	assert_ok(store_checkpoint(&chest.store));
	assert_int_equal(ftw(chest.rig.path, search, 16), 0);
	vault_writer_clear(&w);
	chest_close();
	assert_int_equal(ftw(chest.rig.path, search, 16), 0);
	assert_ok(chest_open());
}

int main(void)
{
#define FRESH(f) cmocka_unit_test_setup_teardown(f, chest_setup, chest_teardown)
	const struct CMUnitTest tests[] = {
		FRESH(objects_of_every_size_come_back),
		FRESH(ranges_are_cut_exactly),
		FRESH(bytes_that_do_not_fit_the_signature_are_not_stored),
		FRESH(an_upload_goes_on_after_a_restart),
		FRESH(an_upload_in_one_process_needs_no_second_part),
		FRESH(two_writers_of_one_upload_are_refused),
		FRESH(a_refused_commit_leaves_the_upload_whole),
		FRESH(a_record_past_the_limit_is_refused),
		FRESH(old_uploads_expire),
		FRESH(nothing_that_was_stored_can_be_found_in_any_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
