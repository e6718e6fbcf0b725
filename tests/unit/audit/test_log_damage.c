/* SPDX-License-Identifier: Apache-2.0 */
/* What a crash leaves is cut off; what somebody damaged is named.  Never the one for the other. */
#include "rig.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "logcheck.h"

/* A reserve of some sectors: each case reads and writes it whole. */
static void rig_small(struct rig *r)
{
	rig_new(r);
	r->options.reserve = 5000;
}

/* A log of two batches (of 20 and of ${last} leaves) that was killed: no chain ends are saved. */
static size_t two_batches(struct rig *r, unsigned last, struct buffer *batches)
{
	size_t first_end;

	r->options.snapshot_leaves = 1000;
	rig_open(r);
	rig_append(r, 20);
	first_end = rig_end(r);
	rig_append(r, last);
	rig_drop(r);
	rig_file(r, "batches", batches);
	return first_end;
}

static size_t used(const struct buffer *b)
{
	size_t len = b->len;

	while (len > 0 && b->bytes[len - 1] == 0)
		len--;
	return len;
}

static void expect_cut(struct rig *r, const struct buffer *damaged)
{
	rig_save_file(r, "batches", buffer_bytes(damaged));
	rig_open(r);
	assert_true(log_size(r->log) == 20);
	assert_true(log_cut(r->log) > 0);
	rig_drop(r);
	/* Once cut it is clean, and goes on as if nothing had been. */
	rig_open(r);
	assert_true(log_cut(r->log) == 0);
	rig_append(r, 2);
	rig_check(r, 22);
	rig_drop(r);
}

static void cuts_a_batch_that_was_not_written_to_its_end(void **state)
{
	struct rig r;
	AUTO(buffer) whole = {0}, damaged = {.max = 1 << 26};

	(void)state;
	rig_small(&r);
	size_t from = two_batches(&r, 3, &whole), to = used(&whole);

	for (size_t cut = from + 1; cut < to; cut += cut + 40 < to && cut > from + 30 ? 7 : 1) {
		damaged.len = 0;
		assert_ok(buffer_put(&damaged, buffer_bytes(&whole)));
		memset(damaged.bytes + cut, 0, to - cut);
		if (used(&damaged) == used(&whole))
			continue; /* the byte was zero anyway */
		expect_cut(&r, &damaged);
	}
	rig_remove(&r);
}

static void cuts_a_batch_of_which_sectors_are_missing(void **state)
{
	struct rig r;
	AUTO(buffer) whole = {0}, damaged = {.max = 1 << 26};

	(void)state;
	rig_small(&r);
	size_t from = two_batches(&r, 30, &whole), to = used(&whole);

	assert_true(to - from > 4096);
	for (size_t sector = from / 512; sector <= to / 512; sector++) {
		size_t begin = sector * 512 < from ? from : sector * 512;
		size_t end = sector * 512 + 512 > to ? to : sector * 512 + 512;

		damaged.len = 0;
		assert_ok(buffer_put(&damaged, buffer_bytes(&whole)));
		memset(damaged.bytes + begin, 0, end - begin);
		expect_cut(&r, &damaged);
	}
	rig_remove(&r);
}

static void cuts_a_file_that_ends_within_a_batch(void **state)
{
	struct rig r;
	AUTO(buffer) whole = {0}, damaged = {.max = 1 << 26};

	(void)state;
	rig_small(&r);
	r.options.reserve = 0;
	size_t from = two_batches(&r, 3, &whole), to = whole.len;

	for (size_t cut = from + 1; cut < to; cut += 13) {
		damaged.len = 0;
		assert_ok(buffer_put(&damaged, bytes_of(whole.bytes, cut)));
		expect_cut(&r, &damaged);
	}
	rig_remove(&r);
}

/* Every bit pattern tried is refused by name: none is taken for an unfinished batch. */
static void names_any_change_to_what_was_acknowledged(void **state)
{
	struct rig r;
	AUTO(buffer) whole = {0};

	(void)state;
	rig_small(&r);
	size_t from = two_batches(&r, 3, &whole), to = used(&whole);

	/* Every byte of the headers, of the last hash, and some of all else. */
	for (size_t at = 0; at < to; at += at < 40 || (at > from - 40 && at < from + 40) || at > to - 40 ? 1 : 5) {
		whole.bytes[at] ^= (uint8_t)(1u << at % 8);
		rig_save_file(&r, "batches", buffer_bytes(&whole));
		struct status s = rig_try_open(&r);

		assert_int_equal(s.code, ST_CORRUPT);
		assert_non_null(s.what);
		whole.bytes[at] ^= (uint8_t)(1u << at % 8);
	}
	rig_save_file(&r, "batches", buffer_bytes(&whole));
	rig_open(&r);
	rig_check(&r, 23);
	rig_close(&r);
	rig_remove(&r);
}

static void names_what_stands_behind_the_end(void **state)
{
	struct rig r;
	AUTO(buffer) whole = {0};

	(void)state;
	rig_small(&r);
	two_batches(&r, 3, &whole);
	for (size_t behind = 0; behind < 3000; behind += 97) {
		size_t at = used(&whole) + behind;

		whole.bytes[at] = 7;
		rig_save_file(&r, "batches", buffer_bytes(&whole));
		whole.bytes[at] = 0;
		struct status s = rig_try_open(&r);

		/* Less than a header with nothing behind it, or with its sector missing, may be what a crash left. */
		if (ok(s)) {
			assert_true(log_size(r.log) == 23 && log_cut(r.log) > 0);
			rig_drop(&r);
		} else {
			assert_int_equal(s.code, ST_CORRUPT);
		}
	}
	rig_remove(&r);
}

struct snapshot {
	const char *name;
	struct buffer bytes;
};

static struct status read_everything(struct rig *r, uint64_t count)
{
	AUTO(buffer) out = {.max = 1 << 20};
	struct logread_opening o = {0};
	struct status s = OK;
	struct tree_proof p;

	for (uint64_t i = 0; ok(s) && i < count; i++) {
		s = logread_open(r->reader, i, &o);
		if (ok(s))
			assert_true(o.leaf.time == rig_event(i).time);
	}
	for (uint64_t i = 0; ok(s) && i < count / TILE_WIDTH; i++) {
		const struct tile t = {TILE_HASHES, 0, i, TILE_WIDTH};

		s = logread_tile(r->reader, &t, &out);
	}
	for (uint64_t i = 1; ok(s) && i < count; i += 7)
		s = logread_prove_consistency(r->reader, i, count, &p);
	logread_opening_clear(&o);
	return s;
}

/* With its chain ends saved a start does not read the old batches; a reader does. */
static void one_flipped_bit_is_named_or_mended(void **state)
{
	static struct snapshot files[] = {
		{.name = "batches"}, {.name = "offsets"}, {.name = "tiles/0"}, {.name = "tiles/1"}, {.name = "heads"},
	};
	struct rig r;
	const unsigned rounds = part_of(200);
	unsigned refused = 0, mended = 0;

	(void)state;
	rig_small(&r);
	rig_open(&r);
	for (unsigned i = 0; i < 10; i++)
		rig_append(&r, 60);
	rig_close(&r);
	for (size_t i = 0; i < COUNT(files); i++)
		rig_file(&r, files[i].name, &files[i].bytes);
	srand(1);
	for (unsigned round = 0; round < rounds; round++) {
		struct buffer *b = &files[round % COUNT(files)].bytes;
		size_t at = (size_t)rand() % used(b); /* behind it is the reserve */
		uint8_t bit = (uint8_t)(1 << rand() % 8);

		b->bytes[at] ^= bit;
		for (size_t i = 0; i < COUNT(files); i++)
			rig_save_file(&r, files[i].name, buffer_bytes(&files[i].bytes));
		b->bytes[at] ^= bit;
		struct status s = rig_try_open(&r);

		if (ok(s)) {
			assert_true(log_size(r.log) == 600);
			s = read_everything(&r, 600);
			rig_drop(&r);
		}
		assert_true(ok(s) || (s.code == ST_CORRUPT && s.what != NULL));
		refused += ok(s) ? 0 : 1;
		mended += ok(s) ? 1 : 0;
	}
	print_message("# %u named, %u mended\n", refused, mended);
	/* Offsets and the edge of the tiles are mended, or not asked for. */
	assert_true(refused >= rounds * 3 / 10);
	for (size_t i = 0; i < COUNT(files); i++)
		buffer_clear(&files[i].bytes);
	rig_remove(&r);
}

/* There is no byte that the full check does not compare with another. */
static void a_full_check_names_every_flipped_bit(void **state)
{
	static const char *const names[] = {"batches", "offsets", "tiles/0", "tiles/1"};
	struct logcheck_report report;
	struct rig r;

	(void)state;
	rig_small(&r);
	rig_open(&r);
	for (unsigned i = 0; i < 10; i++)
		rig_append(&r, 60);
	assert_ok(logcheck_run(r.log, &rig_keys, &report));
	assert_true(report.leaves == 600 && report.batches == 10 && report.erased == 0);
	rig_erased = 3;
	assert_ok(logcheck_run(r.log, &rig_keys, &report));
	assert_true(report.leaves == 600 && report.erased > 30);
	rig_erased = -1;
	srand(2);
	for (unsigned round = 0; round < part_of(160); round++) {
		const char *name = names[round % COUNT(names)];
		const size_t sizes[] = {rig_end(&r), 600 * 8, 600 * 32, 2 * 32};
		const off_t at = (off_t)((size_t)rand() % sizes[round % COUNT(names)]);
		int fd = openat(r.dir, name, O_RDWR | O_CLOEXEC);
		uint8_t byte, flipped;

		assert_int_equal(pread(fd, &byte, 1, at), 1);
		flipped = (uint8_t)(byte ^ (1 << rand() % 8));
		assert_int_equal(pwrite(fd, &flipped, 1, at), 1);
		struct status s = logcheck_run(r.log, &rig_keys, &report);

		assert_int_equal(s.code, ST_CORRUPT);
		assert_non_null(s.what);
		assert_true(report.leaves < 600 && report.leaves % 60 == 0);
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
		close(fd);
	}
	assert_ok(logcheck_run(r.log, &rig_keys, &report));
	rig_close(&r);
	rig_remove(&r);
}

int main(void)
{
	if (!rig_setup())
		return 1;
	const struct CMUnitTest tests[] = {
		TEST(cuts_a_batch_that_was_not_written_to_its_end),
		TEST(cuts_a_batch_of_which_sectors_are_missing),
		TEST(cuts_a_file_that_ends_within_a_batch),
		TEST(names_any_change_to_what_was_acknowledged),
		TEST(names_what_stands_behind_the_end),
		TEST(one_flipped_bit_is_named_or_mended),
		TEST(a_full_check_names_every_flipped_bit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
