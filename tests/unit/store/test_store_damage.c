/* SPDX-License-Identifier: Apache-2.0 */
/* PROMISES#S2: what is changed behind the store's back is noticed or has no effect. */
#include "testing.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "disk.h"
#include "rig.h"

#define FLIPS 200

static struct rig rig;
static struct store store;
static struct buffer image; /* the undamaged database */
static struct hash whole;

static int setup(void **state)
{
	(void)state;
	rig = rig_new();
	image = (struct buffer){.max = 16 << 20};
	assert_ok(store_open(&rig.options, &store));
	for (uint8_t salt = 0; salt < 20; salt++)
		assert_ok(rig_fill(&store, salt));
	assert_ok(rig_digest(&store, &whole));
	store_clear(&store);
	rig.options.create = false;
	assert_ok(os_load(&os_real, rig.dir, DISK_DATABASE, image.max, &image));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	buffer_clear(&image);
	rig_end(&rig);
	return 0;
}

/* Open, read everything, close. */
static struct status read_all(struct hash *out)
{
	TRY(store_open(&rig.options, &store));
	struct status s = rig_digest(&store, out);
	store_clear(&store);
	return s;
}

static bool is_a_table(const char *name)
{
	for (size_t i = 0; i < TABLE_COUNT; i++)
		if (strcmp(tables[i].name, name) == 0)
			return true;
	return false;
}

static void assert_noticed(struct status s)
{
	if (s.code != ST_CORRUPT)
		print_message("# %s (%s)\n", status_name(s.code), s.what != NULL ? s.what : "-");
	assert_int_equal(s.code, ST_CORRUPT);
	assert_non_null(s.what);
	assert_true(is_a_table(s.what) || strncmp(s.what, "database", 8) == 0);
}

static void restore(void)
{
	assert_ok(os_save(&os_real, rig.dir, DISK_DATABASE, buffer_bytes(&image)));
}

static void a_flipped_bit_is_noticed_or_without_effect(void **state)
{
	(void)state;
	unsigned noticed = 0;
	struct hash got;

	srand(20261121);
	for (int i = 0; i < FLIPS; i++) {
		size_t at = (size_t)rand() % image.len;
		uint8_t bit = (uint8_t)(1 << rand() % 8);

		image.bytes[at] ^= bit;
		restore();
		image.bytes[at] ^= bit;
		struct status s = read_all(&got);
		if (ok(s))
			assert_true(hash_equal(&got, &whole));
		else
			assert_noticed(s);
		noticed += !ok(s);
	}
	restore();
	assert_ok(read_all(&got));
	assert_true(hash_equal(&got, &whole));
	print_message("# %u of %d flips noticed, the others without effect\n", noticed, FLIPS);
	assert_true(noticed > FLIPS / 2);
}

static void every_page_that_is_read_is_compared(void **state)
{
	(void)state;
	struct hash got;

	/* The last bytes of a page are its check, the first its kind; page 0 begins with the header. */
	for (size_t page = 0; page < image.len; page += DISK_PAGE) {
		image.bytes[page + DISK_PAGE - 1] ^= 1;
		restore();
		image.bytes[page + DISK_PAGE - 1] ^= 1;
		assert_noticed(read_all(&got));
	}
	restore();
}

static void pages_that_changed_places_are_noticed(void **state)
{
	(void)state;
	AUTO(buffer) swapped = {.max = image.max};
	struct hash got;

	for (size_t page = DISK_PAGE; page + 2 * DISK_PAGE <= image.len; page += DISK_PAGE) {
		swapped.len = 0;
		assert_ok(buffer_put(&swapped, buffer_bytes(&image)));
		memcpy(swapped.bytes + page, image.bytes + page + DISK_PAGE, DISK_PAGE);
		memcpy(swapped.bytes + page + DISK_PAGE, image.bytes + page, DISK_PAGE);
		assert_ok(os_save(&os_real, rig.dir, DISK_DATABASE, buffer_bytes(&swapped)));
		assert_noticed(read_all(&got));
	}
	restore();
}

static void a_shortened_database_is_noticed(void **state)
{
	(void)state;
	const size_t lengths[] = {1, 99, 100, 4095, 4096, 8192, 12000};
	struct hash got;

	for (size_t i = 0; i < COUNT(lengths); i++) {
		assert_ok(os_save(&os_real, rig.dir, DISK_DATABASE, bytes_of(image.bytes, lengths[i])));
		assert_noticed(read_all(&got));
		assert_ok(os_save(&os_real, rig.dir, DISK_DATABASE, bytes_of(image.bytes, image.len - lengths[i])));
		assert_noticed(read_all(&got));
	}
	restore();
}

/* ---- Changes by SQL ---- */

/* With ${disk} the pages are checked and written as the store does it: what a
 * thief of the key of the page checks, or a fault of ours, could do. */
static void change(const struct disk *disk, const char *sql)
{
	sqlite3 *engine;
	const char *path = disk != NULL ? DISK_DATABASE : rig_file(&rig, DISK_DATABASE);
	const char *vfs = disk != NULL ? disk_name(disk) : NULL;

	assert_int_equal(sqlite3_open_v2(path, &engine, SQLITE_OPEN_READWRITE, vfs), SQLITE_OK);
	if (sqlite3_exec(engine, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(engine));
	sqlite3_close(engine);
}

/* Every plain column of every table in turn; the row is one of an odd salt. */
static void change_every_column(const struct disk *disk, unsigned *changes)
{
	struct hash got;
	char sql[300];

	for (size_t t = 0; t < TABLE_COUNT; t++)
		for (size_t c = 0; c < tables[t].column_count; c++) {
			static const char *const others[] = {"999999", "randomblob(16)", "randomblob(32)",
							     "randomblob(32)"};

			(void)snprintf(sql, sizeof sql,
				       "UPDATE \"%s\" SET \"%s\" = %s WHERE \"%s\" = (SELECT MAX(\"%s\") FROM \"%s\")",
				       tables[t].name, tables[t].columns[c].name, others[tables[t].columns[c].type],
				       tables[t].columns[0].name, tables[t].columns[0].name, tables[t].name);
			change(disk, sql);
			struct status s = read_all(&got);
			assert_noticed(s);
			if (disk != NULL)
				assert_string_equal(s.what, tables[t].name);
			restore();
			(*changes)++;
		}
}

static void every_plain_column_changed_by_sql_is_noticed(void **state)
{
	(void)state;
	unsigned changes = 0;

	change_every_column(NULL, &changes);
	print_message("# %u columns\n", changes);
}

static struct disk *open_disk(void)
{
	AUTO(secret) key = {0};
	struct disk *disk;

	assert_ok(rig_page_key(&key));
	assert_ok(disk_open(&os_real, rig.dir, &key, &disk));
	return disk;
}

static void the_seal_alone_notices_every_column_too(void **state)
{
	(void)state;
	struct disk *disk = open_disk();
	unsigned changes = 0;

	change_every_column(disk, &changes);
	disk_close(disk);
}

static void sealed_texts_that_changed_places_are_noticed(void **state)
{
	(void)state;
	struct disk *disk = open_disk();
	struct hash got;
	char sql[200];

	for (size_t t = 0; t < TABLE_COUNT; t++) {
		(void)snprintf(sql, sizeof sql,
			       "UPDATE \"%s\" SET \"sealed\" = (SELECT \"sealed\" FROM \"%s\" ORDER BY 1 DESC LIMIT 1)",
			       tables[t].name, tables[t].name);
		change(disk, sql);
		struct status s = read_all(&got);
		assert_noticed(s);
		assert_string_equal(s.what, tables[t].name);
		restore();
		(void)snprintf(sql, sizeof sql, "UPDATE \"%s\" SET \"sealed\" = x''", tables[t].name);
		change(disk, sql);
		assert_noticed(read_all(&got));
		restore();
	}
	disk_close(disk);
}

static void a_row_moved_to_another_patient_is_noticed(void **state)
{
	(void)state;
	struct disk *disk = open_disk();
	struct hash got;

	change(disk, "UPDATE record SET patient = (SELECT MAX(id) FROM patient)");
	struct status s = read_all(&got);
	assert_noticed(s);
	assert_string_equal(s.what, "record");
	restore();
	disk_close(disk);
}

static void rows_dropped_or_added_by_sql_are_noticed(void **state)
{
	(void)state;
	struct hash got;

	change(NULL, "DELETE FROM access WHERE recipient = (SELECT MAX(recipient) FROM access)");
	assert_noticed(read_all(&got));
	restore();
	change(NULL, "INSERT INTO outbox SELECT 77, sealed FROM outbox LIMIT 1");
	assert_noticed(read_all(&got));
	restore();
}

static void a_foreign_schema_is_refused(void **state)
{
	(void)state;
	static const char *const changes[] = {
		"CREATE TABLE more (a)",
		"CREATE TRIGGER t AFTER INSERT ON user BEGIN DELETE FROM access; END",
		"CREATE VIEW v AS SELECT * FROM user",
		"CREATE INDEX user_9 ON user (seq)",
		"DROP INDEX user_0",
		"ALTER TABLE user RENAME TO people",
	};
	struct disk *disk = open_disk();

	for (size_t i = 0; i < COUNT(changes); i++) {
		change(disk, changes[i]);
		struct status s = store_open(&rig.options, &store);
		assert_int_equal(s.code, ST_CORRUPT);
		assert_string_equal(s.what, "database schema");
		restore();
	}
	change(disk, "PRAGMA user_version = 2");
	assert_fails(ST_INVALID, store_open(&rig.options, &store));
	restore();
	disk_close(disk);
}

static struct status count(void *context, const struct row *row)
{
	unsigned *counts = context;

	counts[row->state]++;
	return OK;
}

static void one_damaged_row_does_not_hide_the_others(void **state)
{
	(void)state;
	struct disk *disk = open_disk();
	struct store_range range = {.index = TABLE_NONE};
	unsigned counts[3] = {0};
	AUTO(store_snapshot) snapshot = {0};

	change(disk, "UPDATE device SET seen = 7 WHERE id = (SELECT MAX(id) FROM device)");
	disk_close(disk);
	assert_ok(store_open(&rig.options, &store));
	assert_ok(store_snapshot_new(&store, &snapshot));
	struct status s = store_scan(snapshot.view, TABLE_DEVICE, &range, count, counts);
	assert_int_equal(s.code, ST_CORRUPT);
	assert_string_equal(s.what, "device");
	memset(counts, 0, sizeof counts);
	range.tolerant = true;
	assert_ok(store_scan(snapshot.view, TABLE_DEVICE, &range, count, counts));
	assert_int_equal(counts[ROW_WHOLE], 19);
	assert_int_equal(counts[ROW_DAMAGED], 1);
	store_snapshot_clear(&snapshot);
	store_clear(&store);
	restore();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_flipped_bit_is_noticed_or_without_effect),   TEST(every_page_that_is_read_is_compared),
		TEST(pages_that_changed_places_are_noticed),        TEST(a_shortened_database_is_noticed),
		TEST(every_plain_column_changed_by_sql_is_noticed), TEST(the_seal_alone_notices_every_column_too),
		TEST(sealed_texts_that_changed_places_are_noticed), TEST(a_row_moved_to_another_patient_is_noticed),
		TEST(rows_dropped_or_added_by_sql_are_noticed),     TEST(a_foreign_schema_is_refused),
		TEST(one_damaged_row_does_not_hide_the_others),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
