/* SPDX-License-Identifier: Apache-2.0 */
/* Patient files: grants, epochs, records, and who may fetch them. */
#include "server.h"

#define ID   COMPARTMENT_IDENTITY
#define CL   COMPARTMENT_CLINICAL
#define BOTH COMPARTMENT_BOTH

static struct bytes some_content(void)
{
	static const uint8_t bytes[9000] = {1, 2, 3};

	return BYTES_OF(bytes);
}

/** Rows that store_count() finds under a prefix of the primary key. */
static uint64_t count_rows(struct server *s, enum table_id table)
{
	AUTO(store_snapshot) snapshot = {0};
	const struct store_range all = {.index = TABLE_NONE};
	uint64_t count = 0;

	assert_ok(store_snapshot_new(&s->store, &snapshot));
	assert_ok(store_count(snapshot.view, table, &all, &count));
	return count;
}

static void a_file_comes_with_grants_and_keys_in_one_change(void **state)
{
	AUTO(server) s = {0};

	(void)state;
	server_begin(&s);
	server_file(&s);
	assert_int_equal(s.leaves, 12);
	assert_int_equal(count_rows(&s, TABLE_PATIENT), 1);
	assert_int_equal(count_rows(&s, TABLE_ACCESS), 1);
	assert_int_equal(count_rows(&s, TABLE_EPOCH), 2);
	assert_int_equal(count_rows(&s, TABLE_WRAPPED_KEY), 4);
	assert_int_equal(count_rows(&s, TABLE_STATEMENT), 12);
	assert_int_equal(count_rows(&s, TABLE_OUTBOX), 12);
}

static void wrapped_keys_are_those_that_the_epoch_names(void **state)
{
	AUTO(server) s = {0};
	const struct actor *anna = &s.reader.w.anna;

	(void)state;
	server_begin(&s);
	server_file(&s);
	assert_ok(server_epoch(&s, anna, ID));
	s.keys[0][1][40] ^= 1;
	assert_fails(ST_MISMATCH, server_send(&s, anna));
	s.keys[0][1][40] ^= 1;
	s.count = 1;
	s.items[0].wrapped_count = 1;
	assert_fails(ST_INVALID, server_send(&s, anna));
	s.count = 1;
	s.items[0].wrapped_count = 2;
	s.wrapped[0][1].len--;
	assert_fails(ST_INVALID, server_send(&s, anna));
	s.count = 1;
	s.wrapped[0][1].len++;
	assert_ok(server_send(&s, anna));
}

static void keys_of_those_who_left_are_deleted(void **state)
{
	AUTO(server) s = {0};
	const struct actor *anna = &s.reader.w.anna;

	(void)state;
	server_begin(&s);
	server_file(&s);
	assert_int_equal(count_rows(&s, TABLE_WRAPPED_KEY), 4);
	assert_ok(server_revoke(&s, anna, &s.reader.w.ben));
	server_rekey(&s, anna);
	assert_ok(server_send(&s, anna));
	assert_int_equal(count_rows(&s, TABLE_WRAPPED_KEY), 2);
	assert_int_equal(count_rows(&s, TABLE_EPOCH), 4);
}

static void a_revocation_brings_the_next_epochs(void **state) /* PROMISES#B5 */
{
	AUTO(server) s = {0};
	const struct actor *anna = &s.reader.w.anna;

	(void)state;
	server_begin(&s);
	server_file(&s);
	assert_ok(server_revoke(&s, anna, &s.reader.w.ben));
	assert_fails(ST_CONFLICT, server_send(&s, anna));
	s.count = 1;
	assert_ok(server_epoch(&s, anna, ID));
	assert_fails(ST_CONFLICT, server_send(&s, anna)); /* one of two compartments */
	s.count = 2;
	assert_ok(server_epoch(&s, anna, CL));
	assert_ok(server_send(&s, anna));
	AUTO(store_snapshot) snapshot = {0};
	struct permit_room room;
	assert_ok(store_snapshot_new(&s.store, &snapshot));
	assert_null(server_pass(&s, snapshot.view, &s.reader.w.ben, PERMIT_PATIENT_SEE, &room));
}

static void so_does_a_narrower_grant(void **state)
{
	AUTO(server) s = {0};
	const struct actor *anna = &s.reader.w.anna;

	(void)state;
	server_begin(&s);
	server_file(&s);
	assert_ok(server_grant(&s, anna, &s.reader.w.ben, RIGHT_READ, 0));
	assert_fails(ST_CONFLICT, server_send(&s, anna));
	s.count = 1;
	assert_ok(server_epoch(&s, anna, ID)); /* clinical he keeps */
	assert_ok(server_send(&s, anna));
}

static void who_cannot_read_a_compartment_may_revoke_without_rekeying_it(void **state)
{
	AUTO(server) s = {0};
	const struct actor *anna = &s.reader.w.anna;
	const struct actor *ben = &s.reader.w.ben;

	(void)state;
	server_begin(&s);
	server_file(&s);
	assert_ok(server_grant(&s, anna, ben, RIGHT_SHARE | RIGHT_IDENTITY | RIGHT_READ, 0));
	assert_ok(server_send(&s, anna));
	assert_ok(server_grant(&s, ben, &s.reader.w.carl, RIGHT_READ, 0));
	assert_ok(server_send(&s, ben));
	assert_ok(server_epoch(&s, ben, CL));
	assert_ok(server_send(&s, ben));
	assert_ok(server_grant(&s, anna, ben, RIGHT_SHARE, 0));
	server_rekey(&s, anna);
	assert_ok(server_send(&s, anna));
	/* Ben no longer reads; he takes back what he gave.  Nothing is written until somebody re-keys. */
	assert_ok(server_revoke(&s, ben, &s.reader.w.carl));
	assert_ok(server_send(&s, ben));
	assert_fails(ST_CONFLICT, server_record(&s, anna, CL, NULL));
	assert_fails(ST_CONFLICT, server_send(&s, anna));
	assert_ok(server_epoch(&s, anna, CL));
	assert_ok(server_record(&s, anna, CL, NULL));
	assert_ok(server_send(&s, anna));
}

static void a_record_keeps_its_bytes_and_gives_them_to_readers_only(void **state)
{
	AUTO(server) s = {0};
	AUTO(vault_writer) w = {0};
	AUTO(store_snapshot) snapshot = {0};
	AUTO(row) row = {0};
	const struct record_id record = {uuid_of(RECORD)};
	struct record_version_place place;
	struct permit_room room;

	(void)state;
	server_begin(&s);
	server_file(&s);
	server_content(&s, some_content(), &w);
	assert_ok(server_record(&s, &s.reader.w.ben, BOTH, &w));
	assert_ok(server_send(&s, &s.reader.w.ben));
	assert_ok(store_snapshot_new(&s.store, &snapshot));
	assert_ok(record_version_find(snapshot.view, &record, 1, &place));
	assert_int_equal(place.compartment, BOTH);
	const struct permit_pass *pass =
		server_pass(&s, snapshot.view, &s.reader.w.anna, PERMIT_READ_IDENTIFYING, &room);
	assert_ok(record_version_get(snapshot.view, pass, &record, 1, &row));
	struct vault_object object;
	AUTO(vault_reader) reader = {0};
	struct bytes piece;
	assert_ok(vault_object(&row, &object));
	assert_ok(vault_read_begin(s.vault, &object, (struct vault_range){0, some_content().len}, NULL, &reader));
	assert_ok(vault_read(&reader, &piece));
	assert_memory_equal(piece.at, some_content().at, piece.len);
	/* A pass for another compartment, and none at all. */
	pass = server_pass(&s, snapshot.view, &s.reader.w.anna, PERMIT_READ_CLINICAL, &room);
	assert_fails(ST_DENIED, record_version_get(snapshot.view, pass, &record, 1, &row));
	assert_fails(ST_DENIED, record_version_get(snapshot.view, NULL, &record, 1, &row));
	assert_null(server_pass(&s, snapshot.view, &s.reader.w.carl, PERMIT_READ_IDENTIFYING, &room));
	assert_fails(ST_NOT_FOUND, record_version_find(snapshot.view, &record, 2, &place));
	/* Decided upon facts: hers, and those of somebody without a share. */
	struct permit_facts facts;
	struct record_state found;
	assert_ok(facts_record(snapshot.view, &record, &found));
	assert_true(uuid_equal(&found.patient.uuid, &place.patient.uuid) && !found.ended);
	assert_ok(facts_patient(snapshot.view, &s.reader.w.anna.id, &place.patient, NOW, &facts));
	assert_ok(record_version_open(snapshot.view, &facts, &found, 1, &row));
	assert_fails(ST_NOT_FOUND, record_version_open(snapshot.view, &facts, &found, 2, &row));
	facts.patient.uuid.bytes[0] ^= 1;
	assert_fails(ST_DENIED, record_version_open(snapshot.view, &facts, &found, 1, &row));
	assert_ok(facts_patient(snapshot.view, &s.reader.w.carl.id, &place.patient, NOW, &facts));
	assert_fails(ST_NOT_FOUND, record_version_open(snapshot.view, &facts, &found, 1, &row));
	/* One that has ended, however well she may read it. */
	assert_ok(facts_patient(snapshot.view, &s.reader.w.anna.id, &place.patient, NOW, &facts));
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
	struct permit_room room;

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
	const struct permit_pass *pass = server_pass(&s, snapshot.view, &s.reader.w.anna, PERMIT_READ_CLINICAL, &room);
	assert_fails(ST_GONE, record_version_get(snapshot.view, pass, &record, 1, &row));
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

static void every_statement_leaves_one_leaf_that_names_it(void **state) /* PROMISES#K10 */
{
	AUTO(server) s = {0};
	const struct actor *anna = &s.reader.w.anna;
	static const enum leaf_kind kinds[] = {LEAF_STATEMENT, LEAF_STATEMENT, LEAF_STATEMENT, LEAF_WRITE, LEAF_DELETE};
	static const char *const words[] = {"grant", "epoch", "epoch", "record", "record-end"};

	(void)state;
	server_begin(&s);
	server_file(&s);
	assert_ok(server_grant(&s, anna, &s.reader.w.carl, 7, 0));
	server_rekey(&s, anna);
	assert_ok(server_record(&s, anna, CL, NULL));
	assert_ok(server_end_record(&s, anna));
	const uint64_t first = s.leaves;
	assert_ok(server_send(&s, anna));
	assert_int_equal(s.events, COUNT(kinds));
	for (size_t i = 0; i < COUNT(kinds); i++) {
		const struct event *e = &s.logged[i];
		assert_int_equal(e->kind, kinds[i]);
		assert_int_equal(e->result, LEAF_DONE);
		assert_int_equal(e->time, s.outcomes[i].time);
		assert_int_equal(s.outcomes[i].leaf, first + i);
		assert_true(hash_equal(&e->subject.statement, &s.outcomes[i].name));
		assert_true(uuid_equal(&e->actor.user.uuid, &anna->id.uuid));
		assert_int_equal(e->subject.kind, PIECE_PATIENT);
		assert_int_equal(e->subject.id.bytes[0], PATIENT);
		assert_int_equal(e->subject.version, i < 3 ? 0 : 1);
		assert_int_equal(e->subject.record.uuid.bytes[0], i < 3 ? 0 : RECORD);
		assert_true(text_equal(e->subject.detail, text_of(words[i])));
	}
	world_user(&s.reader.w, &s.reader.w.carl, PROFILE_ASSISTANT, 1, USER_ACTIVE);
	assert_ok(server_enter(&s, &s.reader.w.administrator, ""));
	assert_int_equal(s.events, 1);
	assert_int_equal(s.logged[0].subject.kind, PIECE_USER);
	assert_true(uuid_equal(&s.logged[0].subject.id, &s.reader.w.carl.id.uuid));
}

/** What the signed-in may do with the file's rows. */
static enum status_code decide(struct server *s, const struct actor *a, enum permit_action action)
{
	AUTO(store_snapshot) snapshot = {0};
	const struct patient_id patient = {uuid_of(PATIENT)};
	const struct permit_pass *pass;
	struct permit_facts facts;
	struct permit_room room;

	assert_ok(store_snapshot_new(&s->store, &snapshot));
	assert_ok(facts_patient(snapshot.view, &a->id, &patient, s->reader.w.time, &facts));
	return permit_decide(&facts, action, &room, &pass).code;
}

static void a_deleted_file_ends_after_its_delay(void **state)
{
	AUTO(server) s = {0};
	const struct actor *anna = &s.reader.w.anna;
	const struct actor *ben = &s.reader.w.ben;

	(void)state;
	server_begin(&s);
	server_file(&s);
	assert_ok(server_record(&s, ben, CL, NULL));
	assert_ok(server_send(&s, ben));
	assert_fails(ST_DENIED, server_delete(&s, ben));
	assert_fails(ST_DENIED, server_send(&s, ben));
	assert_ok(server_delete(&s, anna));
	assert_ok(server_send(&s, anna));
	assert_int_equal(s.logged[0].kind, LEAF_DELETE);
	assert_true(text_equal(s.logged[0].subject.detail, TEXT("patient-end")));
	assert_fails(ST_CONFLICT, server_delete(&s, anna));
	assert_fails(ST_CONFLICT, server_send(&s, anna));
	const uint64_t ends = patient_state_end(&s.reader.p, POSITION_NOW).ends;
	s.reader.w.time = ends - 1;
	assert_int_equal(decide(&s, ben, PERMIT_READ_CLINICAL), ST_OK);
	assert_ok(server_record(&s, ben, CL, NULL));
	assert_ok(server_send(&s, ben));
	s.reader.w.time = ends;
	assert_int_equal(decide(&s, ben, PERMIT_READ_CLINICAL), ST_GONE);
	assert_int_equal(decide(&s, anna, PERMIT_PATIENT_SEE), ST_GONE);
	assert_int_equal(decide(&s, anna, PERMIT_LOG_PATIENT), ST_OK);
	assert_int_equal(decide(&s, ben, PERMIT_PATIENT_PROVE), ST_OK);
	assert_int_equal(decide(&s, &s.reader.w.carl, PERMIT_PATIENT_PROVE), ST_DENIED);
	assert_fails(ST_GONE, server_record(&s, ben, CL, NULL));
	assert_fails(ST_GONE, server_send(&s, ben));
	assert_fails(ST_GONE, server_end_record(&s, anna));
	assert_fails(ST_GONE, server_send(&s, anna));
	assert_fails(ST_GONE, server_grant(&s, anna, &s.reader.w.carl, 1, 0));
	assert_fails(ST_GONE, server_send(&s, anna));
	assert_fails(ST_GONE, server_revoke(&s, anna, ben));
	assert_fails(ST_GONE, server_send(&s, anna));
	assert_fails(ST_GONE, server_epoch(&s, anna, CL));
	assert_fails(ST_GONE, server_send(&s, anna));
	assert_fails(ST_GONE, server_keep(&s, anna));
	assert_fails(ST_GONE, server_send(&s, anna));
}

static void a_withdrawn_deletion_leaves_no_trace_in_the_rows(void **state)
{
	AUTO(server) s = {0};
	const struct actor *anna = &s.reader.w.anna;

	(void)state;
	server_begin(&s);
	server_file(&s);
	/* Also in one change, and after the rows were written and read again. */
	assert_ok(server_delete(&s, anna));
	assert_ok(server_keep(&s, anna));
	assert_ok(server_delete(&s, anna));
	assert_ok(server_send(&s, anna));
	s.reader.w.time += 7 * DAY - 1;
	server_close(&s);
	server_open(&s);
	assert_fails(ST_DENIED, server_keep(&s, &s.reader.w.ben));
	assert_fails(ST_DENIED, server_send(&s, &s.reader.w.ben));
	assert_ok(server_keep(&s, anna));
	assert_ok(server_send(&s, anna));
	s.reader.w.time += DAY;
	assert_int_equal(decide(&s, anna, PERMIT_READ_CLINICAL), ST_OK);
	assert_ok(server_record(&s, anna, CL, NULL));
	assert_ok(server_send(&s, anna));
}

static void a_deleted_patient_is_imported_again(void **state)
{
	AUTO(server) s = {0};
	const struct actor *anna = &s.reader.w.anna;
	static const uint8_t token[32] = {5};

	(void)state;
	server_begin(&s);
	struct statement d = world_draft(&s.reader.w, STATEMENT_PATIENT, anna, NULL);
	d.patient.patient.uuid = uuid_of(PATIENT);
	d.patient.token = BYTES_OF(token);
	world_sign(&s.reader.w, &d, &anna->sign);
	server_take(&s);
	assert_ok(server_read(&s));
	assert_ok(server_delete(&s, anna));
	assert_ok(server_send(&s, anna));
	d.patient.patient.uuid = uuid_of(51);
	world_sign(&s.reader.w, &d, &anna->sign);
	server_take(&s);
	assert_fails(ST_CONFLICT, server_send(&s, anna));
	s.reader.w.time += 7 * DAY;
	server_take(&s);
	assert_ok(server_send(&s, anna));
}

static void nothing_is_known_of_a_file_that_is_not_there(void **state)
{
	AUTO(server) s = {0};
	AUTO(store_snapshot) snapshot = {0};
	const struct patient_id nobody = {uuid_of(99)};
	struct permit_facts facts;

	(void)state;
	server_begin(&s);
	server_file(&s);
	struct statement d = world_draft(&s.reader.w, STATEMENT_GRANT, &s.reader.w.anna, NULL);
	d.grant = (struct statement_grant){nobody, RECIPIENT_USER, s.reader.w.ben.id.uuid, 1, 0};
	world_sign(&s.reader.w, &d, &s.reader.w.anna.sign);
	server_take(&s);
	assert_fails(ST_NOT_FOUND, server_send(&s, &s.reader.w.anna));
	assert_ok(store_snapshot_new(&s.store, &snapshot));
	assert_fails(ST_NOT_FOUND, facts_patient(snapshot.view, &s.reader.w.anna.id, &nobody, NOW, &facts));
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

/** The rig's keys, counted. */
static unsigned keys_asked;
static struct status count_key(void *context, enum row_scope scope, const struct uuid *patient, struct key *out)
{
	(void)context;
	keys_asked += scope == ROW_PATIENT;
	return rig_keys.key(rig_keys.context, scope, patient, out);
}

static struct status visible(struct server *s, const struct actor *a, const struct patient_id *patient, bool *exists)
{
	AUTO(store_snapshot) snapshot = {0};
	struct permit_facts facts;

	TRY(store_snapshot_new(&s->store, &snapshot));
	TRY(facts_user(snapshot.view, &a->id, s->reader.w.time, &facts));
	keys_asked = 0;
	return facts_visible(snapshot.view, patient, &facts, exists);
}

static void who_may_not_see_a_file_finds_none(void **state) /* PROMISES#K9 */
{
	AUTO(server) s = {.rig = rig_new()};
	const struct patient_id there = {uuid_of(PATIENT)}, nobody = {uuid_of(99)};
	struct world *w = &s.reader.w;
	bool exists;

	(void)state;
	s.rig.options.keys.key = count_key;
	server_begin_in(&s);
	server_file(&s);
	assert_ok(visible(&s, &w->anna, &there, &exists));
	assert_ok(visible(&s, &w->ben, &there, &exists));
	assert_true(exists && keys_asked > 0);
	/* A stranger's answer is found without a key, whatever there is. */
	assert_fails(ST_NOT_FOUND, visible(&s, &w->carl, &there, &exists));
	assert_true(exists);
	assert_int_equal(keys_asked, 0);
	assert_fails(ST_NOT_FOUND, visible(&s, &w->carl, &nobody, &exists));
	assert_false(exists);
	assert_int_equal(keys_asked, 0);
	assert_fails(ST_NOT_FOUND, visible(&s, &w->administrator, &there, &exists));
	assert_ok(server_revoke(&s, &w->anna, &w->ben));
	server_rekey(&s, &w->anna);
	assert_ok(server_send(&s, &w->anna));
	assert_fails(ST_NOT_FOUND, visible(&s, &w->ben, &there, &exists));
	assert_true(exists);
}

/** send_about(s, a, kind, patient): a statement that says little more than whose file it is about. */
static struct status send_about(struct server *s, const struct actor *a, enum statement_kind kind,
				const struct patient_id *patient)
{
	struct statement d = world_draft(&s->reader.w, kind, a, NULL);

	if (kind == STATEMENT_GRANT)
		d.grant = (struct statement_grant){*patient, RECIPIENT_USER, s->reader.w.ben.id.uuid, 1, 0};
	else if (kind == STATEMENT_REVOCATION)
		d.revocation = (struct statement_revocation){*patient, RECIPIENT_USER, s->reader.w.ben.id.uuid};
	else if (kind == STATEMENT_RECORD_END)
		d.record_end = (struct statement_record_end){*patient, {uuid_of(RECORD)}, 1, END_DELETED};
	else
		d.patient.patient = *patient;
	world_sign(&s->reader.w, &d, &a->sign);
	server_take(s);
	return server_send(s, a);
}

static void a_strangers_statement_finds_no_file(void **state) /* PROMISES#K9 */
{
	static const enum statement_kind kinds[] = {STATEMENT_GRANT, STATEMENT_REVOCATION, STATEMENT_RECORD_END};
	AUTO(server) s = {0};
	AUTO(store_snapshot) snapshot = {0};
	const struct patient_id there = {uuid_of(PATIENT)}, nobody = {uuid_of(99)};
	struct world *w = &s.reader.w;
	struct patient_id asked;
	bool exists, before;

	(void)state;
	server_begin(&s);
	server_file(&s);
	assert_ok(server_revoke(&s, &w->anna, &w->ben));
	server_rekey(&s, &w->anna);
	assert_ok(server_send(&s, &w->anna));
	const struct actor *const people[] = {&w->carl, &w->ben};
	for (size_t p = 0; p < COUNT(people); p++)
		for (size_t k = 0; k < COUNT(kinds); k++) {
			const struct status foreign = send_about(&s, people[p], kinds[k], &there);
			assert_ok(store_snapshot_new(&s.store, &snapshot));
			assert_ok(record_subject(snapshot.view, &s.change, &asked, &exists));
			assert_true(exists && uuid_equal(&asked.uuid, &there.uuid));
			const struct status unknown = send_about(&s, people[p], kinds[k], &nobody);
			assert_ok(record_subject(snapshot.view, &s.change, &asked, &exists));
			assert_false(exists);
			store_snapshot_clear(&snapshot);
			assert_int_equal(foreign.code, ST_NOT_FOUND);
			assert_int_equal(foreign.code, unknown.code);
			assert_string_equal(foreign.what, unknown.what);
		}
	/* Nor is a file made over hers. */
	assert_fails(ST_CONFLICT, send_about(&s, &w->ben, STATEMENT_PATIENT, &there));
	assert_ok(visible(&s, &w->anna, &there, &before));
}

static void a_record_of_another_file_is_none_of_ones_own(void **state) /* PROMISES#K9 */
{
	AUTO(server) s = {0};
	AUTO(store_snapshot) snapshot = {0};
	const struct record_id record = {uuid_of(RECORD)};
	struct record_version_place place;
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
	assert_ok(record_version_find(snapshot.view, &record, 1, &place));
	const struct uuid hers = uuid_of(PATIENT);
	assert_false(place.ended);
	assert_true(uuid_equal(&place.patient.uuid, &hers));
}

static int setup(void **state)
{
	(void)state;
	return ok(secret_setup()) && ok(crypto_setup()) ? 0 : 1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_comes_with_grants_and_keys_in_one_change),
		TEST(wrapped_keys_are_those_that_the_epoch_names),
		TEST(keys_of_those_who_left_are_deleted),
		TEST(a_revocation_brings_the_next_epochs),
		TEST(so_does_a_narrower_grant),
		TEST(who_cannot_read_a_compartment_may_revoke_without_rekeying_it),
		TEST(a_record_keeps_its_bytes_and_gives_them_to_readers_only),
		TEST(what_was_signed_is_what_is_stored),
		TEST(an_ended_record_hands_out_nothing),
		TEST(a_file_has_one_identity),
		TEST(a_source_is_imported_once_by_its_owner),
		TEST(an_upload_becomes_a_record_of_whoever_made_it),
		TEST(many_versions_go_in_one_change),
		TEST(every_statement_leaves_one_leaf_that_names_it),
		TEST(a_deleted_file_ends_after_its_delay),
		TEST(a_withdrawn_deletion_leaves_no_trace_in_the_rows),
		TEST(a_deleted_patient_is_imported_again),
		TEST(nothing_is_known_of_a_file_that_is_not_there),
		TEST(a_version_counts_for_the_owner_of_its_file),
		TEST(who_may_not_see_a_file_finds_none),
		TEST(a_strangers_statement_finds_no_file),
		TEST(a_record_of_another_file_is_none_of_ones_own),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}
