/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "faults.h"
#include "hash.h"
#include "journal.h"
#include "rows.h"
#include "secret.h"

#define NIGHT     7
#define FILE_NAME "journal.00000007"
#define HEAD_LEN  12
#define PUT_LEN   (1 + 17 + 4 + ROWS_SEALED_KEY + 32)

static const struct hash snapshot = {{1, 2, 3}};

/* What a replay saw. */
struct seen {
	size_t puts, destroys;
	struct key_name last;
};

static struct status see(void *context, enum journal_op op, const struct key_name *name, struct bytes sealed)
{
	struct seen *seen = context;

	assert_int_equal(sealed.len, op == JOURNAL_PUT ? ROWS_SEALED_KEY : 0);
	seen->puts += op == JOURNAL_PUT;
	seen->destroys += op == JOURNAL_DESTROY;
	seen->last = *name;
	return OK;
}

static struct status reopen(const struct folder *f, struct seen *seen, struct journal *out)
{
	const struct journal_visitor visitor = {see, seen};

	*seen = (struct seen){0};
	return journal_open(&os_real, f->fd, NIGHT, &snapshot, &visitor, out);
}

static void append(struct journal *j, size_t first, size_t count)
{
	AUTO(journal_batch) batch = journal_batch_of(j);
	static const uint8_t sealed[ROWS_SEALED_KEY] = {9};

	for (size_t i = first; i < first + count; i++) {
		struct key_name name = key_name_number(KEY_LOG_YEAR, i);

		assert_ok(journal_batch_add(&batch, JOURNAL_PUT, &name, BYTES_OF(sealed)));
	}
	assert_ok(journal_write(j, &batch));
}

static int fresh(void **state)
{
	static struct folder f;
	AUTO(journal) j = {.fd = -1};

	folder_make(&f);
	assert_ok(journal_create(&os_real, f.fd, NIGHT, &snapshot, &j));
	append(&j, 0, 3);
	append(&j, 3, 2);
	*state = &f;
	return 0;
}

static int gone(void **state)
{
	folder_remove(*state);
	return 0;
}

static void gives_back_every_entry_in_order(void **state)
{
	AUTO(journal) j = {.fd = -1};
	struct seen seen;

	assert_ok(reopen(*state, &seen, &j));
	assert_int_equal(seen.puts, 5);
	struct key_name last = key_name_number(KEY_LOG_YEAR, 4);
	assert_true(key_name_equal(&seen.last, &last));
	append(&j, 5, 1);
	journal_clear(&j);
	assert_ok(reopen(*state, &seen, &j));
	assert_int_equal(seen.puts, 6);
}

static void remembers_a_destruction(void **state)
{
	AUTO(journal) j = {.fd = -1};
	struct seen seen;
	struct key_name name = key_name_number(KEY_LOG_YEAR, 1);

	assert_ok(reopen(*state, &seen, &j));
	AUTO(journal_batch) batch = journal_batch_of(&j);
	assert_ok(journal_batch_add(&batch, JOURNAL_DESTROY, &name, bytes_of(NULL, 0)));
	assert_ok(journal_write(&j, &batch));
	journal_clear(&j);
	assert_ok(reopen(*state, &seen, &j));
	assert_int_equal(seen.destroys, 1);
}

static void refuses_an_entry_that_the_format_has_not(void **state)
{
	AUTO(journal) j = {.fd = -1};
	struct seen seen;
	struct key_name name = key_name_number(KEY_LOG_YEAR, 1), none = {{0}};

	assert_ok(reopen(*state, &seen, &j));
	AUTO(journal_batch) batch = journal_batch_of(&j);
	assert_fails(ST_INVALID, journal_batch_add(&batch, JOURNAL_PUT, &name, BYTES_LITERAL("short")));
	assert_fails(ST_INVALID, journal_batch_add(&batch, JOURNAL_DESTROY, &name, BYTES_LITERAL("x")));
	assert_fails(ST_INVALID, journal_batch_add(&batch, JOURNAL_DESTROY, &none, bytes_of(NULL, 0)));
	assert_fails(ST_INVALID, journal_batch_add(&batch, (enum journal_op)3, &name, bytes_of(NULL, 0)));
	assert_int_equal(batch.bytes.len, 0);
}

/* Every length that an append can be cut to. */
static void cuts_a_torn_tail_at_every_length(void **state)
{
	struct folder *f = *state;
	size_t whole = folder_size(f, FILE_NAME);

	for (size_t len = HEAD_LEN; len < whole; len++) {
		AUTO(journal) j = {.fd = -1};
		struct folder torn;
		struct seen seen;

		folder_copy(f, &torn);
		int fd = openat(torn.fd, FILE_NAME, O_RDWR | O_CLOEXEC);
		assert_int_equal(ftruncate(fd, (off_t)len), 0);
		(void)close(fd);
		assert_ok(reopen(&torn, &seen, &j));
		assert_int_equal(seen.puts, (len - HEAD_LEN) / PUT_LEN);
		assert_int_equal(folder_size(&torn, FILE_NAME), HEAD_LEN + seen.puts * PUT_LEN);
		append(&j, 100, 1);
		journal_clear(&j);
		assert_ok(reopen(&torn, &seen, &j));
		assert_int_equal(seen.puts, (len - HEAD_LEN) / PUT_LEN + 1);
		folder_remove(&torn);
	}
}

static void cuts_zeros_where_bytes_never_arrived(void **state)
{
	struct folder *f = *state;
	AUTO(journal) j = {.fd = -1};
	struct seen seen;
	size_t whole = folder_size(f, FILE_NAME);
	int fd = openat(f->fd, FILE_NAME, O_RDWR | O_CLOEXEC);

	assert_int_equal(ftruncate(fd, (off_t)whole + 4096), 0);
	(void)close(fd);
	assert_ok(reopen(f, &seen, &j));
	assert_int_equal(seen.puts, 5);
	assert_int_equal(folder_size(f, FILE_NAME), whole);
}

/* PROMISES#S1: what was acknowledged must not vanish as if it had been torn. */
static void names_every_flipped_bit_as_damage(void **state)
{
	struct folder *f = *state;
	size_t bits = folder_size(f, FILE_NAME) * 8;

	for (size_t bit = 0; bit < bits; bit++) {
		AUTO(journal) j = {.fd = -1};
		struct seen seen;

		assert_true(folder_flip(f, FILE_NAME, bit));
		struct status s = reopen(f, &seen, &j);
		/* A version that is higher by one bit passes for a newer one: refused as well. */
		if (s.code != ST_CORRUPT && s.code != ST_CONFLICT)
			fail_msg("bit %zu: %s", bit, status_name(s.code));
		assert_true(folder_flip(f, FILE_NAME, bit));
	}
}

static void fits_its_own_snapshot_and_night_only(void **state)
{
	struct folder *f = *state;
	AUTO(journal) j = {.fd = -1};
	struct seen seen = {0};
	const struct journal_visitor visitor = {see, &seen};
	const struct hash other = {{1, 2, 4}};

	assert_fails(ST_CORRUPT, journal_open(&os_real, f->fd, NIGHT, &other, &visitor, &j));
	assert_int_equal(renameat(f->fd, FILE_NAME, f->fd, "journal.00000008"), 0);
	assert_fails(ST_CORRUPT, journal_open(&os_real, f->fd, NIGHT + 1, &snapshot, &visitor, &j));
}

static void a_missing_one_is_damage(void **state)
{
	struct folder *f = *state;
	AUTO(journal) j = {.fd = -1};
	struct seen seen;

	assert_int_equal(unlinkat(f->fd, FILE_NAME, 0), 0);
	struct status s = reopen(f, &seen, &j);
	assert_int_equal(s.code, ST_CORRUPT);
	assert_string_equal(s.what, REASON_JOURNAL);
}

static void names_a_newer_format(void **state)
{
	struct folder *f = *state;
	AUTO(journal) j = {.fd = -1};
	struct seen seen;
	int fd = openat(f->fd, FILE_NAME, O_RDWR | O_CLOEXEC);

	assert_int_equal(pwrite(fd, "2", 1, 3), 1);
	(void)close(fd);
	struct status s = reopen(f, &seen, &j);
	assert_int_equal(s.code, ST_CONFLICT);
	assert_string_equal(s.what, REASON_NEWER);
}

/* A long append that fails and a short one that succeeds must not leave the rest of the long one behind. */
static void a_failed_append_leaves_nothing_behind_the_next(void **state)
{
	struct folder *f = *state;

	for (long at = 0;; at++) {
		AUTO(journal) j = {.fd = -1};
		struct seen seen;
		static const uint8_t sealed[ROWS_SEALED_KEY] = {3};

		assert_ok(reopen(f, &seen, &j));
		size_t before = seen.puts;
		j.os = &faults_os;
		AUTO(journal_batch) batch = journal_batch_of(&j);
		for (size_t i = 0; i < 4; i++) {
			struct key_name name = key_name_number(KEY_LOG_YEAR, 1000 + i);

			assert_ok(journal_batch_add(&batch, JOURNAL_PUT, &name, BYTES_OF(sealed)));
		}
		faults_set(FAULTS_ONCE, at, 5);
		struct status s = journal_write(&j, &batch);
		faults_set(FAULTS_NONE, 0, 0);
		append(&j, 2000, 1);
		journal_clear(&j);
		assert_ok(reopen(f, &seen, &j));
		assert_int_equal(seen.puts, before + (ok(s) ? 5 : 1));
		if (ok(s))
			break;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(gives_back_every_entry_in_order, fresh, gone),
		cmocka_unit_test_setup_teardown(remembers_a_destruction, fresh, gone),
		cmocka_unit_test_setup_teardown(refuses_an_entry_that_the_format_has_not, fresh, gone),
		cmocka_unit_test_setup_teardown(cuts_a_torn_tail_at_every_length, fresh, gone),
		cmocka_unit_test_setup_teardown(cuts_zeros_where_bytes_never_arrived, fresh, gone),
		cmocka_unit_test_setup_teardown(names_every_flipped_bit_as_damage, fresh, gone),
		cmocka_unit_test_setup_teardown(fits_its_own_snapshot_and_night_only, fresh, gone),
		cmocka_unit_test_setup_teardown(a_missing_one_is_damage, fresh, gone),
		cmocka_unit_test_setup_teardown(names_a_newer_format, fresh, gone),
		cmocka_unit_test_setup_teardown(a_failed_append_leaves_nothing_behind_the_next, fresh, gone),
	};

	if (!ok(secret_setup()) || !ok(crypto_setup()))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
