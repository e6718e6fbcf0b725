/* SPDX-License-Identifier: Apache-2.0 */
#include "chest.h"

#include <stdio.h>
#include <stdlib.h>

struct chest chest;

struct status chest_open(void)
{
	TRY(store_open(&chest.rig.options, &chest.store));
	TRY(store_snapshot_new(&chest.store, &chest.snapshot));
	store_snapshot_rest(&chest.snapshot);
	return vault_open(chest.os, chest.rig.dir, &chest.vault);
}

void chest_close(void)
{
	vault_close(chest.vault);
	chest.vault = NULL;
	store_snapshot_clear(&chest.snapshot);
	store_clear(&chest.store);
}

int chest_setup(void **state)
{
	(void)state;
	chest.rig = rig_new();
	chest.os = &os_real;
	for (size_t i = 0; i < sizeof chest.content; i++)
		chest.content[i] = (uint8_t)(i * 2654435761u >> 13);
	return ok(chest_open()) ? 0 : -1;
}

int chest_teardown(void **state)
{
	(void)state;
	rig_fault_none();
	chest_close();
	rig_end(&chest.rig);
	return 0;
}

struct uuid chest_object(uint8_t n)
{
	return (struct uuid){{1, 0x93, 5, n, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 1, n}};
}

void chest_file(uint8_t n, char out[96])
{
	struct uuid id = chest_object(n);

	(void)snprintf(out, 96, "objects/05/%02x/%s", n, id_print(ID_OBJECT, &id).at);
}

struct hash chest_hash(struct bytes b)
{
	struct hash hash;

	if (!ok(sha256(b, &hash)))
		abort();
	return hash;
}

/* Version 1 of record ${n}, naming what ${w} holds. */
struct status chest_commit(struct vault_writer *w, uint8_t n)
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
	TRY(store_begin(&chest.store, &txn));
	TRY(store_put(&txn, &row));
	TRY(store_txn_audit(&txn, BYTES_LITERAL("event"), NULL));
	return store_commit(&txn);
}

struct status chest_write(uint8_t n, size_t from, size_t len, size_t piece)
{
	AUTO(vault_writer) w = {0};
	struct uuid id = chest_object(n);
	struct hash hash = chest_hash(bytes_of(chest.content + from, len));

	TRY(vault_write_begin(chest.vault, &id, &w));
	for (size_t at = 0; at < len; at += piece)
		TRY(vault_write(&w, bytes_of(chest.content + from + at, len - at < piece ? len - at : piece)));
	TRY(vault_write_finish(&w, len, &hash));
	return chest_commit(&w, n);
}

struct status chest_version(uint8_t n, struct row *row)
{
	struct uuid record = rig_patient(n);
	const struct row_value key[] = {ROW_UUID(&record), ROW_NUMBER(1)};

	TRY(store_snapshot_renew(&chest.snapshot));
	struct status s = store_get(chest.snapshot.view, TABLE_VERSION, key, row);
	store_snapshot_rest(&chest.snapshot);
	return s;
}

struct status chest_range(uint8_t n, struct vault_range range, const struct uuid *session, struct buffer *out)
{
	AUTO(row) row = {0};
	AUTO(vault_reader) reader = {0};
	struct vault_object object;
	struct bytes piece;

	TRY(chest_version(n, &row));
	TRY(vault_object(&row, &object));
	TRY(vault_read_begin(chest.vault, &object, range, session, &reader));
	row_clear(&row);
	do {
		TRY(vault_read(&reader, &piece));
		TRY(buffer_put(out, piece));
	} while (piece.len > 0);
	return OK;
}

struct status chest_read(uint8_t n, size_t from, size_t len)
{
	AUTO(buffer) out = {.max = sizeof chest.content};

	TRY(chest_range(n, (struct vault_range){0, len}, NULL, &out));
	return bytes_equal(buffer_bytes(&out), bytes_of(chest.content + from, len)) ? OK : FAIL_AT(ST_INVALID, "bytes");
}

struct status chest_keep(struct vault_writer *w)
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
	TRY(store_begin(&chest.store, &txn));
	TRY(store_put(&txn, &row));
	return store_commit(&txn);
}

struct status chest_resume(uint8_t n, struct vault_writer *w)
{
	AUTO(row) row = {0};
	struct uuid id = chest_object(n);
	const struct row_value key[] = {ROW_UUID(&id)};

	TRY(store_snapshot_renew(&chest.snapshot));
	struct status s = store_get(chest.snapshot.view, TABLE_UPLOAD, key, &row);
	store_snapshot_rest(&chest.snapshot);
	TRY(s);
	return vault_write_resume(chest.vault, &row, w);
}
