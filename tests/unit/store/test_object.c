/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "object.h"
#include "rig.h"

static struct rig rig;
static struct objects *objects;

static int setup(void **state)
{
	(void)state;
	rig = rig_new();
	return ok(objects_open(&rig_faulty, rig.dir, &objects)) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	rig_fault_none();
	objects_close(objects);
	assert_int_equal(rig_fault.open_files, 0);
	rig_end(&rig);
	return 0;
}

static struct uuid id_of(uint8_t n)
{
	return (struct uuid){{1, 0x93, 7, n, 0, 0, 0x70, 0, 0x80, [15] = n}};
}

static struct status publish(uint8_t n, const char *content)
{
	struct object_writer w = {0};
	struct uuid id = id_of(n);
	struct bytes bytes = bytes_of(content, strlen(content));

	TRY(object_begin(objects, &id, &w));
	struct status s = object_write(&w, bytes, 0);
	if (ok(s))
		s = object_publish(&w, bytes.len);
	if (ok(s))
		s = object_settle(&w);
	object_writer_clear(&w);
	return s;
}

static struct status read_back(uint8_t n, char *out, size_t len)
{
	struct object_reader r = {0};
	struct uuid id = id_of(n);

	TRY(object_open(objects, &id, &r));
	struct status s = object_read(&r, 0, out, len);
	object_reader_clear(&r);
	return s;
}

static void what_is_published_is_read(void **state)
{
	(void)state;
	char out[8] = "";
	struct stat status;

	assert_ok(publish(1, "content"));
	assert_ok(read_back(1, out, 7));
	assert_string_equal(out, "content");
	assert_fails(ST_CORRUPT, read_back(1, out, 8));
	assert_fails(ST_NOT_FOUND, read_back(2, out, 7));
	assert_int_equal(os_real.stat(rig.dir, "objects/07/01", &status), 0);
	assert_int_equal(status.st_mode & 0777, 0700);
}

static void an_unpublished_object_disappears_unless_kept(void **state)
{
	(void)state;
	struct object_writer w = {0};
	struct uuid id = id_of(1);
	char out[4];
	struct stat status;

	assert_ok(object_begin(objects, &id, &w));
	assert_ok(object_write(&w, BYTES_LITERAL("part"), 0));
	char name[64];
	(void)snprintf(name, sizeof name, "uploads/%s", id_print(ID_UPLOAD, &id).at);
	object_writer_clear(&w);
	assert_int_equal(os_real.stat(rig.dir, name, &status), -1);
	assert_ok(object_begin(objects, &id, &w));
	assert_ok(object_write(&w, BYTES_LITERAL("part"), 0));
	assert_ok(object_sync(&w));
	w.keep = true;
	object_writer_clear(&w);
	assert_ok(object_begin(objects, &id, &w));
	assert_ok(object_reread(&w, 0, out, sizeof out));
	assert_memory_equal(out, "part", 4);
	object_writer_clear(&w);
}

static void one_writer_at_a_time(void **state)
{
	(void)state;
	struct object_writer w = {0}, second = {0}, other = {0};
	struct uuid id = id_of(1), another = id_of(2);

	assert_false(object_live(objects, &id));
	assert_ok(object_begin(objects, &id, &w));
	assert_true(object_live(objects, &id));
	assert_fails(ST_BUSY, object_begin(objects, &id, &second));
	assert_ok(object_begin(objects, &another, &other));
	assert_ok(object_publish(&w, 0));
	assert_true(object_live(objects, &id)); /* until its row is committed */
	object_writer_clear(&w);
	assert_false(object_live(objects, &id));
	assert_true(object_live(objects, &another));
	object_writer_clear(&other);
}

static void a_published_object_can_be_taken_back(void **state)
{
	(void)state;
	struct object_writer w = {0};
	struct uuid id = id_of(1);
	char out[4];

	assert_ok(object_begin(objects, &id, &w));
	assert_ok(object_write(&w, BYTES_LITERAL("part"), 0));
	w.keep = true;
	assert_ok(object_publish(&w, 4));
	assert_ok(object_unpublish(&w));
	object_writer_clear(&w);
	assert_fails(ST_NOT_FOUND, read_back(1, out, 4));
	assert_ok(object_begin(objects, &id, &w));
	assert_ok(object_publish(&w, 4));
	object_writer_clear(&w);
	assert_ok(read_back(1, out, 4));
}

static bool is_there(const char *folder, enum id_kind kind, const struct uuid *id)
{
	struct stat status;
	char name[100];

	(void)snprintf(name, sizeof name, "%s/%s", folder, id_print(kind, id).at);
	return os_real.stat(rig.dir, name, &status) == 0;
}

static void what_is_written_at_once_was_never_an_upload(void **state)
{
	(void)state;
	struct object_writer w = {0}, second = {0};
	struct uuid id = id_of(1);
	char out[8] = "";

	assert_ok(object_begin_whole(objects, &id, &w));
	assert_true(object_live(objects, &id));
	assert_false(is_there("uploads", ID_UPLOAD, &id));
	assert_fails(ST_BUSY, object_begin_whole(objects, &id, &second));
	assert_ok(object_write(&w, BYTES_LITERAL("content"), 0));
	assert_ok(object_publish(&w, 7));
	assert_ok(object_settle(&w));
	object_writer_clear(&w);
	assert_ok(read_back(1, out, 7));
	assert_string_equal(out, "content");
	/* Nobody writes over it. */
	assert_fails(ST_CONFLICT, object_begin_whole(objects, &id, &second));
	assert_false(object_live(objects, &id));
	assert_ok(read_back(1, out, 7));
}

static void what_was_to_be_written_at_once_disappears_unless_named(void **state)
{
	(void)state;
	struct object_writer w = {0};
	struct uuid id = id_of(1);

	/* Given up while it was written; its sync failed; its row was refused. */
	assert_ok(object_begin_whole(objects, &id, &w));
	assert_ok(object_write(&w, BYTES_LITERAL("part"), 0));
	assert_true(is_there("objects/07/01", ID_OBJECT, &id));
	object_writer_clear(&w);
	assert_false(is_there("objects/07/01", ID_OBJECT, &id));
	assert_ok(object_begin_whole(objects, &id, &w));
	rig_fault_from(0, true, EIO);
	assert_fails(ST_IO, object_publish(&w, 0));
	rig_fault_none();
	object_writer_clear(&w);
	assert_false(is_there("objects/07/01", ID_OBJECT, &id));
	assert_ok(object_begin_whole(objects, &id, &w));
	assert_ok(object_publish(&w, 0));
	assert_ok(object_unpublish(&w));
	object_writer_clear(&w);
	assert_false(is_there("objects/07/01", ID_OBJECT, &id));
	assert_false(is_there("uploads", ID_UPLOAD, &id));
}

/* Syncs of directories: those since, and when they are to fail. */
static struct {
	int count;
	bool fail;
} folder_syncs;

static int sync_and_count(int fd)
{
	struct stat status;

	assert_int_equal(fstat(fd, &status), 0);
	if (!S_ISDIR(status.st_mode))
		return fsync(fd);
	folder_syncs.count++;
	if (!folder_syncs.fail)
		return fsync(fd);
	errno = EIO;
	return -1;
}

#define BATCH 5

/* Published, not settled; the third number of an id says in which folder. */
static void publish_batch(struct objects *o, uint8_t first, struct object_writer w[BATCH])
{
	for (uint8_t i = 0; i < BATCH; i++) {
		struct uuid id = id_of((uint8_t)(first + i));

		id.bytes[3] = first;
		/* Some were uploads, some are written at once. */
		assert_ok(i % 2 == 0 ? object_begin(o, &id, &w[i]) : object_begin_whole(o, &id, &w[i]));
		assert_ok(object_write(&w[i], BYTES_LITERAL("part"), 0));
		assert_ok(object_publish(&w[i], 4));
	}
}

static void clear_batch(struct object_writer w[BATCH])
{
	for (size_t i = 0; i < BATCH; i++)
		object_writer_clear(&w[i]);
}

static void names_given_together_share_a_sync(void **state)
{
	(void)state;
	struct os os = os_real;
	struct object_writer first[BATCH] = {0}, second[BATCH] = {0}, third[BATCH] = {0};
	struct objects *o;

	os.sync = sync_and_count;
	assert_ok(objects_open(&os, rig.dir, &o));
	publish_batch(o, 1, first);
	folder_syncs.count = 0;
	for (size_t i = 0; i < BATCH; i++)
		assert_ok(object_settle(&first[i]));
	assert_int_equal(folder_syncs.count, 1);
	assert_ok(object_settle(&first[0]));
	assert_int_equal(folder_syncs.count, 1);
	/* The next ones need one of their own. */
	publish_batch(o, 10, second);
	folder_syncs.count = 0;
	assert_ok(object_settle(&second[BATCH - 1]));
	assert_int_equal(folder_syncs.count, 1);
	assert_ok(object_settle(&second[0]));
	assert_int_equal(folder_syncs.count, 1);
	clear_batch(first);
	clear_batch(second);
	/* Names in a folder that is left are durable before the next folder has one. */
	publish_batch(o, 20, first);
	folder_syncs.count = 0;
	publish_batch(o, 30, third);
	assert_true(folder_syncs.count > 0);
	folder_syncs.count = 0;
	for (size_t i = 0; i < BATCH; i++)
		assert_ok(object_settle(&first[i]));
	assert_int_equal(folder_syncs.count, 0);
	assert_ok(object_settle(&third[0]));
	assert_int_equal(folder_syncs.count, 1);
	clear_batch(first);
	clear_batch(third);
	objects_close(o);
}

/* What the system says of the next sync means nothing after one that failed. */
static void a_sync_that_failed_failed_for_all(void **state)
{
	(void)state;
	struct os os = os_real;
	struct object_writer lost[BATCH] = {0}, later[BATCH] = {0}, left[BATCH] = {0};
	struct objects *o;

	os.sync = sync_and_count;
	assert_ok(objects_open(&os, rig.dir, &o));
	publish_batch(o, 1, lost);
	folder_syncs.fail = true;
	assert_fails(ST_IO, object_settle(&lost[1]));
	folder_syncs.fail = false;
	for (size_t i = 0; i < BATCH; i++)
		assert_fails(ST_IO, object_settle(&lost[i]));
	clear_batch(lost);
	/* Nobody else is concerned. */
	for (uint8_t i = 0; i < BATCH; i++) {
		struct uuid id = id_of((uint8_t)(40 + i));

		id.bytes[3] = 1;
		assert_ok(object_begin(o, &id, &later[i]));
		assert_ok(object_publish(&later[i], 0));
		assert_ok(object_settle(&later[i]));
	}
	clear_batch(later);
	/* The same when it is the folder that is left. */
	publish_batch(o, 50, left);
	struct uuid next = id_of(60);
	folder_syncs.fail = true;
	assert_ok(object_begin(o, &next, &later[0]));
	assert_fails(ST_IO, object_publish(&later[0], 0));
	object_writer_clear(&later[0]);
	folder_syncs.fail = false;
	assert_fails(ST_IO, object_settle(&left[2]));
	clear_batch(left);
	objects_close(o);
}

/* An upload that an earlier process left is cut to what its row knows. */
static void a_file_that_was_there_is_cut(void **state)
{
	(void)state;
	struct object_writer w = {0};
	struct uuid id = id_of(1);
	char out[8];

	assert_ok(object_begin(objects, &id, &w));
	assert_ok(object_write(&w, BYTES_LITERAL("part and more"), 0));
	w.keep = true;
	object_writer_clear(&w);
	assert_ok(object_begin(objects, &id, &w));
	assert_ok(object_publish(&w, 4));
	assert_ok(object_settle(&w));
	object_writer_clear(&w);
	assert_ok(read_back(1, out, 4));
	assert_fails(ST_CORRUPT, read_back(1, out, 5));
}

static void removing_twice_is_fine(void **state)
{
	(void)state;
	struct uuid id = id_of(1), nowhere = id_of(9);
	char out[4];

	assert_ok(publish(1, "content"));
	assert_ok(object_remove(objects, &id));
	assert_ok(object_remove(objects, &id));
	assert_ok(object_remove(objects, &nowhere));
	assert_ok(object_remove_upload(objects, &id));
	assert_fails(ST_NOT_FOUND, read_back(1, out, 4));
}

struct walked {
	unsigned whole, uploads, strange;
	uint64_t bytes;
};

static struct status see(void *context, const struct object_found *found)
{
	struct walked *walked = context;

	walked->whole += found->place == OBJECT_WHOLE;
	walked->uploads += found->place == OBJECT_UPLOAD;
	walked->strange += found->place == OBJECT_STRANGE;
	walked->bytes += found->size;
	return OK;
}

static void write_file(const char *name)
{
	int fd = os_real.open(rig.dir, name, O_CREAT | O_WRONLY, 0600);

	assert_true(fd >= 0);
	close(fd);
}

static void a_walk_meets_every_file_once(void **state)
{
	(void)state;
	struct walked walked = {0};
	struct uuid kept = id_of(50), first = id_of(0);
	struct object_writer w = {0};
	char name[100];

	for (uint8_t n = 0; n < 20; n++)
		assert_ok(publish(n, "0123456789"));
	assert_ok(object_begin(objects, &kept, &w));
	w.keep = true;
	object_writer_clear(&w);
	write_file("objects/stray");
	write_file("objects/07/stray");
	write_file("objects/07/00/.draft");
	write_file("uploads/up-0");
	/* A good name at a wrong place. */
	(void)snprintf(name, sizeof name, "objects/07/05/%s", id_print(ID_OBJECT, &first).at);
	write_file(name);
	(void)snprintf(name, sizeof name, "uploads/%s", id_print(ID_OBJECT, &first).at);
	write_file(name);
	assert_ok(object_walk(objects, see, &walked));
	assert_int_equal(walked.whole, 20);
	assert_int_equal(walked.uploads, 1);
	assert_int_equal(walked.strange, 6);
	assert_int_equal(walked.bytes, 200);
}

static void a_link_is_not_followed(void **state)
{
	(void)state;
	struct uuid id = id_of(1);
	char name[64], out[4];

	assert_ok(publish(1, "content"));
	(void)snprintf(name, sizeof name, "objects/07/01/%s", id_print(ID_OBJECT, &id).at);
	assert_int_equal(renameat(rig.dir, name, rig.dir, "elsewhere"), 0);
	assert_int_equal(symlinkat("../../../elsewhere", rig.dir, name), 0);
	assert_fails(ST_IO, read_back(1, out, 4));
}

static void every_fault_leaves_a_whole_object_or_none(void **state)
{
	(void)state;
	const int errors[] = {EIO, ENOSPC};

	for (unsigned round = 0; round < 4; round++) {
		bool met = true;
		uint8_t n = (uint8_t)(round * 40);

		for (long at = 0; met; at++, n++) {
			char out[8] = "";

			rig_fault_from(at, round & 1, errors[round / 2]);
			struct status s = publish(n, "content");
			met = rig_fault.calls > at;
			rig_fault_none();
			struct status got = read_back(n, out, 7);
			if (ok(s))
				assert_ok(got);
			else
				assert_true(s.code == (errors[round / 2] == EIO ? ST_IO : ST_FULL));
			/* A failure after the rename leaves it whole, and an orphan. */
			if (ok(got))
				assert_string_equal(out, "content");
			else
				assert_int_equal(got.code, ST_NOT_FOUND);
			struct uuid id = id_of(n);
			assert_ok(object_remove(objects, &id));
			assert_ok(object_remove_upload(objects, &id));
		}
		assert_true(n - round * 40 > 6);
	}
}

int main(void)
{
#define FRESH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		FRESH(what_is_published_is_read),
		FRESH(an_unpublished_object_disappears_unless_kept),
		FRESH(one_writer_at_a_time),
		FRESH(a_published_object_can_be_taken_back),
		FRESH(what_is_written_at_once_was_never_an_upload),
		FRESH(what_was_to_be_written_at_once_disappears_unless_named),
		FRESH(names_given_together_share_a_sync),
		FRESH(a_sync_that_failed_failed_for_all),
		FRESH(a_file_that_was_there_is_cut),
		FRESH(removing_twice_is_fine),
		FRESH(a_walk_meets_every_file_once),
		FRESH(a_link_is_not_followed),
		FRESH(every_fault_leaves_a_whole_object_or_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
