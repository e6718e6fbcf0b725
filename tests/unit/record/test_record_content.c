/* SPDX-License-Identifier: Apache-2.0 */
/* Records of a patient file: what is kept, counted, and handed to whom. */
#include "recordpatient_fixture.h"

#define BOTH COMPARTMENT_BOTH

static struct bytes some_content(void)
{
	static const uint8_t bytes[9000] = {1, 2, 3};

	return BYTES_OF(bytes);
}

static void a_record_keeps_its_bytes_and_gives_them_to_readers_only(void **state)
{
	AUTO(server) s = {0};
	AUTO(vault_writer) w = {0};
	AUTO(store_snapshot) snapshot = {0};
	AUTO(row) row = {0};
	const struct record_id record = {uuid_of(RECORD)};
	struct permit_facts facts;
	struct record_state found;

	(void)state;
	server_begin(&s);
	server_file(&s);
	server_content(&s, some_content(), &w);
	assert_ok(server_record(&s, &s.reader.w.ben, BOTH, &w));
	assert_ok(server_send(&s, &s.reader.w.ben));
	assert_ok(store_snapshot_new(&s.store, &snapshot));
	assert_ok(facts_record(snapshot.view, &record, &found));
	const struct uuid hers = uuid_of(PATIENT);
	assert_true(uuid_equal(&found.patient.uuid, &hers) && !found.ended);
	assert_ok(facts_patient(snapshot.view, &s.reader.w.anna.id, &found.patient, NOW, &facts));
	assert_ok(record_version_open(snapshot.view, &facts, &found, 1, &row));
	struct vault_object object;
	AUTO(vault_reader) reader = {0};
	struct bytes piece;
	assert_ok(vault_object(&row, &object));
	assert_ok(vault_read_begin(s.vault, &object, (struct vault_range){0, some_content().len}, NULL, &reader));
	assert_ok(vault_read(&reader, &piece));
	assert_memory_equal(piece.at, some_content().at, piece.len);
	assert_fails(ST_NOT_FOUND, record_version_open(snapshot.view, &facts, &found, 2, &row));
	/* Facts of another file, of rights that do not reach this compartment, and of somebody without a share. */
	facts.patient.uuid.bytes[0] ^= 1;
	assert_fails(ST_DENIED, record_version_open(snapshot.view, &facts, &found, 1, &row));
	facts.patient.uuid.bytes[0] ^= 1;
	facts.rights &= ~(uint32_t)RIGHT_IDENTITY;
	assert_fails(ST_NOT_FOUND, record_version_open(snapshot.view, &facts, &found, 1, &row));
	assert_ok(facts_patient(snapshot.view, &s.reader.w.carl.id, &found.patient, NOW, &facts));
	assert_fails(ST_NOT_FOUND, record_version_open(snapshot.view, &facts, &found, 1, &row));
	/* One that has ended, however well she may read it. */
	assert_ok(facts_patient(snapshot.view, &s.reader.w.anna.id, &found.patient, NOW, &facts));
	found.ended = true;
	assert_fails(ST_GONE, record_version_open(snapshot.view, &facts, &found, 1, &row));
}

static void what_was_signed_is_what_is_stored(void **state) /* PROMISES#S2 */
{
	AUTO(server) s = {0};
	AUTO(vault_writer) w = {0};
	const struct actor *anna = &s.reader.w.anna;
	uint8_t header[200];

	(void)state;
	server_begin(&s);
	server_file(&s);
	server_content(&s, some_content(), &w);
	const struct statement good = server_record_draft(&s, anna, BOTH, &w);
	struct record_item *item = server_take_record(&s, &good, anna, &w);
	memcpy(header, server_header, sizeof header);
	header[3] ^= 1;
	item->header = BYTES_OF(header);
	assert_fails(ST_MISMATCH, server_send(&s, anna));
	item = server_take_record(&s, &good, anna, &w);
	item->header.len--;
	assert_fails(ST_MISMATCH, server_send(&s, anna));
	item = server_take_record(&s, &good, anna, &w);
	item->key.len--;
	assert_fails(ST_INVALID, server_send(&s, anna));
	server_take_record(&s, &good, anna, NULL);
	assert_fails(ST_MISMATCH, server_send(&s, anna));
	struct statement bad = good;
	bad.record.size--;
	server_take_record(&s, &bad, anna, &w);
	assert_fails(ST_MISMATCH, server_send(&s, anna));
	bad = good;
	bad.record.content_hash.bytes[0] ^= 1;
	server_take_record(&s, &bad, anna, &w);
	assert_fails(ST_MISMATCH, server_send(&s, anna));
	bad.record.size = UINT64_MAX;
	server_take_record(&s, &bad, anna, NULL);
	assert_false(ok(server_send(&s, anna)));
	assert_int_equal(count_rows(&s, TABLE_VERSION), 0);
	server_take_record(&s, &good, anna, &w);
	assert_ok(server_read_record(&s));
	assert_ok(server_send(&s, anna));
	assert_int_equal(count_rows(&s, TABLE_VERSION), 1);
}

static void an_ended_record_hands_out_nothing(void **state)
{
	AUTO(server) s = {0};
	AUTO(store_snapshot) snapshot = {0};
	AUTO(row) row = {0};
	const struct record_id record = {uuid_of(RECORD)};
	struct permit_facts facts;
	struct record_state found;

	(void)state;
	server_begin(&s);
	server_file(&s);
	assert_ok(server_record(&s, &s.reader.w.ben, CL, NULL));
	assert_ok(server_send(&s, &s.reader.w.ben));
	assert_fails(ST_DENIED, server_end_record(&s, &s.reader.w.ben));
	assert_fails(ST_DENIED, server_send(&s, &s.reader.w.ben));
	assert_ok(server_end_record(&s, &s.reader.w.anna));
	assert_ok(server_send(&s, &s.reader.w.anna));
	assert_ok(store_snapshot_new(&s.store, &snapshot));
	assert_ok(facts_record(snapshot.view, &record, &found));
	assert_true(found.ended);
	assert_ok(facts_patient(snapshot.view, &s.reader.w.anna.id, &found.patient, NOW, &facts));
	assert_fails(ST_GONE, record_version_open(snapshot.view, &facts, &found, 1, &row));
	assert_fails(ST_GONE, server_record(&s, &s.reader.w.anna, CL, NULL));
	assert_fails(ST_GONE, server_send(&s, &s.reader.w.anna));
}

static void a_file_has_one_identity(void **state)
{
	AUTO(server) s = {0};
	const struct actor *anna = &s.reader.w.anna;

	(void)state;
	server_begin(&s);
	server_file(&s);
	assert_ok(server_record(&s, anna, ID, NULL));
	assert_ok(server_send(&s, anna));
	const struct record_state first = s.reader.record;
	struct statement d = world_draft(&s.reader.w, STATEMENT_RECORD, anna, NULL);
	s.reader.record = (struct record_state){0};
	d = server_record_draft(&s, anna, ID, NULL);
	d.record.record.uuid = uuid_of(61);
	server_take_record(&s, &d, anna, NULL);
	assert_fails(ST_CONFLICT, server_send(&s, anna));
	s.reader.record = first;
	assert_ok(server_record(&s, anna, ID, NULL)); /* its next version */
	assert_ok(server_send(&s, anna));
}

static void a_source_is_imported_once_by_its_owner(void **state)
{
	AUTO(server) s = {0};
	const struct actor *anna = &s.reader.w.anna;
	static const uint8_t token[32] = {5};
	static const uint8_t other_token[32] = {6};

	(void)state;
	server_begin(&s);
	server_file(&s);
	struct statement d = server_record_draft(&s, anna, BOTH, NULL);
	d.record.token = BYTES_OF(token);
	server_take_record(&s, &d, anna, NULL);
	assert_ok(server_read_record(&s));
	assert_ok(server_send(&s, anna));
	const struct record_state first = s.reader.record;
	s.reader.record = (struct record_state){0};
	d = server_record_draft(&s, anna, BOTH, NULL);
	d.record.record.uuid = uuid_of(62);
	d.record.token = BYTES_OF(token);
	server_take_record(&s, &d, anna, NULL);
	assert_fails(ST_CONFLICT, server_send(&s, anna));
	/* A new version of it keeps the token or says nothing about it. */
	s.reader.record = first;
	d = server_record_draft(&s, anna, BOTH, NULL);
	d.record.token = BYTES_OF(other_token);
	server_take_record(&s, &d, anna, NULL);
	assert_fails(ST_CONFLICT, server_send(&s, anna));
	d.record.token = BYTES_OF(token);
	server_take_record(&s, &d, anna, NULL);
	assert_ok(server_read_record(&s));
	assert_ok(server_send(&s, anna));
	/* Somebody else's equal token means nothing: anybody can send one. */
	d = world_draft(&s.reader.w, STATEMENT_PATIENT, &s.reader.w.ben, NULL);
	d.patient.patient.uuid = uuid_of(51);
	d.patient.token = BYTES_OF(other_token);
	world_sign(&s.reader.w, &d, &s.reader.w.ben.sign);
	server_take(&s);
	assert_ok(server_send(&s, &s.reader.w.ben));
	d = world_draft(&s.reader.w, STATEMENT_PATIENT, anna, NULL);
	d.patient.patient.uuid = uuid_of(52);
	d.patient.token = BYTES_OF(other_token);
	world_sign(&s.reader.w, &d, &anna->sign);
	server_take(&s);
	assert_ok(server_send(&s, anna));
	d.patient.patient.uuid = uuid_of(53);
	world_sign(&s.reader.w, &d, &anna->sign);
	server_take(&s);
	assert_fails(ST_CONFLICT, server_send(&s, anna));
}

static void put_upload(struct server *s, const struct vault_writer *w, const struct actor *of)
{
	AUTO(store_txn) txn = {0};
	static const struct uuid none;
	struct row row = {
		.table = TABLE_UPLOAD,
		.plain = {[COLUMN_UPLOAD_ID] = ROW_UUID(&w->id),
			  [COLUMN_UPLOAD_USER] = ROW_UUID(&of->id.uuid),
			  [COLUMN_UPLOAD_SIZE] = ROW_NUMBER(w->size),
			  [COLUMN_UPLOAD_PATIENT] = ROW_UUID(&none)},
	};
	const struct quota_limits disk = {0, 0};
	struct quota_met met;

	assert_ok(store_begin(&s->store, &txn));
	assert_ok(store_put(&txn, &row));
	assert_ok(quota_charge(&txn, &disk, &of->id, quota_of_version(w->size), &met));
	assert_ok(store_commit(&txn));
}

static void an_upload_becomes_a_record_of_whoever_made_it(void **state)
{
	AUTO(server) s = {0};
	AUTO(vault_writer) w = {0};
	const struct actor *anna = &s.reader.w.anna;

	(void)state;
	server_begin(&s);
	server_file(&s);
	server_content(&s, some_content(), &w);
	put_upload(&s, &w, &s.reader.w.ben);
	struct statement d = server_record_draft(&s, anna, BOTH, &w);
	server_take_record(&s, &d, anna, &w)->upload = true;
	assert_fails(ST_NOT_FOUND, server_send(&s, anna));
	put_upload(&s, &w, anna);
	server_take_record(&s, &d, anna, &w)->upload = true;
	assert_ok(server_read_record(&s));
	assert_ok(server_send(&s, anna));
	assert_int_equal(count_rows(&s, TABLE_UPLOAD), 0);
	/* Sent again, nothing of it is needed any more. */
	server_take(&s);
	assert_ok(server_send(&s, anna));
	assert_true(s.outcomes[0].repeated);
}

static void many_versions_go_in_one_change(void **state)
{
	AUTO(server) s = {0};
	const struct actor *anna = &s.reader.w.anna;

	(void)state;
	server_begin(&s);
	server_file(&s);
	for (int i = 0; i < ITEMS; i++)
		assert_ok(server_record(&s, anna, CL, NULL));
	assert_ok(server_send(&s, anna));
	assert_int_equal(s.outcomes[ITEMS - 1].leaf, s.leaves - 1);
	assert_int_equal(count_rows(&s, TABLE_VERSION), ITEMS);
	assert_int_equal(count_rows(&s, TABLE_RECORD), 1);
}

static uint64_t used_by(struct server *s, const struct actor *a)
{
	AUTO(store_snapshot) snapshot = {0};
	uint64_t used = 0;

	assert_ok(store_snapshot_new(&s->store, &snapshot));
	assert_ok(quota_used(snapshot.view, a != NULL ? &a->id : NULL, &used));
	return used;
}

static void a_version_counts_for_the_owner_of_its_file(void **state)
{
	AUTO(server) s = {0};
	AUTO(vault_writer) w = {0};
	const struct actor *anna = &s.reader.w.anna, *ben = &s.reader.w.ben;

	(void)state;
	server_begin(&s);
	server_file(&s);
	server_content(&s, some_content(), &w);
	const uint64_t size = quota_of_version(some_content().len);
	s.quotas.owner = size - 1;
	struct statement d = server_record_draft(&s, ben, BOTH, &w);
	server_take_record(&s, &d, ben, &w);
	assert_fails(ST_FULL, server_send(&s, ben));
	assert_string_equal(s.change.met.name, "quota.owner");
	assert_int_equal(s.change.met.used, 0);
	assert_int_equal(count_rows(&s, TABLE_VERSION), 0);
	assert_int_equal(used_by(&s, NULL), 0);
	/* An upload of his that becomes the version counted for him until now. */
	s.quotas.owner = size;
	put_upload(&s, &w, ben);
	server_take_record(&s, &d, ben, &w)->upload = true;
	assert_ok(server_read_record(&s));
	assert_ok(server_send(&s, ben));
	assert_int_equal(used_by(&s, anna), size);
	assert_int_equal(used_by(&s, ben), 0);
	assert_int_equal(used_by(&s, NULL), size);
	/* Sent again it counts once; an end frees nothing. */
	server_take(&s);
	assert_ok(server_send(&s, ben));
	assert_ok(server_end_record(&s, anna));
	assert_ok(server_send(&s, anna));
	assert_int_equal(used_by(&s, anna), size);
}

static void a_record_of_another_file_is_none_of_ones_own(void **state) /* PROMISES#K9 */
{
	AUTO(server) s = {0};
	AUTO(store_snapshot) snapshot = {0};
	const struct record_id record = {uuid_of(RECORD)};
	struct record_state found;
	struct world *w = &s.reader.w;

	(void)state;
	server_begin(&s);
	server_file(&s);
	assert_ok(server_record(&s, &w->anna, CL, NULL));
	assert_ok(server_send(&s, &w->anna));
	/* Ben's own file, whose first record takes the id of hers. */
	struct statement d = world_draft(w, STATEMENT_PATIENT, &w->ben, NULL);
	d.patient.patient.uuid = uuid_of(51);
	world_sign(w, &d, &w->ben.sign);
	server_take(&s);
	assert_ok(server_send(&s, &w->ben));
	d = world_draft(w, STATEMENT_RECORD_END, &w->ben, NULL);
	d.record_end = (struct statement_record_end){{uuid_of(51)}, record, 1, END_DELETED};
	world_sign(w, &d, &w->ben.sign);
	server_take(&s);
	assert_fails(ST_NOT_FOUND, server_send(&s, &w->ben));
	assert_ok(store_snapshot_new(&s.store, &snapshot));
	assert_ok(facts_record(snapshot.view, &record, &found));
	const struct uuid hers = uuid_of(PATIENT);
	assert_false(found.ended);
	assert_true(uuid_equal(&found.patient.uuid, &hers));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_record_keeps_its_bytes_and_gives_them_to_readers_only),
		TEST(what_was_signed_is_what_is_stored),
		TEST(an_ended_record_hands_out_nothing),
		TEST(a_file_has_one_identity),
		TEST(a_source_is_imported_once_by_its_owner),
		TEST(an_upload_becomes_a_record_of_whoever_made_it),
		TEST(many_versions_go_in_one_change),
		TEST(a_version_counts_for_the_owner_of_its_file),
		TEST(a_record_of_another_file_is_none_of_ones_own),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}
