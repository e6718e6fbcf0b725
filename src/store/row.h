/* SPDX-License-Identifier: Apache-2.0 */
/**
 * row: values of one row, and the seal that turns its secret columns into one
 * text and binds its plain columns (docs/FORMATS.md, "Rows").
 *
 * sealed = table version (1) || XAES-256-GCM(row key, aad, each secret column sized)
 * aad    = "tacenda/v1/row" NUL, sized table name, sized table version (1), each
 *          plain column in order, sized (integers as 8 bytes)
 *
 * So a plain column changed behind our back, a row moved to another patient or
 * table, or two rows swapped fail to open (PROMISES#S1, PROMISES#S2).  A row put
 * back whole as it once was opens: only the log and the chains of statements
 * notice that (PROMISES#B2).
 */
#ifndef STORE_ROW_H
#define STORE_ROW_H

#include "id.h"
#include "secret.h"
#include "table.h"

/** Whose key.  The token key never seals a row: it makes look-up tokens. */
enum row_scope { ROW_SITE, ROW_PATIENT, ROW_TOKEN };

/**
 * Where the sealing keys come from.  key(context, scope, patient, out) writes the
 * key into ${out}, which lies in guarded memory of the caller; ${patient} is NULL
 * unless ${scope} is ROW_PATIENT.  ST_GONE: that key was destroyed.  It is asked for
 * every row that is sealed or opened, from any thread, so that a destroyed key
 * stops opening at once: it must be fast and safe to call from several threads.
 */
struct row_keys {
	struct status (*key)(void *context, enum row_scope scope, const struct uuid *patient, struct key *out);
	void *context;
	/* The keys of these patients are about to be asked for; may be NULL.  That one is not there is no failure. */
	struct status (*expect)(void *context, const struct uuid *patients, size_t count);
};

/** One plain column: `number` for COLUMN_U64, `bytes` for all others. */
struct row_value {
	uint64_t number;
	struct bytes bytes;
};

/* For initialisers: `.plain = {[COLUMN_USER_ID] = ROW_UUID(&user.uuid)}`. */
#define ROW_NUMBER(n) \
	{ \
		.number = (n) \
	}
#define ROW_BYTES(view) \
	{ \
		.bytes = (view) \
	}
#define ROW_UUID(pointer) \
	{ \
		.bytes = {(pointer)->bytes, sizeof(struct uuid) } \
	}
#define ROW_HASH(pointer) \
	{ \
		.bytes = {(pointer)->bytes, sizeof(struct hash) } \
	}

enum row_state {
	ROW_WHOLE,
	ROW_ERASED,  /* its key was destroyed: plain columns only, unproven */
	ROW_DAMAGED, /* does not open: plain columns only, unproven */
	ROW_CLOSED,  /* nobody tried: plain columns only, unproven */
};

/**
 * A row.  To write one, set `table` and point the values at memory of your own.
 * One that was read points into `memory`, which it owns and row_clear() wipes;
 * it may be read into again.  `{0}` is a valid empty one.
 */
struct row {
	enum table_id table;
	enum row_state state;
	struct row_value plain[TABLE_COLUMNS];
	struct bytes secret[TABLE_SECRETS];
	struct buffer memory;
};
void row_clear(struct row *row);

static inline uint64_t row_number(const struct row *row, size_t column)
{
	return row->plain[column].number;
}
/** row_uuid(row, column): a copy; the column must be COLUMN_UUID. */
struct uuid row_uuid(const struct row *row, size_t column);
/** row_hash(row, column): a copy; zero for an absent COLUMN_TOKEN. */
struct hash row_hash(const struct row *row, size_t column);

/** Secret columns of fixed size; ST_CORRUPT, naming the table, when the size is another. */
MUST_CHECK struct status row_secret_number(const struct row *row, size_t secret, uint64_t *out);
MUST_CHECK struct status row_secret_copy(const struct row *row, size_t secret, void *out, size_t len);

/** A number as a secret column: `.secret = {[I] = row_number_bytes(&(struct row_big){0}, n)}`. */
struct row_big {
	uint8_t bytes[8];
};
static inline struct bytes row_number_bytes(struct row_big *at, uint64_t number)
{
	for (size_t i = 0; i < sizeof at->bytes; i++)
		at->bytes[i] = (uint8_t)(number >> (56 - 8 * i));
	return bytes_of(at->bytes, sizeof at->bytes);
}

/** Scratch memory of one connection for sealing and opening; wiped after each use. */
struct row_scratch {
	struct secret key;
	struct buffer plain, aad, sealed;
};
MUST_CHECK struct status row_scratch_new(struct row_scratch *out);
void row_scratch_clear(struct row_scratch *scratch);
/** row_scratch_wipe(scratch): forget the key and the plain text, keep the memory. */
void row_scratch_wipe(struct row_scratch *scratch);

/** row_check(table, plain, count): the first ${count} values fit the declared types; ST_INVALID. */
MUST_CHECK struct status row_check(const struct table *table, const struct row_value *plain, size_t count);
/** row_seal(row, keys, scratch): leaves the sealed form in scratch->sealed. */
MUST_CHECK struct status row_seal(const struct row *row, const struct row_keys *keys, struct row_scratch *scratch);
/**
 * row_open(row, sealed, keys, scratch):
 * ${row} has its table and plain columns; open ${sealed} into row->memory (which
 * must already hold the plain columns and have no need to move: see
 * row_reserve()) and set its secret columns.  ST_CORRUPT naming the table,
 * ST_GONE when the key was destroyed.
 */
MUST_CHECK struct status row_open(struct row *row, struct bytes sealed, const struct row_keys *keys,
				  struct row_scratch *scratch);
/** row_reserve(row, table, sealed_len): empty ${row} and make room for all its columns. */
MUST_CHECK struct status row_reserve(struct row *row, enum table_id table, size_t sealed_len);

#endif /* !STORE_ROW_H */
