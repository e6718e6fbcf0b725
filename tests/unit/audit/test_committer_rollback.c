/* SPDX-License-Identifier: Apache-2.0 */
/* Rows and log of different days are refused (PROMISES#B2). */
#include "committer_fixture.h"

#define DATABASE "tacenda.db"

/* ---- Rows and log of different days ---- */

static const char *const row_files[] = {DATABASE, DATABASE "-wal"};

struct rows {
	struct buffer files[COUNT(row_files)];
};

static void take_rows(struct site *s, struct rows *out)
{
	for (size_t i = 0; i < COUNT(row_files); i++)
		if (faccessat(s->rig.dir, row_files[i], F_OK, 0) == 0)
			rig_file(&s->rig, row_files[i], &out->files[i]);
}

static void put_rows(struct site *s, const struct rows *r)
{
	for (size_t i = 0; i < COUNT(row_files); i++)
		rig_save_file(&s->rig, row_files[i], buffer_bytes(&r->files[i]));
}

static void rows_clear(struct rows *r)
{
	for (size_t i = 0; i < COUNT(row_files); i++)
		buffer_clear(&r->files[i]);
}

static void make_changes(struct site *s, uint32_t from, uint32_t to)
{
	struct event e = rig_event(0);
	struct committer_entry read = {.events = &e, .event_count = 1};

	for (uint32_t i = from; i < to; i++) {
		struct change c = change_of(i, 1 + i % 3, NO_FAULT), refused = change_of(1000 + i, 1, REFUSE_LATE);

		assert_ok(committer_run(s->committer, &c.entry));
		assert_ok(committer_run(s->committer, &read));
		assert_fails(ST_DENIED, committer_run(s->committer, &refused.entry));
	}
}

/* Opened but for the committer: since which leaf rows are missing. */
static struct committer_gap gap_of(struct site *s)
{
	struct committer_gap gap;

	assert_ok(store_open(&(struct store_options){.os = &rig_quiet, .dir = s->rig.dir, .keys = {.key = row_key}},
			     &s->store));
	assert_ok(log_open(&s->rig.options, &s->log));
	assert_fails(ST_CORRUPT, committer_compare(&s->store, s->log, &gap));
	stop_all(s);
	return gap;
}

static void rows_older_than_the_log_are_refused(void **state)
{
	AUTO(rows) early = {0};
	AUTO(rows) late = {0};
	struct change next = change_of(10, 2, NO_FAULT);
	struct site s;

	(void)state;
	site_new(&s);
	site_start(&s);
	make_changes(&s, 0, 10);
	stop_all(&s);
	take_rows(&s, &early);
	site_start(&s);
	const uint64_t size = log_size(s.log);

	assert_ok(committer_run(s.committer, &next.entry));
	make_changes(&s, 11, 40);
	const uint64_t end = log_size(s.log);

	stop_all(&s);
	take_rows(&s, &late);
	put_rows(&s, &early);
	struct status refused = site_try(&s);

	assert_int_equal(refused.code, ST_CORRUPT);
	assert_non_null(strstr(refused.what, "older than the log"));
	const struct committer_gap gap = gap_of(&s);

	assert_true(gap.first == size && next.first == size && gap.end == end);
	/* The log has not been touched, and the right rows fit it. */
	put_rows(&s, &late);
	site_start(&s);
	for (uint32_t i = 0; i < 40; i++)
		check_change(&s, i, true);
	stop_all(&s);
	site_remove(&s);
}

static void a_log_older_than_the_rows_is_refused(void **state)
{
	static const char *const derived[] = {"log/heads", "log/heads.before", "log/offsets", "log/tiles/0"};
	AUTO(buffer) early = {0};
	struct site s;

	(void)state;
	site_new(&s);
	site_start(&s);
	make_changes(&s, 0, 10);
	stop_all(&s);
	rig_file(&s.rig, "log/batches", &early);
	site_start(&s);
	make_changes(&s, 10, 12);
	stop_all(&s);
	/* The start empties the outbox, so that nothing there names the leaves that will be missing. */
	site_start(&s);
	stop_all(&s);
	rig_save_file(&s.rig, "log/batches", buffer_bytes(&early));
	for (size_t i = 0; i < COUNT(derived); i++)
		(void)unlinkat(s.rig.dir, derived[i], 0);
	struct status refused = site_try(&s);

	assert_int_equal(refused.code, ST_CORRUPT);
	assert_non_null(strstr(refused.what, "older than the database"));
	site_remove(&s);
}

/* Changes that were acknowledged and not yet moved into the database: all of them in the write-ahead log. */
static void leave_changes_in_the_log(struct site *s, uint32_t count)
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		if (!ok(site_try(s)))
			_exit(1);
		make_changes(s, 0, count);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* Refused with all its reasons, or nothing is missing. */
static bool refused_or_whole(struct site *s, uint32_t count)
{
	struct status opened = site_try(s);

	if (!ok(opened)) {
		assert_int_equal(opened.code, ST_CORRUPT);
		assert_non_null(opened.what);
		return true;
	}
	for (uint32_t i = 0; i < count; i++)
		check_change(s, i, true);
	stop_all(s);
	return false;
}

static void restore_log(struct site *s, const struct buffer *batches)
{
	rig_save_file(&s->rig, "log/batches", buffer_bytes(batches));
	(void)unlinkat(s->rig.dir, "log/heads", 0);
	(void)unlinkat(s->rig.dir, "log/heads.before", 0);
}

/* The engine drops what follows a damaged frame and says nothing; the log knows. */
static void a_damaged_write_ahead_log_never_drops_a_change_unseen(void **state)
{
	AUTO(rows) whole = {0};
	AUTO(buffer) batches = {0};
	unsigned refused = 0;
	struct site s;

	(void)state;
	site_new(&s);
	leave_changes_in_the_log(&s, 12);
	take_rows(&s, &whole);
	rig_file(&s.rig, "log/batches", &batches);
	struct buffer *wal = &whole.files[1];
	const size_t end = wal->len;

	assert_true(end > 20 * 4096);
	srand(3);
	for (unsigned round = 0; round < 80; round++) {
		const size_t at = (size_t)rand() % end;
		const uint8_t bit = (uint8_t)(1 << rand() % 8);

		/* Three in four flipped, the others cut. */
		if (round % 4 != 0)
			wal->bytes[at] ^= bit;
		else
			wal->len = at;
		put_rows(&s, &whole);
		restore_log(&s, &batches);
		refused += refused_or_whole(&s, 12);
		if (round % 4 != 0)
			wal->bytes[at] ^= bit;
		wal->len = end;
	}
	print_message("# %u of 80 refused, the others without effect\n", refused);
	assert_true(refused > 40);
	put_rows(&s, &whole);
	restore_log(&s, &batches);
	assert_false(refused_or_whole(&s, 12));
	site_remove(&s);
}

int main(void)
{
	if (!rig_setup())
		return 1;
	const struct CMUnitTest tests[] = {
		TEST(rows_older_than_the_log_are_refused),
		TEST(a_log_older_than_the_rows_is_refused),
		TEST(a_damaged_write_ahead_log_never_drops_a_change_unseen),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
