/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "limits.h"
#include "rig.h"
#include "vault.h"

static struct rig rig;
static struct store store;
static struct vault *vault;
static uint8_t content[3 << 20];

static void open_all(void)
{
	assert_ok(store_open(&rig.options, &store));
	assert_ok(vault_open(&os_real, rig.dir, &vault));
}

static void close_all(void)
{
	vault_close(vault);
	store_clear(&store);
}

static int setup(void **state)
{
	(void)state;
	rig = rig_new();
	for (size_t i = 0; i < sizeof content; i++)
		content[i] = (uint8_t)(i * 2654435761u >> 13);
	open_all();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	close_all();
	rig_end(&rig);
	return 0;
}

static struct uuid object_id(uint8_t n)
{
	return (struct uuid){{1, 0x93, 5, n, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 1, n}};
}

static struct hash hash_of(struct bytes b)
{
	struct hash hash;

	assert_ok(sha256(b, &hash));
	return hash;
}

/* Version 1 of record ${n}, naming what ${w} holds. */
static struct status commit_version(struct vault_writer *w, uint8_t n)
{
	struct uuid record = rig_patient(n), patient = rig_patient(100);
	struct hash statement = {{n}};
	struct row row = {
		.table = TABLE_VERSION,
		.plain = {[COLUMN_VERSION_RECORD] = ROW_UUID(&record),
			  [COLUMN_VERSION_NUMBER] = ROW_NUMBER(1),
			  [COLUMN_VERSION_PATIENT] = ROW_UUID(&patient),
			  [COLUMN_VERSION_STATEMENT] = ROW_HASH(&statement)},
	};
	AUTO(store_txn) txn = {0};

	TRY(vault_write_row(w, &row));
	TRY(store_begin(&store, &txn));
	TRY(store_put(&txn, &row));
	TRY(store_txn_audit(&txn, BYTES_LITERAL("event"), NULL));
	return store_commit(&txn);
}

static struct status write_object(uint8_t n, size_t len, size_t piece)
{
	AUTO(vault_writer) w = {0};
	struct uuid id = object_id(n);
	struct hash hash = hash_of(bytes_of(content, len));

	TRY(vault_write_begin(vault, &id, &w));
	for (size_t at = 0; at < len; at += piece)
		TRY(vault_write(&w, bytes_of(content + at, len - at < piece ? len - at : piece)));
	TRY(vault_write_finish(&w, len, &hash));
	return commit_version(&w, n);
}

static struct status get_version(uint8_t n, struct row *row)
{
	struct uuid record = rig_patient(n);
	const struct row_value key[] = {ROW_UUID(&record), ROW_NUMBER(1)};
	AUTO(store_snapshot) snapshot = {0};

	TRY(store_snapshot_new(&store, &snapshot));
	return store_get(snapshot.view, TABLE_VERSION, key, row);
}

static struct status read_range(uint8_t n, struct vault_range range, const struct uuid *session, struct buffer *out)
{
	AUTO(row) row = {0};
	AUTO(vault_reader) reader = {0};
	struct vault_object object;
	struct bytes piece;

	TRY(get_version(n, &row));
	TRY(vault_object(&row, &object));
	TRY(vault_read_begin(vault, &object, range, session, &reader));
	row_clear(&row);
	do {
		TRY(vault_read(&reader, &piece));
		TRY(buffer_put(out, piece));
	} while (piece.len > 0);
	return OK;
}

static struct status read_object(uint8_t n, size_t len)
{
	AUTO(buffer) out = {.max = sizeof content};

	TRY(read_range(n, (struct vault_range){0, len}, NULL, &out));
	assert_int_equal(out.len, len);
	assert_true(bytes_equal(buffer_bytes(&out), bytes_of(content, len)));
	return OK;
}

static void objects_of_every_size_come_back(void **state)
{
	(void)state;
	const size_t sizes[] = {0,      1,      4095,   4096,           4097,     16383,   16384,
				16385,  32768,  49152,  65535,          65536,    65537,   81920,
				262143, 262144, 262145, 262144 + 16384, 1u << 20, 1234567, 3u << 20};
	const size_t pieces[] = {1 << 20, 1000, 16384, 65536, 65535};

	for (size_t i = 0; i < COUNT(sizes); i++) {
		assert_ok(write_object((uint8_t)i, sizes[i], pieces[i % COUNT(pieces)]));
		assert_ok(read_object((uint8_t)i, sizes[i]));
	}
	close_all();
	open_all();
	for (size_t i = 0; i < COUNT(sizes); i++)
		assert_ok(read_object((uint8_t)i, sizes[i]));
}

static void ranges_are_cut_exactly(void **state)
{
	(void)state;
	struct uuid session = rig_patient(77);
	AUTO(buffer) out = {.max = sizeof content};
	const size_t sizes[] = {4000, 200000, 1000000};

	for (uint8_t n = 0; n < COUNT(sizes); n++) {
		assert_ok(write_object(n, sizes[n], 1 << 20));
		for (unsigned seed = 1; seed < 200; seed++) {
			uint64_t at = seed * 2654435761u % (sizes[n] + 1);
			struct vault_range range = {at, (seed * 40503u % 70000) % (sizes[n] - at + 1)};

			out.len = 0;
			assert_ok(read_range(n, range, seed % 3 ? &session : NULL, &out));
			assert_int_equal(out.len, range.len);
			assert_true(bytes_equal(buffer_bytes(&out), bytes_of(content + at, range.len)));
		}
		out.len = 0;
		assert_fails(ST_INVALID, read_range(n, (struct vault_range){sizes[n], 1}, NULL, &out));
		assert_fails(ST_INVALID, read_range(n, (struct vault_range){UINT64_MAX, 2}, NULL, &out));
	}
}

static void bytes_that_do_not_fit_the_signature_are_not_stored(void **state)
{
	(void)state;
	const size_t sizes[] = {100, 20000, 300000};

	for (uint8_t n = 0; n < COUNT(sizes); n++) {
		struct uuid id = object_id(n);
		struct hash hash = hash_of(bytes_of(content, sizes[n]));
		AUTO(vault_writer) w = {0};
		struct stat status;

		assert_ok(vault_write_begin(vault, &id, &w));
		assert_ok(vault_write(&w, bytes_of(content, sizes[n])));
		assert_fails(ST_MISMATCH, vault_write_finish(&w, sizes[n] + 1, &hash));
		vault_write_clear(&w);
		assert_ok(vault_write_begin(vault, &id, &w));
		assert_ok(vault_write(&w, bytes_of(content + 1, sizes[n])));
		assert_fails(ST_MISMATCH, vault_write_finish(&w, sizes[n], &hash));
		vault_write_clear(&w);
		char name[64];
		(void)snprintf(name, sizeof name, "uploads/%s", id_print(ID_UPLOAD, &id).at);
		assert_int_equal(os_real.stat(rig.dir, name, &status), -1);
	}
}

/* ---- Uploads ---- */

static struct status put_upload(struct vault_writer *w)
{
	struct uuid id = w->id, user = rig_patient(3), nobody = {0};
	struct row row = {
		.table = TABLE_UPLOAD,
		.plain = {[COLUMN_UPLOAD_ID] = ROW_UUID(&id),
			  [COLUMN_UPLOAD_USER] = ROW_UUID(&user),
			  [COLUMN_UPLOAD_CREATED] = ROW_NUMBER(1000),
			  [COLUMN_UPLOAD_PATIENT] = ROW_UUID(&nobody)},
	};
	AUTO(store_txn) txn = {0};

	TRY(vault_write_keep(w, &row));
	TRY(store_begin(&store, &txn));
	TRY(store_put(&txn, &row));
	return store_commit(&txn);
}

static struct status resume(uint8_t n, struct vault_writer *w)
{
	AUTO(store_snapshot) snapshot = {0};
	AUTO(row) row = {0};
	struct uuid id = object_id(n);
	const struct row_value key[] = {ROW_UUID(&id)};

	TRY(store_snapshot_new(&store, &snapshot));
	TRY(store_get(snapshot.view, TABLE_UPLOAD, key, &row));
	return vault_write_resume(vault, &row, w);
}

/* Appends pieces of ${piece} bytes, each by a process of its own that afterwards
 * writes ${lost} bytes more and dies without keeping them. */
static struct status upload_in_pieces(uint8_t n, size_t len, size_t piece, size_t lost)
{
	AUTO(vault_writer) w = {0};
	struct uuid id = object_id(n);
	struct hash hash = hash_of(bytes_of(content, len));

	TRY(vault_write_begin(vault, &id, &w));
	TRY(put_upload(&w));
	for (size_t at = 0; at < len; at += piece) {
		w.file.keep = true;
		vault_write_clear(&w);
		close_all();
		open_all();
		TRY(resume(n, &w));
		assert_int_equal(w.size, at);
		TRY(vault_write(&w, bytes_of(content + at, len - at < piece ? len - at : piece)));
		TRY(put_upload(&w));
		TRY(vault_write(&w, bytes_of(content, lost)));
	}
	vault_write_clear(&w);
	TRY(resume(n, &w));
	TRY(vault_write_finish(&w, len, &hash));
	return commit_version(&w, n);
}

static void an_upload_goes_on_after_a_restart(void **state)
{
	(void)state;
	const struct {
		size_t len, piece, lost;
	} cases[] = {{300000, 70000, 100000}, {300000, 16384, 0},    {300000, 16384, 200000}, {50000, 999, 70000},
		     {4000, 1000, 50000},     {98304, 32768, 16384}, {16384, 16384, 65536},   {1000000, 333333, 1}};

	for (uint8_t n = 0; n < COUNT(cases); n++) {
		assert_ok(upload_in_pieces(n, cases[n].len, cases[n].piece, cases[n].lost));
		assert_ok(read_object(n, cases[n].len));
		struct uuid session = rig_patient(77);
		AUTO(buffer) out = {.max = sizeof content};
		for (int again = 0; again < 2; again++) {
			struct vault_range range = {cases[n].len / 3, cases[n].len / 2};

			out.len = 0;
			assert_ok(read_range(n, range, &session, &out));
			assert_true(bytes_equal(buffer_bytes(&out), bytes_of(content + range.at, range.len)));
		}
	}
}

static void an_upload_in_one_process_needs_no_second_part(void **state)
{
	(void)state;
	AUTO(vault_writer) w = {0};
	AUTO(row) row = {0};
	struct uuid id = object_id(1);
	struct hash hash = hash_of(bytes_of(content, 500000));

	assert_ok(vault_write_begin(vault, &id, &w));
	for (size_t at = 0; at < 500000; at += 50000) {
		assert_ok(vault_write(&w, bytes_of(content + at, 50000)));
		assert_ok(put_upload(&w));
	}
	assert_ok(vault_write_finish(&w, 500000, &hash));
	assert_ok(commit_version(&w, 1));
	assert_ok(get_version(1, &row));
	assert_int_equal(row.secret[SECRET_VERSION_PARTS].len, 0);
	assert_ok(read_object(1, 500000));
}

static void two_writers_of_one_upload_are_refused(void **state)
{
	(void)state;
	AUTO(vault_writer) w = {0};
	AUTO(vault_writer) second = {0};
	struct uuid id = object_id(1);

	assert_ok(vault_write_begin(vault, &id, &w));
	assert_ok(vault_write(&w, bytes_of(content, 100000)));
	assert_ok(put_upload(&w));
	assert_fails(ST_BUSY, resume(1, &second));
	vault_write_clear(&w);
	assert_ok(resume(1, &second));
}

static void a_refused_commit_leaves_the_upload_whole(void **state)
{
	(void)state;
	AUTO(vault_writer) w = {0};
	struct uuid id = object_id(1);
	struct hash hash = hash_of(bytes_of(content, 100000));

	assert_ok(vault_write_begin(vault, &id, &w));
	assert_ok(vault_write(&w, bytes_of(content, 100000)));
	assert_ok(put_upload(&w));
	assert_ok(vault_write_finish(&w, 100000, &hash));
	assert_ok(vault_write_undo(&w));
	vault_write_clear(&w);
	assert_ok(resume(1, &w));
	assert_ok(vault_write_finish(&w, 100000, &hash));
	assert_ok(commit_version(&w, 1));
	assert_ok(read_object(1, 100000));
}

static void a_record_past_the_limit_is_refused(void **state)
{
	(void)state;
	AUTO(vault_writer) w = {0};
	struct uuid id = object_id(1);

	assert_ok(vault_write_begin(vault, &id, &w));
	w.size = LIMIT_RECORD_BYTES - 10;
	assert_fails(ST_TOO_BIG, vault_write(&w, bytes_of(content, 11)));
}

static void old_uploads_expire(void **state)
{
	(void)state;
	AUTO(vault_writer) w = {0};
	AUTO(store_txn) txn = {0};
	struct uuid id = object_id(1), expired[4];
	size_t count;

	assert_ok(vault_write_begin(vault, &id, &w));
	assert_ok(vault_write(&w, bytes_of(content, 100000)));
	assert_ok(put_upload(&w));
	vault_write_clear(&w);
	assert_ok(store_begin(&store, &txn));
	assert_ok(vault_expire(&txn, 1000 + LIMIT_UPLOAD_AGE_MS - 1, expired, COUNT(expired), &count));
	assert_int_equal(count, 0);
	assert_ok(vault_expire(&txn, 1000 + LIMIT_UPLOAD_AGE_MS, expired, COUNT(expired), &count));
	assert_int_equal(count, 1);
	assert_ok(store_commit(&txn));
	assert_ok(vault_discard(vault, &expired[0]));
	assert_fails(ST_NOT_FOUND, resume(1, &w));
}

int main(void)
{
#define FRESH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
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
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
