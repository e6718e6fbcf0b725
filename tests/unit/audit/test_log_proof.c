/* SPDX-License-Identifier: Apache-2.0 */
/* What a log proves, signs and hands out. */
#include "rig.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bundle.h"
#include "savedlog.h"
#include "signing.h"

static void an_erased_patients_log_still_proves(void **state)
{
	struct rig r;
	struct logread_opening o = {0};

	(void)state;
	rig_new(&r);
	rig_open(&r);
	rig_append(&r, 60);
	rig_erased = 2;
	rig_check(&r, 60);
	/* Without its chain ends too: they are found beside what cannot be opened. */
	rig_close(&r);
	assert_int_equal(unlinkat(r.dir, "heads", 0), 0);
	rig_open(&r);
	rig_check(&r, 60);
	assert_ok(logread_open(r.reader, 2, &o));
	assert_true(o.erased && uuid_equal(&o.actor.user.uuid, &rig_users[2].uuid));
	assert_fails(ST_GONE, logread_back(r.reader, HEADS_PATIENT, &o, &o));
	/* Whoever asks for it now is still written down, readably. */
	struct event e = rig_event(2);
	uint64_t index;

	e.result = LEAF_REFUSED;
	assert_ok(draft_add(r.draft, &e, &index));
	assert_ok(log_append(r.log, r.draft));
	assert_ok(logread_open(r.reader, index, &o));
	assert_true(!o.erased && uuid_equal(&o.subject.id, &rig_patients[2].uuid) && o.subject.sequence > 0);
	logread_opening_clear(&o);
	rig_close(&r);
	rig_remove(&r);
}

static void an_exported_leaf_comes_back_exactly_once(void **state)
{
	struct rig r;
	struct buffer exports[20];
	uint8_t leaves[20 * LEAF_BYTES];
	uint64_t index;
	bool added;

	(void)state;
	rig_new(&r);
	rig_open(&r);
	rig_append(&r, 10);
	for (unsigned i = 0; i < COUNT(exports); i++) {
		struct event e = rig_event(10 + i);

		exports[i] = (struct buffer){.max = DRAFT_EXPORT_MAX};
		assert_ok(draft_add(r.draft, &e, &index));
		assert_ok(draft_export(r.draft, i, &exports[i]));
	}
	memcpy(leaves, r.draft->leaves.bytes, sizeof leaves);
	rig_drop(&r);
	/* Half of them had been appended before the crash. */
	rig_open(&r);
	assert_true(log_size(r.log) == 10);
	assert_fails(ST_CORRUPT, draft_import(r.draft, buffer_bytes(&exports[1]), &added));
	for (unsigned i = 0; i < 10; i++)
		assert_ok(draft_import(r.draft, buffer_bytes(&exports[i]), &added));
	assert_ok(log_append(r.log, r.draft));
	rig_close(&r);
	rig_open(&r);
	for (unsigned i = 0; i < COUNT(exports); i++) {
		assert_ok(draft_import(r.draft, buffer_bytes(&exports[i]), &added));
		assert_int_equal(added, i >= 10);
	}
	assert_ok(log_append(r.log, r.draft));
	rig_check(&r, 30);
	for (unsigned i = 0; i < 20; i++) {
		uint8_t leaf[LEAF_BYTES];

		assert_ok(logread_leaf(r.reader, 10 + i, leaf));
		assert_memory_equal(leaf, leaves + i * LEAF_BYTES, LEAF_BYTES);
	}
	/* One that was changed is neither added nor taken for the one that is there. */
	for (size_t at = 0; at < exports[19].len; at++) {
		exports[19].bytes[at] ^= 1;
		struct status s = draft_import(r.draft, buffer_bytes(&exports[19]), &added);

		assert_true(s.code == ST_CORRUPT || (ok(s) && !added));
		exports[19].bytes[at] ^= 1;
	}
	for (unsigned i = 0; i < COUNT(exports); i++)
		buffer_clear(&exports[i]);
	rig_close(&r);
	rig_remove(&r);
}

struct seen {
	uint64_t count, last;
};

static struct status see(void *context, uint64_t index, const struct leaf *leaf)
{
	struct seen *seen = context;

	assert_int_equal(leaf->kind, LEAF_SIGN_IN);
	seen->count++;
	seen->last = index;
	return OK;
}

static void scans_by_time_and_kind(void **state)
{
	struct rig r;
	struct seen seen = {0};
	uint64_t from;

	(void)state;
	rig_new(&r);
	rig_open(&r);
	assert_ok(logread_at_time(r.reader, 5, &from));
	assert_true(from == 0);
	for (unsigned i = 0; i < 10; i++)
		rig_append(&r, 20);
	for (uint64_t n = 0; n < 200; n++) {
		assert_ok(logread_at_time(r.reader, rig_event(n).time, &from));
		assert_true(from == n);
		assert_ok(logread_at_time(r.reader, rig_event(n).time + 1, &from));
		assert_true(from == n + 1);
	}
	struct logread_range range = {.from = 35, .to = 1000, .kinds = 1u << LEAF_SIGN_IN};

	assert_ok(logread_scan(r.reader, &range, see, &seen));
	assert_true(seen.count == 17 && seen.last == 196 && range.from == range.to);
	range = (struct logread_range){.from = 35, .to = 196, .kinds = 1u << LEAF_SIGN_IN, .down = true};
	seen = (struct seen){0};
	assert_ok(logread_scan(r.reader, &range, see, &seen));
	assert_true(seen.count == 16 && seen.last == 36);
	rig_close(&r);
	rig_remove(&r);
}

/* ---- Proofs, tiles, checkpoints ---- */

static void signs_only_what_extends(void **state)
{
	struct rig r;
	struct signing keyd;
	struct log_signer signer;
	struct checkpoint c;
	AUTO(buffer) text = {.max = CHECKPOINT_BYTES_MAX};

	(void)state;
	signing_new(&keyd, &signer);
	rig_new(&r);
	rig_open(&r);
	assert_fails(ST_NOT_FOUND, log_signed(r.log, &text));
	for (unsigned i = 0; i < 9; i++) {
		assert_ok(log_checkpoint(r.log, &signer));
		assert_ok(log_checkpoint(r.log, &signer));
		assert_int_equal(keyd.count, i + 1);
		text.len = 0;
		assert_ok(log_signed(r.log, &text));
		assert_ok(checkpoint_open(buffer_bytes(&text), &keyd.key, &c));
		assert_true(c.head.size == log_size(r.log));
		rig_append(&r, 1 + i * 13);
		if (i % 3 == 2) {
			rig_close(&r);
			rig_open(&r);
			text.len = 0;
			assert_ok(log_signed(r.log, &text));
		}
	}
	/* The signer has signed another log, or a longer one. */
	keyd.last.root.bytes[0] ^= 1;
	assert_fails(ST_CORRUPT, log_checkpoint(r.log, &signer));
	keyd.last = (struct tree_head){.size = log_size(r.log) + 1};
	assert_fails(ST_CORRUPT, log_checkpoint(r.log, &signer));
	secret_clear(&keyd.seed);
	rig_close(&r);
	rig_remove(&r);
}

static void notices_that_it_is_shorter_than_it_was(void **state)
{
	struct rig r;
	struct signing keyd;
	struct log_signer signer;
	AUTO(buffer) early = {0};

	(void)state;
	signing_new(&keyd, &signer);
	rig_new(&r);
	rig_open(&r);
	rig_append(&r, 30);
	rig_close(&r);
	rig_file(&r, "batches", &early);
	rig_open(&r);
	rig_append(&r, 30);
	assert_ok(log_checkpoint(r.log, &signer));
	rig_close(&r);
	/* An old copy of the batches, with and without what else would tell. */
	rig_save_file(&r, "batches", buffer_bytes(&early));
	assert_fails(ST_CORRUPT, rig_try_open(&r));
	assert_int_equal(unlinkat(r.dir, "heads", 0), 0);
	assert_fails(ST_CORRUPT, rig_try_open(&r));
	assert_int_equal(unlinkat(r.dir, "checkpoint", 0), 0);
	rig_open(&r);
	assert_fails(ST_CORRUPT, log_checkpoint(r.log, &signer));
	assert_int_equal(rig_open_files > 0, true);
	secret_clear(&keyd.seed);
	rig_close(&r);
	rig_remove(&r);
}

static struct status load_from_log(void *context, const char *path, size_t max, struct buffer *out)
{
	struct rig *r = context;
	struct tile t;

	(void)max;
	if (strcmp(path, "checkpoint") == 0)
		return log_signed(r->log, out);
	TRY(tile_parse_path(text_of(path), &t));
	return logread_tile(r->reader, &t, out);
}

static void serves_a_log_that_verifies_without_it(void **state)
{
	struct rig r;
	struct signing keyd;
	struct log_signer signer;
	struct savedlog_report report;
	const struct savedlog_source source = {load_from_log, &r};

	(void)state;
	signing_new(&keyd, &signer);
	rig_new(&r);
	rig_open(&r);
	for (unsigned i = 0; i < 5; i++) {
		rig_append(&r, 1 + i * 100);
		assert_ok(log_checkpoint(r.log, &signer));
		assert_ok(savedlog_verify(&source, &keyd.key, &report));
		assert_true(report.leaves == log_size(r.log));
	}
	/* Grown on after it was signed: the tiles of the smaller tree are still served. */
	rig_append(&r, 600);
	assert_ok(savedlog_verify(&source, &keyd.key, &report));
	assert_true(report.leaves == 1005);
	secret_clear(&keyd.seed);
	rig_close(&r);
	rig_remove(&r);
}

static void proves_what_it_holds(void **state)
{
	struct rig r;
	struct tree_proof p;
	struct tree_head head, old;
	struct hash hash;
	uint8_t leaf[LEAF_BYTES];
	AUTO(buffer) out = {.max = TILE_BYTES};

	(void)state;
	rig_new(&r);
	rig_open(&r);
	for (unsigned i = 0; i < 12; i++) {
		rig_append(&r, 37);
		log_head(r.log, &head);
		for (uint64_t at = 0; at < head.size; at += 11) {
			assert_ok(logread_leaf(r.reader, at, leaf));
			assert_ok(tree_leaf_hash(BYTES_OF(leaf), &hash));
			assert_ok(logread_prove_inclusion(r.reader, at, head.size, &p));
			assert_ok(tree_verify_inclusion(&head, at, &hash, p.hashes, p.count));
			old.size = at + 1;
			assert_ok(logread_root(r.reader, old.size, &old.root));
			assert_ok(logread_prove_consistency(r.reader, old.size, head.size, &p));
			assert_ok(tree_verify_consistency(&old, &head, p.hashes, p.count));
		}
	}
	assert_fails(ST_INVALID, logread_prove_inclusion(r.reader, head.size, head.size, &p));
	assert_fails(ST_INVALID, logread_prove_inclusion(r.reader, 0, head.size + 1, &p));
	assert_fails(ST_INVALID, logread_prove_consistency(r.reader, 0, head.size, &p));
	const struct tile none[] = {{TILE_HASHES, 0, 1, 256},
				    {TILE_HASHES, 0, 2, 1},
				    {TILE_HASHES, 1, 0, 2},
				    {TILE_HASHES, 9, 0, 1},
				    {TILE_ENTRIES, 0, 1, 256}};

	for (size_t i = 0; i < COUNT(none); i++)
		assert_fails(ST_NOT_FOUND, logread_tile(r.reader, &none[i], &out));
	assert_int_equal(out.len, 0);
	rig_close(&r);
	rig_remove(&r);
}

int main(void)
{
	if (!rig_setup())
		return 1;
	const struct CMUnitTest tests[] = {
		TEST(an_erased_patients_log_still_proves),
		TEST(an_exported_leaf_comes_back_exactly_once),
		TEST(scans_by_time_and_kind),
		TEST(signs_only_what_extends),
		TEST(notices_that_it_is_shorter_than_it_was),
		TEST(serves_a_log_that_verifies_without_it),
		TEST(proves_what_it_holds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
